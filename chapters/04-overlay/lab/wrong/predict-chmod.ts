// finds predicted
// The mode belongs to the file, which is copied up.
export const afterChmod: Found = 'nothing'
