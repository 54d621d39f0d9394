// finds predicted
// EBUSY is for a directory on the mount that is /; this one is inside of another mount.
export const withoutBind: Outcome = 'EBUSY'
