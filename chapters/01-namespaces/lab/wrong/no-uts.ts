// finds own-name
// CLONE_NEWUTS is missing, so the machine is renamed.
export function namespaces(): Step[] {
  return [
    step(['unshare', ['CLONE_NEWNS', 'CLONE_NEWIPC', 'CLONE_NEWCGROUP', 'CLONE_NEWNET']], 'own'),
  ]
}
