/** The files of a group, and what each limit writes into them: version 1 and version 2. */
import type { Cgroups, Controller } from './hierarchies.ts'
import type { DeviceLimit, Limits } from './limits.ts'

/** A file of the group, the value to write, and why. */
export type LimitLine = [file: string, value: string, why: string, ignoring?: 'ENOENT']

/** What the lines depend on. */
export interface Wanted {
  limits: Limits
  cgroups: Cgroups
  /** Version 2: the disks' scheduler is BFQ, which has a file of its own for weights. */
  hasBfq?: boolean
}

/** The lines of one controller, in the order in which the kernel accepts them. */
export function linesFor(version: 1 | 2, controller: Controller, wanted: Wanted): LimitLine[] {
  const { limits, cgroups } = wanted
  if (controller === 'cpu')
    return [...quota(limits, version), ...shares(limits, version), ...realTime(limits, version)]
  if (controller === 'cpuset') return choice(limits, cgroups, version)
  if (controller === 'memory') return [...memory(limits, version), ...reserve(limits, version)]
  if (controller === 'io') return [...weights(wanted, version), ...throttles(limits, version)]
  if (controller === 'pids') return processes(limits)
  return []
}

/**
 * The quota in microseconds for each period, by default 100 ms. Version 2 has both in one file; in
 * version 1 the period comes first, because a quota is checked against it.
 */
function quota({ cpus, cpuQuotaUs, cpuPeriodUs }: Limits, version: 1 | 2): LimitLine[] {
  const period = cpuPeriodUs ?? 100_000
  const microseconds = cpus === undefined ? cpuQuotaUs : Math.round(cpus * period)
  const isLimited = microseconds !== undefined && microseconds >= 0
  const why = isLimited
    ? `at most ${microseconds} µs of processor time in every ${period} µs`
    : 'as much processor time as there is'
  if (version === 2) {
    const isAsked = microseconds !== undefined || cpuPeriodUs !== undefined
    const text = `${isLimited ? microseconds : 'max'} ${period}`
    return isAsked ? [['cpu.max', text, why]] : []
  }
  const counts = 'its quota counts for so many microseconds, and then anew'
  return [
    ...(cpuPeriodUs === undefined ? [] : [line('cpu.cfs_period_us', period, counts)]),
    ...(microseconds === undefined ? [] : [line('cpu.cfs_quota_us', microseconds, why)]),
  ]
}

/**
 * Version 1 has shares from 2 to 262144, version 2 weights from 1 to 10000. The curve maps the
 * least to the least, the most to the most and the default 1024 to the default 100, as in runc
 * 1.3.2 and crun 1.23.
 */
function shares({ cpuShares }: Limits, version: 1 | 2): LimitLine[] {
  if (cpuShares === undefined) return []
  const why = 'its weight when others want the processors too; the default is'
  if (version === 1) return [line('cpu.shares', cpuShares, `${why} 1024`)]
  const log = Math.log2(cpuShares)
  const weight = Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34))
  return [line('cpu.weight', weight, `${why} 100`)]
}

/** For threads with a real-time policy, which a new group gives no time at all (version 1 only). */
function realTime({ cpuRtPeriodUs, cpuRtRuntimeUs }: Limits, version: 1 | 2): LimitLine[] {
  const period = cpuRtPeriodUs ?? 0
  const runtime = cpuRtRuntimeUs ?? 0
  const why = 'a real-time thread may run so long in each period, and goes before all others'
  return [
    ...(version === 1 && period ? [line('cpu.rt_period_us', period, 'real-time periods')] : []),
    ...(version === 1 && runtime ? [line('cpu.rt_runtime_us', runtime, why)] : []),
  ]
}

/** A new group of version 1 has neither processors nor memory nodes, and both must be written. */
function choice({ cpusetCpus, cpusetMems }: Limits, cgroups: Cgroups, version: 1 | 2): LimitLine[] {
  const cpus = cpusetCpus ?? (version === 1 ? (cgroups.cpus ?? '0') : undefined)
  const mems = cpusetMems ?? (version === 1 ? (cgroups.mems ?? '0') : undefined)
  const why =
    cpusetMems === undefined
      ? 'a version 1 cpuset without memory nodes takes no process in (ENOSPC)'
      : 'it gets memory of these nodes and of no other'
  return [
    ...(cpus === undefined
      ? []
      : [line('cpuset.cpus', cpus, 'it runs on these processors and on no other')]),
    ...(mems === undefined ? [] : [line('cpuset.mems', mems, why)]),
  ]
}

