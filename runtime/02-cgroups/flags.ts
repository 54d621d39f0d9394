/** The flags of `run` that limit what a container may use. */
import { valueOf, type Flag, type Typed } from '../command-line.ts'
import type { ContainerOptions } from '../options.ts'
import { checkTogether } from './check-limits.ts'
import { deviceFlags, parseDevices, type DeviceFlag } from './devices.ts'
import { parseCpus, parseList, parseMemory, parseMemorySwap, parseNumber } from './limits.ts'
import { invalid, type Limits } from './limits.ts'
import { parseParent } from './parent.ts'

/** Limits that `update` can change, too. */
export const changeableFlags: Flag[] = [
  { long: 'memory', short: 'm', value: '64m', text: 'most memory' },
  { long: 'memory-swap', value: '128m', text: 'most memory and swap together (-1: no limit)' },
  { long: 'memory-reservation', value: '32m', text: 'what it keeps when memory runs short' },
  { long: 'cpus', value: '0.5', text: 'most processor time, in processors' },
  { long: 'cpu-period', value: 'MICROSEC', text: 'length of a period of its quota' },
  { long: 'cpu-quota', value: 'MICROSEC', text: 'processor time in each period' },
  { long: 'cpu-shares', short: 'c', value: 'N', text: 'weight against others (1024)' },
  { long: 'cpuset-cpus', value: '0-1', text: 'the processors it may use' },
  { long: 'cpuset-mems', value: '0-1', text: 'the memory nodes it may use' },
  { long: 'pids-limit', value: 'N', text: 'most processes (-1: no limit)' },
  { long: 'blkio-weight', value: 'N', text: 'weight against others on disks, 10 to 1000' },
]

const ofDevices: [flag: DeviceFlag, value: string, text: string][] = [
  ['blkio-weight-device', 'PATH:N', 'the same for one disk'],
  ['device-read-bps', 'PATH:RATE', 'most bytes read from a disk in a second'],
  ['device-write-bps', 'PATH:RATE', 'most bytes written to a disk in a second'],
  ['device-read-iops', 'PATH:N', 'most reads from a disk in a second'],
  ['device-write-iops', 'PATH:N', 'most writes to a disk in a second'],
]

export const limitFlags: Flag[] = [
  ...changeableFlags,
  ...ofDevices.map(([long, value, text]) => ({ long, value, many: true, text })),
  { long: 'memory-swappiness', value: '0-100', text: 'how readily its memory is swapped' },
  { long: 'oom-kill-disable', text: 'out of memory, wait instead of being killed' },
  { long: 'oom-score-adj', value: 'N', text: 'rather (1000) or never (-1000) killed for memory' },
  { long: 'cpu-rt-period', value: 'MICROSEC', text: 'length of a period of real-time threads' },
  { long: 'cpu-rt-runtime', value: 'MICROSEC', text: 'real-time processor time in each period' },
  { long: 'cgroup-parent', value: '/GROUP', text: 'the group to make its group in' },
  { long: 'cgroupns', value: 'private|host', text: 'whether it sees itself at the root' },
]

/** What was asked of the group and of its limits. Throws if the limits contradict each other. */
export function askedLimits(typed: Typed): Partial<ContainerOptions> {
  const limits = limitsFrom(typed)
  checkTogether(limits)
  if (limits.memoryBytes !== undefined) limits.memorySwapBytes ??= 2 * limits.memoryBytes
  else delete limits.memorySwapBytes
  const parent = parseParent(valueOf(typed, 'cgroup-parent') ?? '')
  const adjustment = valueOf(typed, 'oom-score-adj')
  return {
    limits,
    ...(parent === undefined ? {} : { cgroupParent: parent }),
    ...(adjustment === undefined ? {} : { oomScoreAdj: parseAdjustment(adjustment) }),
    ...(isHosts(valueOf(typed, 'cgroupns')) ? { cgroupns: 'host' as const } : {}),
  }
}

/** The limits that were typed, and of which each is valid by itself. */
export function limitsFrom(typed: Typed): Limits {
  const take = <T>(flag: string, parse: (text: string) => T): T | undefined => {
    const given = valueOf(typed, flag)
    return given === undefined ? undefined : parse(given)
  }
  const number = (flag: Parameters<typeof parseNumber>[0]) =>
    take(flag, (text) => parseNumber(flag, text))
  const devices = Object.entries(deviceFlags).map(([flag, field]) => {
    const texts = typed.values.get(flag) ?? []
    const all = parseDevices(flag as DeviceFlag, texts)
    return [field, all.length > 0 ? all : undefined]
  })
  const all: { [K in keyof Limits]: Limits[K] | undefined } = {
    memoryBytes: take('memory', parseMemory),
    memorySwapBytes: take('memory-swap', parseMemorySwap),
    memoryReservationBytes: take('memory-reservation', (text) =>
      parseMemory(text, 'memory-reservation')),
    memorySwappiness: number('memory-swappiness'),
    oomKillDisable: typed.switches.has('oom-kill-disable') || undefined,
    cpus: take('cpus', parseCpus),
    cpuQuotaUs: number('cpu-quota'),
    cpuPeriodUs: number('cpu-period'),
    cpuShares: number('cpu-shares'),
    cpuRtRuntimeUs: number('cpu-rt-runtime'),
    cpuRtPeriodUs: number('cpu-rt-period'),
    cpusetCpus: take('cpuset-cpus', (text) => parseList('cpuset-cpus', text)),
    cpusetMems: take('cpuset-mems', (text) => parseList('cpuset-mems', text)),
    pidsMax: number('pids-limit'),
    blkioWeight: number('blkio-weight'),
    ...Object.fromEntries(devices),
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

function parseAdjustment(text: string): number {
  const number = /^-?\d{1,4}$/.test(text) ? Number(text) : NaN
  if (Math.abs(number) <= 1000) return number
  throw invalid('oom-score-adj', text, '-1000 to 1000')
}

function isHosts(text = 'private'): boolean {
  if (text === 'host' || text === 'private' || text === '') return text === 'host'
  throw invalid('cgroupns', text, 'private or host')
}
