// finds mounts-stay-inside
// CLONE_NEWNS is missing: its name does not say that it stands for mounts.
export function namespaces({ network, ipc, uts }: NamespaceOptions): Step[] {
  const flags: NamespaceFlag[] = ['CLONE_NEWCGROUP']
  if (uts !== 'host') flags.push('CLONE_NEWUTS')
  if (ipc !== 'host') flags.push('CLONE_NEWIPC')
  if (network !== 'host') flags.push('CLONE_NEWNET')
  return [step(['unshare', flags], 'own')]
}
