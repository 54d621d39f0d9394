// finds predicted
// One of the three is left open.
export const secondFork: string = ''
