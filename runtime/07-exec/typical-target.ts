/** Whom a newcomer is to be like, without a look at any machine. */
import { groupDirs, type Group } from '../02-cgroups/cgroup.ts'
import type { Hierarchy } from '../02-cgroups/hierarchies.ts'
import type { NamespaceFlag } from '../flag-names.ts'
import type { Target } from './enter.ts'

/** The files of /proc/PID/ns, and the flag for each. */
export const kinds: [file: string, flag: NamespaceFlag][] = [
  ['user', 'CLONE_NEWUSER'],
  ['ipc', 'CLONE_NEWIPC'],
  ['uts', 'CLONE_NEWUTS'],
  ['net', 'CLONE_NEWNET'],
  ['cgroup', 'CLONE_NEWCGROUP'],
  ['pid', 'CLONE_NEWPID'],
  ['mnt', 'CLONE_NEWNS'],
]

/** Of a list that is only printed: all namespaces but its users are its own. */
export function typicalTarget(group: Group): Target {
  return {
    pid: 1234,
    start: 5678,
    namespaces: kinds.map(([, flag]) => flag).filter((flag) => flag !== 'CLONE_NEWUSER'),
    members: membersIn(groupDirs(group), group.cgroups.hierarchies),
  }
}

/**
 * The files of these control groups that take a process. In version 1, `tasks` moves one thread,
 * without waiting for forks elsewhere: see `joinGroup`.
 */
export function membersIn(groups: string[], hierarchies: Hierarchy[]): string[] {
  const isVersion1 = (dir: string) =>
    hierarchies.some(({ mount, version }) => version === 1 && dir.startsWith(`${mount}/`))
  return groups.map((dir) => `${dir}/${isVersion1(dir) ? 'tasks' : 'cgroup.procs'}`)
}
