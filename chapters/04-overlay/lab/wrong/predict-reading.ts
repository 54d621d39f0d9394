// finds predicted
// Reading copies nothing.
export const afterReading: Found = 'file'
