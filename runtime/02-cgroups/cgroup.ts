/** The control group of a container: made, limited, joined. */
import { controllers, type Cgroups, type Controller, type Hierarchy } from './hierarchies.ts'
import { checkProcessors } from './limits.ts'
import { stepOf, type Step } from '../step.ts'

const step = stepOf(2)

/** The most that a container may use; an absent limit means no limit. */
export interface Limits {
  memoryBytes?: number
  /** Processor time, in processors: 0.5 is half of one. */
  cpus?: number
  /** Its weight when others want the processors too; the default is 1024. */
  cpuShares?: number
  /** The processors it may run on, as `0-1,3`. */
  cpusetCpus?: string
  /** Processes and threads. */
  pidsMax?: number
}

/** A group to make: its name, the trees of this machine, its limits. */
export interface Group {
  name: string
  cgroups: Cgroups
  limits: Limits
}

declare module '../options.ts' {
  interface ContainerOptions {
    limits?: Limits
  }
  interface PlanOptions {
    group: Group
  }
  interface Container {
    /** The directories of its group, one in each tree. */
    groups?: string[]
  }
}

/**
 * Make the group and write its limits before it has a process, so that the container never runs
 * without them. Its directories lie directly below the mounts, so no parent directory is left
 * behind. Throws if this machine cannot enforce one of the limits.
 */
export function group(wanted: Group): Step[] {
  return placesOf(wanted).flatMap((place) => [
    ...enable(place),
    step(['mkdir', place.dir, 0o755], `a new directory here is a new group, for ${uses(place)}`),
    ...place.wanted.flatMap((controller) =>
      lines(place.hierarchy, controller, wanted).map(([file, value, why, ignoring]) =>
        step(['write', `${place.dir}/${file}`, value], why, ignoring),
      ),
    ),
  ])
}

/**
 * Join the group. The container's first process joins it itself, before anything else of the
 * container exists; its children are born inside.
 *
 * Version 1 moves a single thread with `tasks`. Version 2 moves whole processes with
 * `cgroup.procs`, which takes up to 20 ms: the kernel waits until no process is forking or exiting.
 * (Since Linux commit 9a3284fad42f a single-threaded process does not have to wait.)
 */
export function joinGroup(wanted: Group): Step[] {
  return placesOf(wanted).map((place) => {
    const file = place.hierarchy.version === 1 ? 'tasks' : 'cgroup.procs'
    const use = uses(place)
    const why = `0 means the process that writes; its children will be in the group too, for ${use}`
    return step(['write', `${place.dir}/${file}`, '0'], why)
  })
}

/** The directories that `group` makes. */
export function groupDirs(wanted: Group): string[] {
  return placesOf(wanted).map(({ dir }) => dir)
}

/** A group's directory in one tree, and the controllers that this container needs there. */
interface Place {
  hierarchy: Hierarchy
  dir: string
  wanted: Controller[]
}

/** Joined without any flag: for `stats`, for the out-of-memory message, for freezing. */
const always: Controller[] = ['cpuacct', 'memory', 'freezer']

/** Version 2 has these in every group, without a controller. */
const core: Controller[] = ['cpuacct', 'freezer']

const flags: [limit: keyof Limits, controller: Controller, flag: string][] = [
  ['cpus', 'cpu', '--cpus'],
  ['cpuShares', 'cpu', '--cpu-shares'],
  ['cpusetCpus', 'cpuset', '--cpuset-cpus'],
  ['memoryBytes', 'memory', '--memory'],
  ['pidsMax', 'pids', '--pids-limit'],
]

