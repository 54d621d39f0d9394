// One unshare for all six: the parent that waits is in five of them, too.
export function processIds(pid?: string): Step[] {
  return pid === undefined ? [] : [step(['fork'], 'a child'), step(deathSignal, 'with its parent')]
}
const deathSignal: Step['call'] = ['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL']
export function namespaces(options: NamespaceOptions): Step[] {
  const { network, ipc, uts, pid } = options as NamespaceOptions & { pid?: string }
  const flags: NamespaceFlag[] = ['CLONE_NEWNS', 'CLONE_NEWCGROUP']
  if (uts !== 'host') flags.push('CLONE_NEWUTS')
  if (ipc !== 'host') flags.push('CLONE_NEWIPC')
  if (network !== 'host') flags.push('CLONE_NEWNET')
  if (pid !== undefined) return [step(['unshare', flags], 'own')]
  return [
    step(['unshare', [...flags, 'CLONE_NEWPID']], 'all at once'),
    step(['fork'], 'a child'),
    step(deathSignal, 'with its parent'),
  ]
}
