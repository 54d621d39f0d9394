/** The control groups that doctor tries: plans of its own, as in tries.ts. */
import type { Cgroups, Controller, Hierarchy } from '../../02-cgroups/hierarchies.ts'
import type { Call } from '../../calls.ts'
import { identify } from '../../process.ts'
import { toolStep, type Step } from '../../step.ts'

/** A try by its name in `Tries`: calls that make groups, and the directories of these. */
export interface GroupTry {
  plan: Step[]
  dirs: string[]
  /** Why there is nothing to try. */
  said?: string
}

/** Names the process that makes it, so that `reset` can remove it if that is killed. */
export function groupName(what: string): string {
  const { pid, start } = identify(process.pid) ?? { pid: process.pid, start: 0 }
  return `stepbox-doctor-${pid}-${start}-${what}`
}

/** One limit, by its files of either version, and what is written. */
const limits: Partial<Record<Controller, Record<1 | 2, [file: string, value: string][]>>> = {
  cpu: { 1: [['cpu.cfs_quota_us', '50000']], 2: [['cpu.max', '50000 100000']] },
  cpuset: { 1: [], 2: [['cpuset.cpus', '0']] }, // version 1 has these in every group of the tree
  memory: { 1: [['memory.limit_in_bytes', '67108864']], 2: [['memory.max', '67108864']] },
  pids: { 1: [['pids.max', '64']], 2: [['pids.max', '64']] },
  freezer: { 1: [['freezer.state', 'FROZEN']], 2: [['cgroup.freeze', '1']] },
}

/** Version 2 has these in every group, without a controller. */
const core: Controller[] = ['cpuacct', 'freezer']

/** In each tree that containers use, a group is made and joined: without limits, and with each. */
export function groupTries(cgroups: Cgroups): Record<string, GroupTry> {
  const always: Controller[] = ['cpuacct', 'memory', 'freezer']
  const one = Object.keys(limits).map((name) => {
    return [`cgroup-${name}`, tryOf(cgroups, [name as Controller])] as const
  })
  return { cgroups: tryOf(cgroups, always), ...Object.fromEntries(one) }
}

function tryOf({ hierarchies, cpus, mems }: Cgroups, wanted: Controller[]): GroupTry {
  const [first = 'cpu'] = wanted
  const isOne = wanted.length === 1
  const name = groupName(isOne ? `cgroup-${first}` : 'cgroups')
  const found = wanted.map((each) => treeOf(hierarchies, each))
  const trees = new Set(found.filter((tree) => tree?.writable))
  const calls: Call[] = []
  const dirs: string[] = []
  for (const tree of trees) {
    if (!tree) continue
    const dir = `${tree.mount}/${name}`
    dirs.push(dir)
    calls.push(['mkdir', dir, 0o755])
    if (isOne && needsEnabling(tree, first)) continue
    if (tree.version === 1 && tree.controllers.includes('cpuset'))
      calls.push(write(dir, 'cpuset.cpus', cpus ?? '0'), write(dir, 'cpuset.mems', mems ?? '0'))
    const own = isOne ? (limits[first]?.[tree.version] ?? []) : []
    calls.push(...own.map(([file, value]) => write(dir, file, value)))
    const isFrozen = isOne && first === 'freezer' // who joins would stop, too
    if (!isFrozen) calls.push(write(dir, tree.version === 1 ? 'tasks' : 'cgroup.procs', '0'))
  }
  const plan = calls.map((call) => toolStep(call, 'to see whether this machine allows it'))
  if (plan.length > 0) return { plan, dirs }
  const said = isOne ? `no tree has the ${first} controller` : 'no tree can be written to'
  return { plan, dirs, said }
}

function write(dir: string, file: string, value: string): Call {
  return ['write', `${dir}/${file}`, value]
}

function treeOf(hierarchies: Hierarchy[], controller: Controller): Hierarchy | undefined {
  const own = hierarchies.find(({ controllers }) => controllers.includes(controller))
  const second = hierarchies.find(({ version }) => version === 2)
  return own ?? (core.includes(controller) ? second : undefined)
}

/**
 * Doctor must change nothing, and enabling a controller for the groups of a tree is permanent. If
 * that would be needed, only making the group is tried: without it the limit has no file.
 */
function needsEnabling({ version, controllers, enabled }: Hierarchy, name: Controller): boolean {
  return version === 2 && controllers.includes(name) && !enabled.includes(name)
}
