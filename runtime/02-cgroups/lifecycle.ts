/** A container's group from beginning to end: planned, counted, killed, removed. */
import type { Setting } from '../chapter.ts'
import { runningContainers } from '../container/find.ts'
import { markedState } from '../container/state.ts'
import { tryRead } from '../files.ts'
import type { Container, ContainerOptions, PlanOptions } from '../options.ts'
import { groupDirs, type Group } from './cgroup.ts'
import { lookAtCgroups } from './cgroups.ts'
import { deviceFlags, lookUpDevices, type DeviceFlag } from './devices.ts'
import { killAll, removeGroup } from './group-control.ts'
import { statsOf } from './group-stats.ts'
import { choiceIn, type Cgroups } from './hierarchies.ts'
import type { Limits } from './limits.ts'
import { isOwnGroup } from './own-group.ts'
import { missingParents, removeParents } from './parent.ts'
import { supportedLimits } from './support.ts'

/** Decide which directories the group has; the plan makes them. */
export function prepareGroup({ container, root, warn }: Setting): Partial<PlanOptions> {
  const { oomScoreAdj, cgroupns } = container
  const { group, limits } = groupFor(container.id, container, warn)
  container.limits = limits
  container.groups = groupDirs(group)
  const { newParents = [] } = group
  if (group.parent) container.groupParents = sharedParents(root, container.groups, newParents)
  return {
    group,
    ...(oomScoreAdj === undefined ? {} : { oomScoreAdj }),
    ...(cgroupns ? { cgroupns } : {}),
  }
}

/**
 * The group of container `id`, as this machine can make it, and the limits that are left of those
 * that were asked for: `warn` is told of the others.
 */
export function groupFor(
  id: string,
  { limits: asked = {}, cgroupParent }: Pick<ContainerOptions, 'limits' | 'cgroupParent'>,
  warn: (text: string) => void,
): { group: Group; limits: Limits } {
  const cgroups = lookAtCgroups()
  const found = withDevices(asked)
  const { limits, warnings, hasBfq } = supportedLimits(found, cgroups, tryRead)
  for (const each of warnings) warn(each)
  const group: Group = { name: `stepbox-${id}`, cgroups, limits }
  if (hasBfq) group.hasBfq = true
  if (cgroupParent !== undefined) Object.assign(group, inParent(cgroupParent, group))
  return { group, limits }
}

/** The limits with the numbers of the devices that they name. */
function withDevices(limits: Limits): Limits {
  const found: Limits = { ...limits }
  for (const flag of Object.keys(deviceFlags) as DeviceFlag[]) {
    const field = deviceFlags[flag]
    const all = limits[field]
    if (all) found[field] = lookUpDevices(flag, all)
  }
  return found
}

/** What a group inside `parent` needs: its directories, and the processors that it has to give. */
function inParent(parent: string, { cgroups, ...group }: Group): Partial<Group> {
  const { hierarchies } = cgroups
  const own: Cgroups = { ...cgroups, ...choiceIn(parent, hierarchies, tryRead) }
  const mounts = hierarchies.map(({ mount }) => mount)
  const used = groupDirs({ ...group, cgroups: own, parent })
  const missing = missingParents(parent, mounts)
  return {
    cgroups: own,
    parent,
    newParents: missing.filter((dir) => used.some((each) => each.startsWith(`${dir}/`))),
  }
}

/** What is removed after a container: parents made for it, or for another one that runs there. */
function sharedParents(root: string, groups: string[], missing: string[]): string[] {
  const others = runningContainers(root).flatMap(({ groupParents = [] }) => groupParents)
  const isAbove = (dir: string) => groups.some((each) => each.startsWith(`${dir}/`))
  return [...new Set([...missing, ...others.filter(isAbove)])].sort()
}

/** Count what the group used, kill what is left in it, and remove it. */
export async function groupEnded({ container, root }: Setting): Promise<Partial<Container>> {
  const { id, groupParents = [] } = container
  const { limits, groups: dirs = [] } = markedState(root, id) ?? container // see `update`
  const groups = dirs.filter((dir) => isOwnGroup(dir, id))
  if (groups.length === 0) return {}
  const stats = statsOf(groups)
  await killAll(groups)
  await removeGroup(groups)
  removeParents(groupParents)
  const oomKilled = (stats.oomKills ?? 0) > 0
  return { stats, oomKilled, groups: dirs, ...(limits ? { limits } : {}) }
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
