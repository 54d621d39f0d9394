// finds predicted
// The new name needs its directory.
export const afterWritingBelow: Found = 'nothing'
