// The pidfd is held: after the mounts, the others can still be joined by it.
export function enterNamespaces(whom: Target, held: number): Step[] {
  const list: Step[] = []
  list.push(step(['prctl_dumpable', 0], 'not to be looked at'))
  list.push(step(['pidfd_open', whom.pid, whom.start], 'process 1'))
  for (const flag of wished) {
    if (!whom.namespaces.includes(flag)) continue
    list.push(step(['setns_pidfd', held, flag], `join what ${flag} makes`))
  }
  list.push(step(['close', held], 'not needed'), step(['clone_parent'], 'born inside'))
  return list.concat(step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'it dies with its parent'))
}

/** The mounts second, and the processes before what else there is. */
const wished = ['USER', 'NS', 'PID', 'IPC', 'UTS', 'NET', 'CGROUP'].map(
  (word) => `CLONE_NEW${word}` as NamespaceFlag,
)
