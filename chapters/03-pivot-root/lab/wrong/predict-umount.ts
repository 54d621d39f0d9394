// finds predicted
// The order matters only without root.
export const withEarlyUmount: Outcome = 'EPERM'
