/** A container's group from beginning to end: planned, counted, killed, removed. */
import type { Setting } from '../chapter.ts'
import type { Container, PlanOptions } from '../options.ts'
import { groupDirs, type Group } from './cgroup.ts'
import { lookAtCgroups } from './cgroups.ts'
import { killAll, removeGroup } from './group-control.ts'
import { statsOf } from './group-stats.ts'

/** Decide which directories the group has; the plan makes them. */
export function prepareGroup({ container }: Setting): Partial<PlanOptions> {
  const { id, limits = {} } = container
  const group: Group = { name: `stepbox-${id}`, cgroups: lookAtCgroups(), limits }
  container.groups = groupDirs(group)
  return { group }
}

/** Count what the group used, kill what is left in it, and remove it. */
export async function groupEnded({ container }: Setting): Promise<Partial<Container>> {
  const { groups = [] } = container
  if (groups.length === 0) return {}
  const stats = statsOf(groups)
  await killAll(groups)
  await removeGroup(groups)
  return { stats, oomKilled: (stats.oomKills ?? 0) > 0 }
}

/** Why a container ended, where its memory ran out. */
export function groupEndedBecause({ oomKilled, limits }: Container) {
  if (!oomKilled) return undefined
  const bytes = limits?.memoryBytes
  const limit = bytes && `${Math.round(bytes / 2 ** 20)} MiB that --memory allows`
  const line = limit
    ? `out of memory: the container used up the ${limit}, and the kernel killed a process in it`
    : 'the whole machine ran out of memory, and the kernel chose a process of this container;\n' +
      '  with --memory the container itself has a limit'
  return { word: 'out of memory', line }
}
