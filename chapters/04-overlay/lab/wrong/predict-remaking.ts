// finds predicted
// A plain directory would show what was deleted.
export const afterRemaking: Found = 'directory'
