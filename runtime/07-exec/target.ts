/** Whom a newcomer is to be like, found by looking at the container's first process. */
import { groupDirs, type Group } from '../02-cgroups/cgroup.ts'
import { lookAtCgroups } from '../02-cgroups/cgroups.ts'
import type { Hierarchy } from '../02-cgroups/hierarchies.ts'
import type { NamespaceFlag } from '../flag-names.ts'
import { tryReadlink } from '../files.ts'
import type { Container } from '../options.ts'
import { pidHere } from '../process.ts'
import type { Target } from './enter.ts'

/** The files of /proc/PID/ns, and the flag for each. */
const kinds: [file: string, flag: NamespaceFlag][] = [
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
    members: membersOf(groupDirs(group), group.cgroups.hierarchies),
  }
}

/** The first process of `container`. Throws if it does not run, or cannot be seen from here. */
export function targetIn(container: Pick<Container, 'init' | 'name' | 'groups'>): Target {
  const { init, name, groups = [] } = container
  const pid = init && pidHere(init)
  if (!init || pid === undefined) throw new Error(`container '${name}' is not running`)
  if (pid === 'hidden')
    throw new Error(`container '${name}' runs where its processes cannot be seen from here`)
  const isOurs = (file: string) =>
    tryReadlink(`/proc/${pid}/ns/${file}`) === tryReadlink(`/proc/self/ns/${file}`)
  return {
    pid,
    start: init.start,
    namespaces: kinds.flatMap(([file, flag]) => (isOurs(file) ? [] : [flag])),
    members: membersOf(groups),
  }
}

/**
 * The files of these control groups that take a process. In version 1, `tasks` moves one thread,
 * without waiting for forks elsewhere: see `joinGroup`.
 */
export function membersOf(
  groups: string[],
  hierarchies: Hierarchy[] = groups.length > 0 ? lookAtCgroups().hierarchies : [],
): string[] {
  const isVersion1 = (dir: string) =>
    hierarchies.some(({ mount, version }) => version === 1 && dir.startsWith(`${mount}/`))
  return groups.map((dir) => `${dir}/${isVersion1(dir) ? 'tasks' : 'cgroup.procs'}`)
}
