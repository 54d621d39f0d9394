// finds predicted
// The errno of a full process table.
export const secondFork: string = 'EAGAIN'
