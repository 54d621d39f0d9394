// finds own-network
// CLONE_NEWIPC is missing.
export function namespaces({ network, uts }: NamespaceOptions): Step[] {
  const flags: NamespaceFlag[] = ['CLONE_NEWNS', 'CLONE_NEWCGROUP']
  if (uts !== 'host') flags.push('CLONE_NEWUTS')
  if (network !== 'host') flags.push('CLONE_NEWNET')
  return [step(['unshare', flags], 'own')]
}
