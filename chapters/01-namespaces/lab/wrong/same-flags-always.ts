// finds own-network
// Whatever was asked for, the flags are the same.
export function namespaces(): Step[] {
  return [
    step(
      ['unshare', ['CLONE_NEWNS', 'CLONE_NEWUTS', 'CLONE_NEWIPC', 'CLONE_NEWCGROUP', 'CLONE_NEWNET']],
      'own',
    ),
  ]
}
