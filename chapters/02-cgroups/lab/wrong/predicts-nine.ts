// finds predicted
// The number of the signal alone.
export const killedBy: number = 9
