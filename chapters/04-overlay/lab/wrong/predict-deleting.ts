// finds predicted
// Something has to hide the file below.
export const afterDeleting: Found = 'nothing'