/**
 * Memory comes first: version 1 refuses a limit of memory plus swap below that of memory. Version 2
 * limits swap alone, so its limit is the difference.
 */
function memory({ memoryBytes, memorySwapBytes }: Limits, version: 1 | 2): LimitLine[] {
  const bytes = memoryBytes ?? 0
  const both = memorySwapBytes ?? 2 * bytes
  const why = 'more than this, and the kernel kills a process of the group (OOM)'
  const swap = 'otherwise it swaps to disk, without limit, what it may not have in memory'
  const [limit, limitWithSwap] = ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes']
  const first = version === 1 ? limit : 'memory.max'
  const lines: LimitLine[] = bytes > 0 ? [line(first, bytes, why)] : []
  if (both === 0) return lines
  return version === 1
    ? [...lines, [limitWithSwap, String(both), swap, 'ENOENT']]
    : [...lines, ['memory.swap.max', both < 0 ? 'max' : String(both - bytes), swap, 'ENOENT']]
}

/** What the kernel does when memory runs short: the last three only in version 1. */
function reserve(limits: Limits, version: 1 | 2): LimitLine[] {
  const { memoryReservationBytes, memorySwappiness, oomKillDisable } = limits
  const lines: LimitLine[] = []
  if (memoryReservationBytes !== undefined) {
    const why = 'when memory runs short, the kernel takes from those first that have more than this'
    const file = version === 1 ? 'memory.soft_limit_in_bytes' : 'memory.low'
    lines.push(line(file, memoryReservationBytes, why))
  }
  if (version === 2) return lines
  const why = 'how readily its memory is swapped to disk: the machine says, as a rule 60'
  if (memorySwappiness !== undefined) lines.push(line('memory.swappiness', memorySwappiness, why))
  const waits = 'out of memory, its processes wait instead of being killed'
  if (oomKillDisable) lines.push(line('memory.oom_control', 1, waits))
  return lines
}

/**
 * The weight of the group, and for single disks. BFQ, a scheduler of disks, has the range of the
 * flag; version 2's own weight goes from 1 to 10000, and is converted as in runc.
 */
function weights({ limits, hasBfq }: Wanted, version: 1 | 2): LimitLine[] {
  const { blkioWeight, blkioWeightDevice = [] } = limits
  const why = 'its weight when others want the disks too; the default is 100'
  const isBfq = version === 1 || hasBfq
  const file = version === 1 ? 'blkio.bfq.weight' : hasBfq ? 'io.bfq.weight' : 'io.weight'
  const perDevice = version === 1 ? 'blkio.bfq.weight_device' : file
  const converted = (weight: number) =>
    isBfq ? weight : 1 + Math.floor(((weight - 10) * 9999) / 990)
  return [
    ...(blkioWeight === undefined ? [] : [line(file, converted(blkioWeight), why)]),
    ...(isBfq ? blkioWeightDevice : []).map((each) => line(perDevice, ofDevice(each), why)),
  ]
}

/** Version 1's file, version 2's word in `io.max`, and what is counted. */
const throttled = [
  ['deviceReadBps', 'read_bps', 'rbps', 'bytes read'],
  ['deviceWriteBps', 'write_bps', 'wbps', 'bytes written'],
  ['deviceReadIops', 'read_iops', 'riops', 'reads'],
  ['deviceWriteIops', 'write_iops', 'wiops', 'writes'],
] as const

function throttles(limits: Limits, version: 1 | 2): LimitLine[] {
  return throttled.flatMap(([field, file, word, what]) => {
    const why = `at most so many ${what} a second; more has to wait`
    return (limits[field] ?? []).map((each) =>
      version === 1
        ? line(`blkio.throttle.${file}_device`, ofDevice(each), why)
        : line('io.max', ofDevice(each, `${word}=`), why),
    )
  })
}

function processes({ pidsMax }: Limits): LimitLine[] {
  if (pidsMax === undefined) return []
  const why = 'a fork beyond this fails (EAGAIN): a fork bomb ends here'
  return [line('pids.max', pidsMax < 0 ? 'max' : pidsMax, why)]
}

function line(file: string, value: string | number, why: string): LimitLine {
  return [file, String(value), why]
}

function ofDevice({ device, rate }: DeviceLimit, word = ''): string {
  return `${device} ${word}${rate}`
}
