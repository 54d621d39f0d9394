// finds process-one
// One fork too many: the waiting parent is process 1.
export function processIds(): Step[] {
  return [
    step(['unshare', ['CLONE_NEWPID']], 'a pid namespace'),
    step(['fork'], 'a child'),
    step(['fork'], 'and its child'),
    step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'dies with its parent'),
  ]
}
