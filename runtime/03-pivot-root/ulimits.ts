/** `--ulimit`: limits of a process, which its children inherit (getrlimit(2)). */
import type { Resource } from '../flag-names.ts'
import { UsageError } from '../command-line.ts'
import { stepOf, type Step } from '../step.ts'

const step = stepOf(3)

declare module '../options.ts' {
  interface ContainerOptions {
    ulimits?: Ulimit[]
  }
  interface PlanOptions {
    ulimits?: Ulimit[]
  }
}

/** -1 is no limit. */
interface Ulimit {
  name: keyof typeof resources
  soft: number
  hard: number
}

/** The names that Docker has, and what each bounds. */
const resources = {
  core: ['RLIMIT_CORE', 'bytes of a core dump'],
  cpu: ['RLIMIT_CPU', 'seconds of processor time'],
  data: ['RLIMIT_DATA', 'bytes of its data'],
  fsize: ['RLIMIT_FSIZE', 'bytes of a file that it writes'],
  locks: ['RLIMIT_LOCKS', 'file locks, in kernels before 2.4.25'],
  memlock: ['RLIMIT_MEMLOCK', 'bytes of memory that it locks'],
  msgqueue: ['RLIMIT_MSGQUEUE', 'bytes of message queues'],
  nice: ['RLIMIT_NICE', 'how far its niceness can be lowered'],
  nofile: ['RLIMIT_NOFILE', 'files that it has open'],
  nproc: ['RLIMIT_NPROC', 'processes of its user, those outside included'],
  rss: ['RLIMIT_RSS', 'bytes in memory, in kernels before 2.4.30'],
  rtprio: ['RLIMIT_RTPRIO', 'its real-time priority'],
  rttime: ['RLIMIT_RTTIME', 'microseconds of real-time work without a pause'],
  sigpending: ['RLIMIT_SIGPENDING', 'signals that wait for its user'],
  stack: ['RLIMIT_STACK', 'bytes of its stack'],
} as const satisfies Record<string, readonly [Resource, string]>

/**
 * The limits that were asked for. They come late in the list, because they bound the native program
 * too, and before the user changes: only root may raise a hard limit.
 */
export function ulimits(wanted: Ulimit[] = []): Step[] {
  return wanted.map(({ name, soft, hard }) => {
    const [resource, what] = resources[name]
    return step(['setrlimit', resource, soft, hard], `a bound was asked for: ${what}`)
  })
}

/** `nofile=1024:2048` each, or one number for both limits; the last of a name counts. */
export function parseUlimits(texts: string[]): Ulimit[] {
  return [...new Map(texts.map((text) => [text.split('=', 1)[0], parseUlimit(text)])).values()]
}

function parseUlimit(text: string): Ulimit {
  const refuse = (why: string) => new UsageError(`invalid --ulimit '${text}': ${why}`)
  const [, name, limits] = /^(.*?)=(.*)$/s.exec(text) ?? []
  if (name === undefined || limits === undefined)
    throw refuse('NAME=SOFT[:HARD], as in nofile=1024:2048')
  if (!isResource(name)) throw refuse(`no such limit; have: ${Object.keys(resources).join(', ')}`)
  const numbers = limits.split(':').map(parseLimit)
  const [soft, hard = soft, ...more] = numbers
  if (soft === undefined || hard === undefined || numbers.includes(undefined) || more.length > 0)
    throw refuse('one or two numbers, or -1 for no limit')
  if (hard !== -1 && (soft === -1 || soft > hard))
    throw refuse(`the soft limit is above the hard one: ${soft} > ${hard}`)
  return { name, soft, hard }
}

function isResource(name: string): name is Ulimit['name'] {
  return Object.hasOwn(resources, name)
}

function parseLimit(text: string): number | undefined {
  if (text === '-1' || text === 'unlimited') return -1
  const number = /^\+?\d{1,16}$/.test(text) ? Number(text) : NaN
  return Number.isSafeInteger(number) ? number : undefined
}
