// finds process-one
// With --pid host there are no steps at all, and so no parent that waits.
export function processIds(pid?: string): Step[] {
  if (pid === 'host') return []
  return [
    step(['unshare', ['CLONE_NEWPID']], 'a pid namespace'),
    step(['fork'], 'a child'),
    step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'dies with its parent'),
  ]
}
