/** Whom a newcomer is to be like, found by looking at the container's first process. */
import { lookAtCgroups } from '../02-cgroups/cgroups.ts'
import { tryRead, tryReadlink } from '../files.ts'
import type { Container } from '../options.ts'
import { pidHere } from '../process.ts'
import type { Target } from './enter.ts'
import { kinds, membersIn } from './typical-target.ts'

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
    members: membersOf(groups.map((dir) => groupNow(dir, pid))),
  }
}

/** The group `dir` of a container, or one below it: where process `pid` is, if no other will do. */
function groupNow(dir: string, pid: number): string {
  const enabled = tryRead(`${dir}/cgroup.subtree_control`) // version 1 has none
  if (!enabled?.trim()) return dir
  const tree = lookAtCgroups().hierarchies.find(({ version }) => version === 2)
  return groupBelow(dir, tree?.mount ?? '', tryRead(`/proc/${pid}/cgroup`) ?? '')
}

/**
 * Version 2 lets no process into a group that has handed controllers on to groups below, as an init
 * system inside does (EBUSY; cgroups(7), "no internal processes"). A newcomer then joins the group
 * that process 1 is in, as with runc: `record` is its /proc/PID/cgroup, `mount` the tree's.
 */
export function groupBelow(dir: string, mount: string, record: string): string {
  const own = `${mount}${/^0::(.*)$/m.exec(record)?.[1] ?? ''}`
  return own.startsWith(`${dir}/`) && !own.includes('/../') ? own : dir
}

/** As `membersIn`, of groups of this machine. */
export function membersOf(groups: string[]): string[] {
  return groups.length > 0 ? membersIn(groups, lookAtCgroups().hierarchies) : []
}
