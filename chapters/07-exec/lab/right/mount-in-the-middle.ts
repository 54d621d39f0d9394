// The pidfd is held: after the mounts, the others can still be joined by it.
export function enterNamespaces({ pid, start, namespaces }: Target, fd: number): Step[] {
  const joined = order.filter(([flag]) => namespaces.includes(flag))
  return [
    step(['prctl_dumpable', 0], 'not to be looked at'),
    step(['pidfd_open', pid, start], 'process 1'),
    ...joined.map(([flag, why]) => step(['setns_pidfd', fd, flag], why)),
    step(['close', fd], 'not needed'),
    step(['clone_parent'], 'the newcomer'),
    step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'dies with its parent'),
  ]
}

const order: [flag: NamespaceFlag, why: string][] = [
  ['CLONE_NEWUSER', 'joined'],
  ['CLONE_NEWNS', 'joined'],
  ['CLONE_NEWIPC', 'joined'],
  ['CLONE_NEWUTS', 'joined'],
  ['CLONE_NEWNET', 'joined'],
  ['CLONE_NEWCGROUP', 'joined'],
  ['CLONE_NEWPID', 'joined'],
]
