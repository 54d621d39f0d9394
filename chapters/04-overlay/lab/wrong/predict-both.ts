// finds predicted
// There is nothing below to hide.
export const afterBoth: Found = 'whiteout'
