// finds dies-with-parent
// The child does not ask for a signal when its parent dies.
export function processIds(pid?: string): Step[] {
  return [
    ...(pid ? [] : [step(['unshare', ['CLONE_NEWPID']], 'a pid namespace')]),
    step(['fork'], 'a child'),
  ]
}
