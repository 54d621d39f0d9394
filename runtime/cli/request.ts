/** Command line. What `run` and `plan` were asked for: flags, the image's settings, defaults. */
import type { User } from '../01-namespaces/command.ts'
import {
  parseCpus,
  parseCpusetCpus,
  parseCpuShares,
  parseMemory,
  parsePidsLimit,
} from '../02-cgroups/limits.ts'
import type { Limits } from '../02-cgroups/cgroup.ts'
import type { Network } from '../01-namespaces/namespaces.ts'
import type { RunOptions } from '../container/run.ts'
import { UsageError, valueOf } from './args.ts'
import type { Input } from './main.ts'

/** The parts of an OCI image configuration that decide how a container starts. */
export interface ImageConfig {
  Entrypoint?: string[] | null
  Cmd?: string[] | null
  Env?: string[] | null
  WorkingDir?: string
  User?: string
}

/** The options that flags and `config` give; image and layers are the caller's to add. */
export function request(input: Input, command: string[], config: ImageConfig): RunOptions {
  const { values, switches, chapter, root } = input
  const name = valueOf(input, 'name')
  if (name !== undefined && !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(name))
    throw new UsageError(
      `invalid name '${name}': letters, digits, '_', '.', '-', a letter or digit first`,
    )
  const user = parseUser(valueOf(input, 'user') ?? (config.User || undefined))
  const cwd = workdir(valueOf(input, 'workdir') ?? (config.WorkingDir || undefined), chapter.number)
  const hostname = parseHostname(valueOf(input, 'hostname'))
  return {
    chapter,
    root,
    argv: argvOf(command, config),
    env: environment(values.get('env') ?? [], config, user, switches.has('tty')),
    ...(cwd === undefined ? {} : { cwd }),
    ...(user ? { user } : {}),
    ...(name === undefined ? {} : { name }),
    ...(hostname === undefined ? {} : { hostname }),
    network: parseNetwork(valueOf(input, 'network') ?? 'none'),
    limits: limitsOf(input),
    rm: switches.has('rm') || chapter.number === 1,
    readOnly: switches.has('read-only'),
    config: started(input, command, config),
  }
}

/** The image's configuration as this container has it, in the same words. */
function started(input: Input, command: string[], config: ImageConfig) {
  const { Entrypoint, Cmd, Env, WorkingDir, User } = config
  const asked = input.values.get('env') ?? []
  const nameOf = (entry: string) => entry.split('=')[0]
  const inherited = (Env ?? []).filter(
    (entry) => !asked.some((other) => nameOf(other) === nameOf(entry)),
  )
  const words = command.length > 0 ? command : (Cmd ?? [])
  return {
    ...(Entrypoint ? { Entrypoint } : {}),
    Cmd: words,
    Env: [...inherited, ...asked.filter((entry) => entry.includes('='))],
    WorkingDir: valueOf(input, 'workdir') ?? WorkingDir ?? '',
    User: valueOf(input, 'user') ?? User ?? '',
  }
}

/** Docker's rule: what is typed replaces CMD and is appended to ENTRYPOINT. */
function argvOf(command: string[], { Entrypoint, Cmd }: ImageConfig): string[] {
  const argv = [...(Entrypoint ?? []), ...(command.length > 0 ? command : (Cmd ?? []))]
  if (argv.length === 0) throw new UsageError('no command given, and the image names none')
  if (argv[0] === '') throw new UsageError('the command is an empty word')
  return argv
}

function limitsOf(input: Input): Limits {
  const take = <T>(flag: string, parse: (text: string) => T): T | undefined => {
    const given = valueOf(input, flag)
    return given === undefined ? undefined : parse(given)
  }
  const limits = {
    memoryBytes: take('memory', parseMemory),
    cpus: take('cpus', parseCpus),
    cpuShares: take('cpu-shares', parseCpuShares),
    cpusetCpus: take('cpuset-cpus', parseCpusetCpus),
    pidsMax: take('pids-limit', parsePidsLimit),
  }
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The image's variables, then ours, then the ones asked for; the last of a name counts. */
function environment(
  asked: string[],
  config: ImageConfig,
  user: User | undefined,
  hasTerminal: boolean,
): string[] {
  const variables = new Map<string, string>([['PATH', defaultPath]])
  if (hasTerminal) variables.set('TERM', 'xterm')
  variables.set('HOME', user && user.uid !== 0 ? '/' : '/root')
  for (const entry of [...(config.Env ?? []), ...asked]) {
    const equals = entry.indexOf('=')
    const name = equals < 0 ? entry : entry.slice(0, equals)
    if (name === '') throw new UsageError(`invalid variable '${entry}': NAME=value, or NAME alone`)
    const value = equals < 0 ? process.env[name] : entry.slice(equals + 1)
    if (value === undefined) variables.delete(name)
    else variables.set(name, value)
  }
  return [...variables].map(([name, value]) => `${name}=${value}`)
}

/**
 * Numbers only, below 2³²−1: (uid_t) −1 means "leave it", and a name would need the image's
 * passwd.
 */
function parseUser(text: string | undefined): User | undefined {
  if (text === undefined) return undefined
  const match = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(text)
  const uid = Number(match?.[1] ?? NaN)
  const gid = match?.[2] === undefined ? 0 : Number(match[2])
  if (uid < 2 ** 32 - 1 && gid < 2 ** 32 - 1) return { uid, gid }
  throw new UsageError(`invalid user '${text}': UID or UID:GID, numbers from 0 to 4294967294`)
}

function workdir(text: string | undefined, chapter: number): string | undefined {
  if (text === undefined) return chapter >= 3 ? '/' : undefined
  if (text.startsWith('/')) return text
  throw new UsageError(`invalid working directory '${text}': it begins with /`)
}

function parseHostname(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (/^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/.test(text)) return text
  throw new UsageError(`invalid hostname '${text}': letters, digits, '-' and '.', at most 64`)
}

function parseNetwork(text: string): Network {
  if (text === 'none' || text === 'host') return text
  throw new UsageError(`no network '${text}'; have: none, host`)
}
