// finds own-name
// The name is set by the step before the namespaces: the new one is a copy of the renamed one.
export function namespaces({ network, ipc, uts, cgroupns, ...rest }: NamespaceOptions): Step[] {
  const options = rest as { hostname?: string }
  return [
    step(['sethostname', options.hostname ?? ''], 'its name'),
    step(
      ['unshare', ['CLONE_NEWNS', 'CLONE_NEWUTS', 'CLONE_NEWIPC', 'CLONE_NEWCGROUP', 'CLONE_NEWNET']],
      'own',
    ),
  ]
}
