// finds process-one
// The child is made first, in the old pid namespace.
export function processIds(): Step[] {
  return [
    step(['fork'], 'a child'),
    step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'dies with its parent'),
    step(['unshare', ['CLONE_NEWPID']], 'a pid namespace'),
  ]
}
