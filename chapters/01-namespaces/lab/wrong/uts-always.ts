// finds own-name
// --uts host is not looked at by namespaces.
export function namespaces({ network, ipc }: NamespaceOptions): Step[] {
  const flags: NamespaceFlag[] = ['CLONE_NEWNS', 'CLONE_NEWUTS', 'CLONE_NEWCGROUP']
  if (ipc !== 'host') flags.push('CLONE_NEWIPC')
  if (network !== 'host') flags.push('CLONE_NEWNET')
  return [step(['unshare', flags], 'own')]
}
