// finds process-one
// unshare(CLONE_NEWPID) alone: the caller stays where it is.
export function processIds(): Step[] {
  return [step(['unshare', ['CLONE_NEWPID']], 'a pid namespace')]
}
