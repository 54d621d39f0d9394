// finds predicted
// A mount namespace is believed to be enough.
export const mountsOnProc: number = 1
