// finds own-proc
// The parent mounts /proc: it shows the parent's pid namespace.
export function processIds(pid?: string): Step[] {
  return [
    step(['unshare', ['CLONE_NEWNS']], 'own mounts'),
    step(['mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null], 'private'),
    step(['mount', 'proc', '/proc', 'proc', [], null], 'own /proc'),
    ...(pid ? [] : [step(['unshare', ['CLONE_NEWPID']], 'a pid namespace')]),
    step(['fork'], 'a child'),
    step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'dies with its parent'),
  ]
}
export function proc(): Step[] {
  return []
}
