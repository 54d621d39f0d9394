/** The flags of `run` that chapter 1 brings, and what they and an image's settings ask for. */
import type { ImageSettings } from '../chapter.ts'
import { UsageError, valueOf, type Flag, type Typed } from '../command-line.ts'
import { checkName } from '../container/names.ts'
import type { ContainerOptions, User } from '../options.ts'

export const processFlags: Flag[] = [
  { long: 'interactive', short: 'i', text: 'keep standard input open' },
  { long: 'rm', text: 'remove the container when it ends' },
  { long: 'name', value: 'NAME', text: 'a name for the container' },
  { long: 'hostname', short: 'h', value: 'NAME', text: 'the name it sees for itself' },
  { long: 'env', short: 'e', value: 'K=V', many: true, text: 'set an environment variable' },
  { long: 'workdir', short: 'w', value: 'DIR', text: 'where the command starts' },
  { long: 'user', short: 'u', value: 'UID[:GID]', text: 'who runs the command' },
  { long: 'network', value: 'none|host', text: "a private network with only lo, or the host's" },
]

/** What was typed after IMAGE replaces CMD and is appended to ENTRYPOINT, as in Docker. */
export function askedOfProcess(typed: Typed, image: ImageSettings): ContainerOptions {
  const user = parseUser(valueOf(typed, 'user') ?? (image.User || undefined))
  const cwd = workdir(valueOf(typed, 'workdir') ?? (image.WorkingDir || undefined))
  const name = valueOf(typed, 'name')
  if (name !== undefined) checkName(name)
  const hostname = parseHostname(valueOf(typed, 'hostname'))
  return {
    argv: argvOf(typed.words, image),
    env: environment(typed, image, user),
    network: valueOf(typed, 'network') ?? 'none',
    rm: typed.switches.has('rm'),
    ...(cwd === undefined ? {} : { cwd }),
    ...(user ? { user } : {}),
    ...(name === undefined ? {} : { name }),
    ...(hostname === undefined ? {} : { hostname }),
  }
}

function argvOf(command: string[], { Entrypoint, Cmd }: ImageSettings): string[] {
  const argv = [...(Entrypoint ?? []), ...(command.length > 0 ? command : (Cmd ?? []))]
  if (argv.length === 0) throw new UsageError('no command given, and the image names none')
  if (argv[0] === '') throw new UsageError('the command is an empty word')
  return argv
}

/** Docker's default, which is also where busybox has its commands. */
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The defaults, then the image's variables, then the flags'; the last of a name counts. */
function environment(
  { values, switches }: Typed,
  image: ImageSettings,
  user: User | undefined,
): string[] {
  const variables = new Map<string, string>([['PATH', defaultPath]])
  if (switches.has('tty')) variables.set('TERM', 'xterm')
  variables.set('HOME', user && user.uid !== 0 ? '/' : '/root')
  for (const entry of [...(image.Env ?? []), ...(values.get('env') ?? [])]) {
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

function workdir(text: string | undefined): string | undefined {
  if (text === undefined || text.startsWith('/')) return text
  throw new UsageError(`invalid working directory '${text}': it begins with /`)
}

function parseHostname(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (/^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/.test(text)) return text
  throw new UsageError(`invalid hostname '${text}': letters, digits, '-' and '.', at most 64`)
}
