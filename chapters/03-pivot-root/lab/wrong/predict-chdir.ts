// finds predicted
// The kernel looks for the same mount twice before it looks at what kind of mount it is.
export const withoutChdir: Outcome = 'EINVAL'