/** One place for each tree that is needed; controllers mounted together share one. */
function placesOf({ name, cgroups, limits }: Group): Place[] {
  if (cgroups.cpus) checkProcessors(limits, cgroups.cpus)
  const places = new Map<Hierarchy, Controller[]>()
  for (const controller of controllers) {
    const flag = flags.find(([limit, of]) => of === controller && limits[limit] !== undefined)?.[2]
    if (!flag && !always.includes(controller)) continue
    const hierarchy = treeOf(controller, flag, cgroups)
    if (hierarchy) places.set(hierarchy, [...(places.get(hierarchy) ?? []), controller])
  }
  return [...places].map(([hierarchy, wanted]) => {
    if (mustChoose(hierarchy) && !wanted.includes('cpuset')) wanted.push('cpuset')
    return { hierarchy, dir: `${hierarchy.mount}/${name}`, wanted }
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

/** Version 2 enables controllers one level at a time; they stay enabled for every group below. */
function enable({ hierarchy, wanted }: Place): Step[] {
  const { controllers: offered, enabled, mount } = hierarchy
  const more = wanted.filter((each) => offered.includes(each) && !enabled.includes(each))
  if (more.length === 0) return []
  const text = more.map((each) => `+${each}`).join(' ')
  const why = 'groups below have a controller only when it is enabled for them here'
  return [step(['write', `${mount}/cgroup.subtree_control`, text], why)]
}

type Line = [file: string, value: string, why: string, ignoring?: 'ENOENT']

function lines({ version }: Hierarchy, controller: Controller, wanted: Group): Line[] {
  const { cgroups, limits } = wanted
  const { cpus, cpuShares, memoryBytes, pidsMax } = limits
  const all: (Line | false)[] = []
  if (controller === 'cpu') {
    all.push(cpus !== undefined && quota(cpus, version))
    all.push(cpuShares !== undefined && shares(cpuShares, version))
  }
  if (controller === 'cpuset') {
    const list = limits.cpusetCpus ?? cgroups.cpus ?? '0'
    all.push(['cpuset.cpus', list, 'it runs on these processors and on no other'])
    const why = 'a version 1 cpuset without memory nodes takes no process in (ENOSPC)'
    if (version === 1) all.push(['cpuset.mems', cgroups.mems ?? '0', why])
  }
  if (controller === 'memory' && memoryBytes !== undefined)
    all.push(...memory(memoryBytes, version))
  if (controller === 'pids' && pidsMax !== undefined) {
    const why = 'a fork beyond this fails (EAGAIN): a fork bomb ends here'
    all.push(['pids.max', String(pidsMax), why])
  }
  return all.filter((line) => line !== false)
}

/** The quota in microseconds for each period of 100 ms, which is version 1's default period. */
function quota(cpus: number, version: 1 | 2): Line {
  const microseconds = Math.round(cpus * 100_000)
  const why = `at most ${microseconds} µs of processor time in every 100000 µs`
  return version === 1
    ? ['cpu.cfs_quota_us', String(microseconds), why]
    : ['cpu.max', `${microseconds} 100000`, why]
}

/**
 * Version 1 has shares from 2 to 262144, version 2 weights from 1 to 10000. The curve maps the
 * least to the least, the most to the most and the default 1024 to the default 100, as in runc
 * 1.3.2 and crun 1.23.
 */
function shares(cpuShares: number, version: 1 | 2): Line {
  const why = 'its weight when others want the processors too; the default is'
  if (version === 1) return ['cpu.shares', String(cpuShares), `${why} 1024`]
  const log = Math.log2(cpuShares)
  const weight = Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34))
  return ['cpu.weight', String(weight), `${why} 100`]
}

/** Memory comes first: version 1 refuses a limit of memory plus swap below that of memory. */
function memory(bytes: number, version: 1 | 2): Line[] {
  const why = 'more than this, and the kernel kills a process of the group (OOM)'
  const swap = 'otherwise it swaps to disk what it may not have in memory'
  return version === 1
    ? [
        ['memory.limit_in_bytes', String(bytes), why],
        ['memory.memsw.limit_in_bytes', String(bytes), swap, 'ENOENT'],
      ]
    : [
        ['memory.max', String(bytes), why],
        ['memory.swap.max', '0', swap, 'ENOENT'],
      ]
}

/** What a place is for, in words. */
function uses({ wanted }: Place): string {
  const words = wanted.map((each) => names[each])
  const last = words.pop() ?? ''
  return words.length > 0 ? `${words.join(', ')} and ${last}` : last
}

const names: Record<Controller, string> = {
  cpu: 'its share of the processors',
  cpuacct: 'its processor time',
  cpuset: 'its choice of processors',
  memory: 'its memory',
  pids: 'the number of its processes',
  freezer: 'stopping it',
}
