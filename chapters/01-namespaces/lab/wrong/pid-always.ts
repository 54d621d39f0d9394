// finds process-one
// --pid host is not looked at.
export function processIds(): Step[] {
  return [
    step(['unshare', ['CLONE_NEWPID']], 'a pid namespace'),
    step(['fork'], 'a child'),
    step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'dies with its parent'),
  ]
}
