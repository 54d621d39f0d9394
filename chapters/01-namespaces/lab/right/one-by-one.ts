// A call for each namespace, slaves instead of private mounts, /proc without flags, lo first.
export function namespaces({ network, ipc, uts }: NamespaceOptions): Step[] {
  const flags: NamespaceFlag[] = ['CLONE_NEWCGROUP', 'CLONE_NEWNS']
  if (network !== 'host') flags.unshift('CLONE_NEWNET')
  if (ipc !== 'host') flags.push('CLONE_NEWIPC')
  if (uts !== 'host') flags.push('CLONE_NEWUTS')
  return [
    ...flags.map((flag) => step(['unshare', [flag]], flag)),
    ...(network === 'host' ? [] : [step(['ioctl_ifflags', 'lo', ['IFF_UP']], 'up')]),
  ]
}
export function loopback(): Step[] {
  return []
}
export function privateMounts(): Step[] {
  return [step(['mount', 'none', '/', null, ['MS_SLAVE', 'MS_REC'], ''], 'only receive')]
}
export function proc(): Step[] {
  return [step(['mount', 'own', '/proc', 'proc', [], null], 'own /proc')]
}
export function hostname(options: { hostname: string; domainname?: string; uts?: string }): Step[] {
  const { hostname: name, domainname, uts } = options
  if (uts) return []
  return [
    ...(domainname ? [step(['setdomainname', domainname], 'its domain')] : []),
    step(['sethostname', name], 'its name'),
  ]
}
