// finds predicted
// The children are believed to come along.
export const inTheGroup: number = 3
