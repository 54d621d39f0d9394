/** The flags of `run` that limit what a container may use. */
import { valueOf, type Flag, type Typed } from '../command-line.ts'
import type { ContainerOptions } from '../options.ts'
import type { Limits } from './cgroup.ts'
import { parseCpus, parseCpusetCpus, parseCpuShares } from './limits.ts'
import { parseMemory, parsePidsLimit } from './limits.ts'

export const limitFlags: Flag[] = [
  { long: 'memory', short: 'm', value: '64m', text: 'most memory' },
  { long: 'cpus', value: '0.5', text: 'most processor time, in processors' },
  { long: 'cpu-shares', short: 'c', value: 'N', text: 'weight against others (1024)' },
  { long: 'cpuset-cpus', value: '0-1', text: 'the processors it may use' },
  { long: 'pids-limit', value: 'N', text: 'most processes (-1: no limit)' },
]

export function askedLimits(typed: Typed): Partial<ContainerOptions> {
  const take = <T>(flag: string, parse: (text: string) => T): T | undefined => {
    const given = valueOf(typed, flag)
    return given === undefined ? undefined : parse(given)
  }
  const all = {
    memoryBytes: take('memory', parseMemory),
    cpus: take('cpus', parseCpus),
    cpuShares: take('cpu-shares', parseCpuShares),
    cpusetCpus: take('cpuset-cpus', parseCpusetCpus),
    pidsMax: take('pids-limit', parsePidsLimit),
  }
  const given = Object.entries(all).filter(([, value]) => value !== undefined)
  return { limits: Object.fromEntries(given) as Limits }
}
