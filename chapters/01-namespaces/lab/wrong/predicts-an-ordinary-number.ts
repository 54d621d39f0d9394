// finds predicted
// The first command is taken to be an ordinary process of the machine.
export const firstChild: number = 2
