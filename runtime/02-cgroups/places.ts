/** Where a group is: in which trees of this machine, and what has to be ready there. */
import { controllers, parentPaths } from './hierarchies.ts'
import type { Cgroups, Controller, Hierarchy } from './hierarchies.ts'
import { checkAvailable } from './check-limits.ts'
import type { Limits } from './limits.ts'
import { linesFor } from './lines.ts'
import { stepOf, type Step } from '../step.ts'

const step = stepOf(2)

/** What decides where a group is: its name, the trees of this machine, its limits. */
export interface Whereabouts {
  name: string
  cgroups: Cgroups
  limits: Limits
  /** The group that it is made in, `/team`, if not directly below the mount of each tree. */
  parent?: string
  /** The directories of `parent` that do not exist yet. */
  newParents?: string[]
}

/** A group's directory in one tree, and the controllers that this container needs there. */
export interface GroupPlace {
  hierarchy: Hierarchy
  dir: string
  wanted: Controller[]
}

/** Joined without any flag: for `stats`, for the out-of-memory message, for freezing. */
const always: Controller[] = ['cpuacct', 'memory', 'io', 'freezer']

/** Version 2 has these in every group, without a controller. */
const core: Controller[] = ['cpuacct', 'freezer']

/** The controller that each limit needs, and the flag that asks for it. */
const needed: Record<keyof Limits, [controller: Controller, flag: string]> = {
  memoryBytes: ['memory', '--memory'],
  memorySwapBytes: ['memory', '--memory-swap'],
  memoryReservationBytes: ['memory', '--memory-reservation'],
  memorySwappiness: ['memory', '--memory-swappiness'],
  oomKillDisable: ['memory', '--oom-kill-disable'],
  cpus: ['cpu', '--cpus'],
  cpuQuotaUs: ['cpu', '--cpu-quota'],
  cpuPeriodUs: ['cpu', '--cpu-period'],
  cpuShares: ['cpu', '--cpu-shares'],
  cpuRtRuntimeUs: ['cpu', '--cpu-rt-runtime'],
  cpuRtPeriodUs: ['cpu', '--cpu-rt-period'],
  cpusetCpus: ['cpuset', '--cpuset-cpus'],
  cpusetMems: ['cpuset', '--cpuset-mems'],
  pidsMax: ['pids', '--pids-limit'],
  blkioWeight: ['io', '--blkio-weight'],
  blkioWeightDevice: ['io', '--blkio-weight-device'],
  deviceReadBps: ['io', '--device-read-bps'],
  deviceWriteBps: ['io', '--device-write-bps'],
  deviceReadIops: ['io', '--device-read-iops'],
  deviceWriteIops: ['io', '--device-write-iops'],
}

/** The controller that enforces a limit. */
export function controllerOf(limit: keyof Limits): Controller {
  return needed[limit][0]
}

/** One place for each tree that is needed; controllers mounted together share one. */
export function groupPlaces({ name, cgroups, limits, parent = '' }: Whereabouts): GroupPlace[] {
  checkAvailable(limits, cgroups)
  const asked = (Object.keys(limits) as (keyof Limits)[]).map((limit) => needed[limit])
  const places = new Map<Hierarchy, Controller[]>()
  for (const controller of controllers) {
    const flag = asked.find(([of]) => of === controller)?.[1]
    if (!flag && !always.includes(controller)) continue
    const hierarchy = treeOf(controller, flag, cgroups)
    if (hierarchy) places.set(hierarchy, [...(places.get(hierarchy) ?? []), controller])
  }
  return [...places].map(([hierarchy, wanted]) => {
    if (mustChoose(hierarchy) && !wanted.includes('cpuset')) wanted.push('cpuset')
    return { hierarchy, dir: `${hierarchy.mount}${parent}/${name}`, wanted }
  })
}

/** In version 1 a cpuset group without processors refuses to be joined (ENOSPC). */
function mustChoose({ version, controllers }: Hierarchy): boolean {
  return version === 1 && controllers.includes('cpuset')
}

/** The tree in which `controller` works. Throws if there is none and `flag` asks for it. */
function treeOf(
  controller: Controller,
  flag: string | undefined,
  { hierarchies }: Cgroups,
): Hierarchy | undefined {
  const tree =
    hierarchies.find((each) => each.controllers.includes(controller)) ??
    hierarchies.find((each) => each.version === 2 && core.includes(controller))
  const problem = tree ? problemOf(tree, controller) : `no ${controller} controller`
  if (!problem) return tree
  if (!flag) return undefined
  const able = controllers.filter((each) => {
    const works = (tree: Hierarchy) => tree.controllers.includes(each) && !problemOf(tree, each)
    return !core.includes(each) && hierarchies.some(works)
  })
  throw new Error(`cannot keep to ${flag}: ${problem}; have: ${able.join(', ') || 'nothing'}`)
}

function problemOf(tree: Hierarchy, controller: Controller): string | undefined {
  if (!tree.writable) return `${tree.mount} is mounted read-only`
  if (!tree.occupied || tree.enabled.includes(controller) || core.includes(controller)) return
  return `${controller} is not enabled below ${tree.mount}, which holds processes itself`
}

/** What comes before the directory of a group: controllers are enabled, groups above it made. */
export function prepareTree(place: GroupPlace, group: Whereabouts): Step[] {
  return [...enable(place), ...parents(place, group)]
}

/** Version 2 enables controllers one level at a time; they stay enabled for every group below. */
function enable({ hierarchy, wanted }: GroupPlace): Step[] {
  const { controllers: offered, enabled, mount } = hierarchy
  const more = wanted.filter((each) => offered.includes(each) && !enabled.includes(each))
  if (more.length === 0) return []
  return [step(['write', `${mount}/cgroup.subtree_control`, plus(more)], enabling)]
}

const enabling = 'groups below have a controller only when it is enabled for them here'

function plus(wanted: Controller[]): string {
  return wanted.map((each) => `+${each}`).join(' ')
}

/** The groups around the container's: made if they are new, and handing down what it needs. */
function parents({ hierarchy, wanted }: GroupPlace, group: Whereabouts): Step[] {
  const { version, mount, controllers: offered } = hierarchy
  const more = wanted.filter((each) => offered.includes(each))
  return parentPaths(group.parent).flatMap((path) => {
    const dir = `${mount}${path}`
    const isNew = group.newParents?.includes(dir)
    const made = step(['mkdir', dir, 0o755], 'the group that its group is made in', 'EEXIST')
    const { cgroups } = group
    const isEmpty = isNew && mustChoose(hierarchy)
    const choice = isEmpty ? linesFor(1, 'cpuset', { limits: {}, cgroups }) : []
    return [
      ...(isNew ? [made] : []),
      ...choice.map(([file, value, why]) => step(['write', `${dir}/${file}`, value], why)),
      ...(version === 2 && more.length > 0
        ? [step(['write', `${dir}/cgroup.subtree_control`, plus(more)], enabling)]
        : []),
    ]
  })
}

/** What a place is for, in words. */
export function uses({ wanted }: GroupPlace): string {
  const words = wanted.map((each) => names[each])
  const last = words.pop() ?? ''
  return words.length > 0 ? `${words.join(', ')} and ${last}` : last
}

const names: Record<Controller, string> = {
  cpu: 'its share of the processors',
  cpuacct: 'its processor time',
  cpuset: 'its choice of processors',
  memory: 'its memory',
  io: 'what it reads and writes on disks',
  pids: 'the number of its processes',
  freezer: 'stopping it',
}
