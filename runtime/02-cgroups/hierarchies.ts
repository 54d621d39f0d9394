/** The trees of control groups of a machine, parsed from mountinfo and cgroup files. */
import { parseMountinfo, visibleMounts, type Mount } from '../mountinfo.ts'

/** The controllers that Stepbox uses, in the order of its lists. Version 1 calls io blkio. */
export const controllers = ['cpu', 'cpuacct', 'cpuset', 'memory', 'io', 'pids', 'freezer'] as const

export type Controller = (typeof controllers)[number]

/**
 * One tree of groups. Version 1 has several, each with one or a few controllers; version 2 has a
 * single tree. A hybrid machine has both, and each controller is in only one tree.
 */
export interface Hierarchy {
  version: 1 | 2
  /** Its mount point. Each directory in it is a group. */
  mount: string
  /** The controllers that work in it. */
  controllers: Controller[]
  /** Those that groups directly below the mount point have (`cgroup.subtree_control`). */
  enabled: Controller[]
  /**
   * Version 2: processes live in the mount's own group, and it is not the machine's root group, so
   * nothing more can be enabled for groups below (cgroups(7), "no internal processes").
   */
  occupied: boolean
  /** False where it is mounted read-only, as inside an ordinary Docker container. */
  writable: boolean
}

export interface Cgroups {
  hierarchies: Hierarchy[]
  /** The processors and memory nodes that groups below may be given, as `0-3,5`. */
  cpus?: string
  mems?: string
}

/** Parse `mountinfo`; `read` reads the files below the mount points. */
export function cgroupsFrom(
  mountinfo: string,
  read: (path: string) => string | undefined,
): Cgroups {
  const trees = new Map<string, Mount>()
  for (const mount of visibleMounts(parseMountinfo(mountinfo))) {
    if (mount.type !== 'cgroup' && mount.type !== 'cgroup2') continue
    const known = trees.get(mount.device)
    if (!known || rank(mount) > rank(known)) trees.set(mount.device, mount)
  }
  const hierarchies = [...trees.values()].flatMap((mount) => hierarchy(mount, read) ?? [])
  const choice = choiceIn('', hierarchies, read)
  const cpus = choice.cpus ?? read('/sys/devices/system/cpu/online')?.trim()
  return { hierarchies, ...choice, ...(cpus ? { cpus } : {}) }
}

/** The processors and memory nodes of the group at `path` in its tree; `''` is the mount's own. */
export function choiceIn(
  path: string,
  hierarchies: Hierarchy[],
  read: (path: string) => string | undefined,
): Pick<Cgroups, 'cpus' | 'mems'> {
  const cpuset = hierarchies.find((each) => each.controllers.includes('cpuset'))
  const at = `${cpuset?.mount}${path}/cpuset`
  const end = cpuset?.version === 1 ? '' : '.effective'
  const [cpus, mems] = [read(`${at}.cpus${end}`)?.trim(), read(`${at}.mems${end}`)?.trim()]
  return { ...(cpus ? { cpus } : {}), ...(mems ? { mems } : {}) }
}

/** If a tree is mounted twice: prefer a writable mount, then one in the usual place. */
function rank(mount: Mount): number {
  return (isWritable(mount) ? 2 : 0) + (mount.target.startsWith('/sys/fs/cgroup') ? 1 : 0)
}

/** Neither this mount nor the whole file system is read-only. */
function isWritable({ options, superOptions }: Mount): boolean {
  return [options, superOptions].every((each) => each.split(',')[0] !== 'ro')
}

/** Undefined for a tree without a controller of ours, or hidden by another mount. */
function hierarchy(
  mount: Mount,
  read: (path: string) => string | undefined,
): Hierarchy | undefined {
  const path = mount.target
  const writable = isWritable(mount)
  if (mount.type === 'cgroup') {
    const all = known(mount.superOptions.split(','))
    const isThere = all.length > 0 && read(`${path}/cgroup.clone_children`) !== undefined
    const common = { controllers: all, enabled: all, occupied: false, writable }
    return isThere ? { version: 1, mount: path, ...common } : undefined
  }
  const offered = read(`${path}/cgroup.controllers`)
  if (offered === undefined) return undefined
  const isRoot = read(`${path}/cgroup.events`) === undefined // every group but the root has it
  return {
    version: 2,
    mount: path,
    controllers: known(offered.trim().split(' ')),
    enabled: known((read(`${path}/cgroup.subtree_control`) ?? '').trim().split(' ')),
    occupied: !isRoot && (read(`${path}/cgroup.procs`) ?? '') !== '',
    writable,
  }
}

function known(names: string[]): Controller[] {
  const isIn = (each: Controller) => names.includes(each) || names.includes(oldNames[each] ?? each)
  return controllers.filter(isIn)
}

const oldNames: Partial<Record<Controller, string>> = { io: 'blkio' }

/** `/team` and `/team/web` for `/team/web`: a group and those that it is in, outermost first. */
export function parentPaths(path = ''): string[] {
  const names = path.split('/').slice(1)
  return names.map((_, at) => `/${names.slice(0, at + 1).join('/')}`)
}
