/** What a container may use at most, and parsers of the flags that say it, in Docker's bounds. */

/** The most that a container may use; an absent limit means no limit. */
export interface Limits {
  memoryBytes?: number
  /** Memory and swap together, twice the memory by default; -1 is as much swap as there is. */
  memorySwapBytes?: number
  /** What the kernel leaves it when memory runs short for all. */
  memoryReservationBytes?: number
  /** How readily the kernel swaps its memory, 0 to 100. */
  memorySwappiness?: number
  /** Out of memory, it waits instead of being killed. */
  oomKillDisable?: boolean
  /** Processor time, in processors: 0.5 is half of one. */
  cpus?: number
  /** The same as a quota in each period, in microseconds. */
  cpuQuotaUs?: number
  cpuPeriodUs?: number
  /** Its weight when others want the processors too; the default is 1024. */
  cpuShares?: number
  /** What its real-time threads may use, in microseconds of each period. */
  cpuRtRuntimeUs?: number
  cpuRtPeriodUs?: number
  /** The processors it may run on, as `0-1,3`, and the memory nodes it may use. */
  cpusetCpus?: string
  cpusetMems?: string
  /** Processes and threads. */
  pidsMax?: number
  /** Its weight when others want the disks too, 10 to 1000. */
  blkioWeight?: number
  blkioWeightDevice?: DeviceLimit[]
  /** Bytes and operations a second. */
  deviceReadBps?: DeviceLimit[]
  deviceWriteBps?: DeviceLimit[]
  deviceReadIops?: DeviceLimit[]
  deviceWriteIops?: DeviceLimit[]
}

/** A limit of the block device at `path`. */
export interface DeviceLimit {
  path: string
  rate: number
  /** Its numbers, as `254:0`: looked up when a plan is prepared. */
  device?: string
}

/** The least memory that Docker accepts; a shell needs about as much to start. */
const leastMemory = 6 * 1024 * 1024

/**
 * Bytes from `67108864`, `64m`, `1.5g`, `64MB` or `64MiB`, all in powers of 1024; undefined if it
 * is none. Every parser below throws an Error whose one line says what is accepted.
 */
export function parseSize(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?(|b|[kmgtp](?:i?b)?)$/i.exec(text) ?? []
  if (digits === undefined) return undefined
  const power = ' kmgtp'.indexOf(unit.charAt(0).toLowerCase())
  return Math.floor(Number(digits) * 1024 ** Math.max(power, 0))
}

/** Undefined, no limit, from 0. */
export function parseMemory(text: string, flag = 'memory'): number | undefined {
  const bytes = parseSize(text)
  if (bytes === undefined)
    throw invalid(flag, text, 'a size, as 64m: a number and b, k, m or g')
  if (bytes === 0) return undefined
  if (bytes < leastMemory) throw invalid(flag, text, 'at least 6m, or 0 for no limit')
  if (!Number.isSafeInteger(bytes)) throw invalid(flag, text, 'less than 8192t')
  return bytes
}

/** -1 is no limit of swap; undefined, twice the memory, from 0. */
export function parseMemorySwap(text: string): number | undefined {
  return text === '-1' ? -1 : parseMemory(text, 'memory-swap')
}

/** Processors from `0.5` or `2`; undefined from 0. The least quota is 1 ms in 100 ms. */
export function parseCpus(text: string): number | undefined {
  const cpus = /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : NaN
  if (cpus === 0) return undefined
  if (!(cpus >= 0.01 && cpus <= 8192))
    throw invalid('cpus', text, 'a number of processors from 0.01, as 0.5')
  return cpus
}

/** Whole numbers, within the kernel's bounds, by flag. The words stand for no limit. */
const ranges = {
  'cpu-shares': [2, 262_144, '0'],
  'cpu-quota': [1000, 2 ** 40, '0', '-1'],
  'cpu-period': [1000, 1_000_000, '0'],
  'cpu-rt-runtime': [1, 2 ** 31, '0'],
  'cpu-rt-period': [1, 2 ** 31, '0'],
  'memory-swappiness': [0, 100, '-1'],
  // One more than the largest pid of 64-bit Linux (proc_sys_kernel(5)).
  'pids-limit': [1, 4_194_304, '0', '-1'],
  'blkio-weight': [10, 1000, '0'],
} as const satisfies Record<string, [least: number, most: number, ...words: string[]]>

/** The number that `flag` was given; undefined for a word that stands for no limit. */
export function parseNumber(flag: keyof typeof ranges, text: string): number | undefined {
  const [least, most, ...words]: readonly [number, number, ...string[]] = ranges[flag]
  if (words.includes(text)) return undefined
  const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN
  if (number >= least && number <= most) return number
  const none = flag === 'memory-swappiness' ? "for the machine's" : 'for no limit'
  throw invalid(flag, text, `${least} to ${most}, or ${words.join(' or ')} ${none}`)
}

/** A list as `0-1,3`, as it was typed; undefined when it is empty. */
export function parseList(
  flag: 'cpuset-cpus' | 'cpuset-mems',
  text: string,
): string | undefined {
  if (text === '') return undefined
  const ranges = text.split(',').map((each) => /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(each))
  const isList = ranges.every((range) => range && Number(range[1]) <= Number(range[2] ?? range[1]))
  const what = flag === 'cpuset-cpus' ? 'processors' : 'memory nodes'
  if (!isList) throw invalid(flag, text, `a list of ${what}, as 0-1,3`)
  return text
}

/** An error that names the value and what is accepted. */
export function invalid(flag: string, text: string, accepted: string): Error {
  return new Error(`invalid value '${text}' for --${flag}: ${accepted}`)
}
