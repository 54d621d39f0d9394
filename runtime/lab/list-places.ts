/** Tables of list-policy.ts: file systems and where they are mounted, files of control groups. */
import { posix } from 'node:path'
import { isPlain, type Trees } from './list-paths.ts'

/** Parts of /proc and /sys that a list may hide or make read-only. */
export function isMasked(at: string): boolean {
  return /^\/(proc|sys)\/[\w-]+$/.test(at)
}

interface FileSystem {
  /** Whether it may be mounted at that place of a root file system. */
  at: (place: string) => boolean
  data: RegExp
}

const sizes = /^(((mode|size|nr_inodes|uid|gid)=\w+%?|huge=never)(,|$))*$/

export const fileSystems: Record<string, FileSystem> = {
  __proto__: null as never,
  proc: { at: is('/proc'), data: /^((hidepid=\w+|subset=pid|gid=\d+)(,|$))*$/ },
  sysfs: { at: is('/sys'), data: /^$/ },
  tmpfs: {
    at: () => true, // an empty directory in place of any other leads nowhere
    data: sizes,
  },
  devpts: {
    at: is('/dev/pts'),
    data: /^((newinstance|(ptmxmode|mode|gid|uid|max)=\d+)(,|$))*$/,
  },
  mqueue: { at: is('/dev/mqueue'), data: /^$/ },
  cgroup2: { at: is('/sys/fs/cgroup', '/sys/fs/cgroup/unified'), data: /^(nsdelegate)?$/ },
}

function is(...places: string[]): FileSystem['at'] {
  return (place) => places.includes(place)
}

const overlayFlag = /^(redirect_dir|metacopy|index|xino|nfs_export|userxattr)=\w+$|^volatile$/

/**
 * Whether an overlay is made of nothing but what the list was given: layers, which nothing makes
 * writable, and what is in the container's directory. Which of these it may use as what, the kernel
 * decides, and a learner is to see it.
 */
export function isOverlay(data: string, cwd: string, given: Trees): boolean {
  const isGiven = (path: string) => {
    if (!isPlain(path)) return false
    const full = posix.resolve('/', cwd, path)
    const isIn = (dir: string) => full === dir || full.startsWith(`${dir}/`)
    return [given.box, ...given.layers].some(isIn) || full === given.root || isMissing(full)
  }
  return data.split(',').every((option) => {
    const [name = '', value = ''] = option.split(/=(.*)/s)
    if (/^(lowerdir|upperdir|workdir)$/.test(name)) return value.split(':').every(isGiven)
    return overlayFlag.test(option)
  })
}

/** Names of the container's directory that are looked for in `/`: the machine has none of them. */
function isMissing(path: string): boolean {
  return /^\/(merged|upper|work|init|lower\d+)(\/|$)/.test(path)
}

const number = /^-?\d{1,20}$/
const numberOrMax = /^(max|-?\d{1,20})$/
const ranges = /^[\d,-]{0,100}$/
const device = /^\d+:\d+ \d{1,20}$/

/** Files of a control group that a list writes, of version 1 and 2, and what it writes there. */
export const groupFiles: Record<string, RegExp> = {
  __proto__: null as never,
  // 0 is the process that writes. Any other number would be another process.
  ...{ tasks: /^0$/, 'cgroup.procs': /^0$/ },
  'cgroup.subtree_control': /^[+-]\w+( [+-]\w+)*$/,
  // What is no number the kernel refuses, as a list is to find out.
  'pids.max': /^[\w %!()=-]{0,100}$/,
  ...{ 'cpuset.cpus': ranges, 'cpuset.mems': ranges },
  ...{ 'cpu.cfs_quota_us': number, 'cpu.cfs_period_us': number, 'cpu.shares': number },
  'cpu.max': /^(max|\d{1,20})( \d{1,20})?$/,
  ...{ 'cpu.weight': number, 'cpu.rt_period_us': number },
  ...{ 'cpu.rt_runtime_us': number, 'memory.limit_in_bytes': number, 'memory.max': numberOrMax },
  ...{ 'memory.memsw.limit_in_bytes': number, 'memory.swap.max': numberOrMax },
  ...{ 'memory.soft_limit_in_bytes': number, 'memory.low': numberOrMax },
  ...{ 'memory.high': numberOrMax, 'memory.swappiness': number, 'memory.oom_control': /^[01]$/ },
  ...{ 'memory.oom.group': /^[01]$/, 'blkio.bfq.weight': number, 'io.bfq.weight': number },
  ...{ 'io.weight': number, 'blkio.bfq.weight_device': device },
  ...{ 'blkio.throttle.read_bps_device': device, 'blkio.throttle.write_bps_device': device },
  ...{ 'blkio.throttle.read_iops_device': device, 'blkio.throttle.write_iops_device': device },
  'io.max': /^\d+:\d+( [rw](bps|iops)=(max|\d{1,20}))+$/,
}
