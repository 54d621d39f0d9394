/** Limits that this kernel cannot keep to, and that a container does without, as in Docker. */
import type { Cgroups, Controller, Hierarchy } from './hierarchies.ts'
import type { DeviceLimit, Limits } from './limits.ts'

/** Read a file; undefined if it is missing. */
type Read = (path: string) => string | undefined

/** What is left of the limits, a warning for each that is not, and whether disks are BFQ's. */
export interface Supported {
  limits: Limits
  warnings: string[]
  hasBfq: boolean
}

/**
 * Drop the limits that cannot be kept to. Looks at files only for limits that need it, so that a
 * start without them costs nothing. Throws, as Docker does, for real-time limits.
 */
export function supportedLimits(asked: Limits, cgroups: Cgroups, read: Read): Supported {
  const { cpuRtRuntimeUs, cpuRtPeriodUs } = asked
  const memory = treeOf('memory', cgroups)
  const io = treeOf('io', cgroups)
  if (cpuRtRuntimeUs !== undefined || cpuRtPeriodUs !== undefined) {
    const cpu = treeOf('cpu', cgroups)
    if (cpu?.version !== 1 || read(`${cpu.mount}/cpu.rt_runtime_us`) === undefined)
      throw new Error('this kernel does not support limits for real-time threads (--cpu-rt-…)')
  }
  const wantsWeight = asked.blkioWeight !== undefined || asked.blkioWeightDevice !== undefined
  const weight = wantsWeight && io ? weightIn(io, read) : 'none'
  const hasWeights = weight === 'bfq' && (asked.blkioWeightDevice ?? []).every(isBfq(read))
  const isVersion1 = memory?.version === 1
  const lacking: [field: keyof Limits, isLacking: boolean, what: string, discarded: string][] = [
    ['memoryReservationBytes', !memory, 'memory soft limit capabilities', 'Limitation'],
    ['memorySwappiness', !isVersion1, 'memory swappiness capabilities', 'Memory swappiness'],
    ['oomKillDisable', !isVersion1, 'OomKillDisable', 'OomKillDisable'],
    ['blkioWeight', weight === 'none', 'Block I/O weight', 'Weight'],
    ['blkioWeightDevice', !hasWeights, 'Block I/O weight_device', 'Weight-device'],
    ['deviceReadBps', !io, 'BPS Block I/O read limit', 'Block I/O BPS read limit'],
    ['deviceWriteBps', !io, 'BPS Block I/O write limit', 'Block I/O BPS write limit'],
    ['deviceReadIops', !io, 'IOPS Block read limit', 'Block I/O IOPS read limit'],
    ['deviceWriteIops', !io, 'IOPS Block write limit', 'Block I/O IOPS write limit'],
  ]
  const lost = lacking.filter(([field, isLacking]) => isLacking && asked[field] !== undefined)
  const limits = { ...asked }
  for (const [field] of lost) delete limits[field]
  const warnings = lost.map(([field, , what, discarded]) => {
    const orElse = field === 'oomKillDisable' ? '' : ' or the cgroup is not mounted'
    return `your kernel does not support ${what}${orElse}. ${discarded} discarded.`
  })
  if (limits.oomKillDisable && limits.memoryBytes === undefined) warnings.push(endless)
  return { limits, warnings, hasBfq: io?.version === 2 && weight === 'bfq' }
}

const endless =
  'OOM killer is disabled for the container, but no memory limit is set, ' +
  'this can result in the system running out of resources.'

/** The tree whose groups can use `controller`. */
function treeOf(controller: Controller, { hierarchies }: Cgroups): Hierarchy | undefined {
  return hierarchies.find(
    ({ controllers, enabled, occupied, writable }) =>
      writable && controllers.includes(controller) && (!occupied || enabled.includes(controller)),
  )
}

/** What weighs groups against each other: the scheduler BFQ, version 2's own model, or nothing. */
function weightIn({ version, mount }: Hierarchy, read: Read): 'bfq' | 'cost' | 'none' {
  if (version === 1)
    return read(`${mount}/blkio.bfq.io_service_bytes`) === undefined ? 'none' : 'bfq'
  const isThere = (file: string) => read(`${mount}/${file}`) !== undefined
  if (isThere('io.bfq.weight') || read('/sys/module/bfq/refcnt') !== undefined) return 'bfq'
  return isThere('io.cost.qos') || isThere('io.weight') ? 'cost' : 'none'
}

/** Whether a disk's scheduler is BFQ: the one in brackets. The others know no weights of groups. */
function isBfq(read: Read): (limit: DeviceLimit) => boolean {
  return ({ device }) =>
    /\[bfq\]/.test(read(`/sys/dev/block/${device}/queue/scheduler`) ?? '')
}
