/** What a group has used, as counted by the kernel. */
import { tryRead } from '../files.ts'
import { isOwnGroup } from './own-group.ts'

/** Times are in nanoseconds. A field is absent if this kernel does not count it. */
export interface Stats {
  cpuNs?: number
  cpuUserNs?: number
  cpuSystemNs?: number
  /** Periods of 100 ms in which the group ran, and in how many its quota stopped it. */
  periods?: number
  throttledPeriods?: number
  throttledNs?: number
  memoryBytes?: number
  memoryPeakBytes?: number
  /** Processes that the kernel killed because the group's memory ran out. */
  oomKills?: number
  /** Processes and threads, now and at most. */
  pids?: number
  pidsPeak?: number
  /** Forks that failed at the limit on processes. */
  forksRefused?: number
}

declare module '../options.ts' {
  interface Container {
    /** What its group had used at its end. */
    stats?: Stats
    /** The kernel killed a process of it because memory ran out. */
    oomKilled?: boolean
  }
}

/** Read what the group in `dirs` has used so far; nothing if the group no longer exists. */
export function statsOf(dirs: string[]): Stats {
  const own = dirs.filter((dir) => isOwnGroup(dir))
  const facts = new Map(files.map((file) => [file, textOf(own, file)]))
  const number = (file: File) => whole(facts.get(file))
  const field = (file: File, key: string) => {
    const line = facts.get(file)?.split('\n').find((each) => each.startsWith(`${key} `))
    return whole(line?.slice(key.length + 1))
  }
  const counted: { [K in keyof Stats]: number | undefined } = {
    cpuNs: thousand(field('cpu.stat', 'usage_usec')) ?? number('cpuacct.usage'),
    cpuUserNs: thousand(field('cpu.stat', 'user_usec')) ?? number('cpuacct.usage_user'),
    cpuSystemNs: thousand(field('cpu.stat', 'system_usec')) ?? number('cpuacct.usage_sys'),
    periods: field('cpu.stat', 'nr_periods'),
    throttledPeriods: field('cpu.stat', 'nr_throttled'),
    throttledNs:
      thousand(field('cpu.stat', 'throttled_usec')) ?? field('cpu.stat', 'throttled_time'),
    memoryBytes: number('memory.current') ?? number('memory.usage_in_bytes'),
    memoryPeakBytes: number('memory.peak') ?? number('memory.max_usage_in_bytes'),
    oomKills: field('memory.events', 'oom_kill') ?? field('memory.oom_control', 'oom_kill'),
    pids: number('pids.current') ?? linesOf(facts.get('cgroup.threads') || facts.get('tasks')),
    pidsPeak: number('pids.peak'),
    forksRefused: field('pids.events', 'max'),
  }
  return Object.fromEntries(Object.entries(counted).filter(([, value]) => value !== undefined))
}

/** Version 2's name, then version 1's if it differs. */
const files = [
  'cpu.stat',
  'cpuacct.usage',
  'cpuacct.usage_user',
  'cpuacct.usage_sys',
  'memory.current',
  'memory.usage_in_bytes',
  'memory.peak',
  'memory.max_usage_in_bytes',
  'memory.events',
  'memory.oom_control',
  'pids.current',
  'cgroup.threads',
  'tasks',
  'pids.peak',
  'pids.events',
] as const

type File = (typeof files)[number]

/** A group has a directory in each tree, and most files are in one of them. */
function textOf(dirs: string[], file: File): string {
  // ignoring: a file that this tree does not have, a group that went away meanwhile
  return dirs.map((dir) => tryRead(`${dir}/${file}`) ?? '').join('')
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined
}

/** The number of different lines: every tree of version 1 lists the same threads. */
function linesOf(text: string | undefined): number | undefined {
  return text ? new Set(text.trimEnd().split('\n')).size : undefined
}

function thousand(microseconds: number | undefined): number | undefined {
  return microseconds === undefined ? undefined : microseconds * 1000
}
