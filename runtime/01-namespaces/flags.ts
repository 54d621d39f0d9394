/** The flags of `run` that chapter 1 brings, and what they and an image's settings ask for. */
import { posix } from 'node:path'
import type { ImageSettings } from '../chapter.ts'
import { UsageError, valueOf, type Flag, type Typed } from '../command-line.ts'
import { checkName } from '../container/names.ts'
import type { ContainerOptions } from '../options.ts'
import { askedVariables } from './environment.ts'
import { checkModes } from './modes.ts'

export const processFlags: Flag[] = [
  { long: 'interactive', short: 'i', text: 'keep standard input open' },
  { long: 'rm', text: 'remove the container when it ends' },
  { long: 'name', value: 'NAME', text: 'a name for the container' },
  { long: 'hostname', short: 'h', value: 'NAME', text: 'the name it sees for itself' },
  { long: 'domainname', value: 'NAME', text: 'its NIS domain name' },
  { long: 'env', short: 'e', value: 'K[=V]', many: true, text: 'set an environment variable' },
  { long: 'env-file', value: 'FILE', many: true, text: 'set those in a file, one a line' },
  { long: 'workdir', short: 'w', value: 'DIR', text: 'where the command starts' },
  { long: 'user', short: 'u', value: 'USER[:GROUP]', text: 'who runs it, by name or number' },
  { long: 'group-add', value: 'GROUP', many: true, text: 'a further group it is in' },
  { long: 'network', value: 'none|host', text: "a private network with only lo, or the host's" },
  { long: 'net', value: 'none|host', text: 'the same as --network' },
  { long: 'pid', value: 'host|container:X', text: "see the host's processes, or those of X" },
  { long: 'ipc', value: 'MODE', text: 'none, private, shareable, host or container:X' },
  { long: 'uts', value: 'host', text: 'have the name of the host' },
]

/** An empty value is as none: `-u "" -w ""` asks for nothing. */
export function given(typed: Pick<Typed, 'values'>, long: string): string | undefined {
  return valueOf(typed, long) || undefined
}

export function askedOfProcess(typed: Typed, image: ImageSettings): ContainerOptions {
  const asked = {
    cwd: workdir(typed, image),
    user: given(typed, 'user') ?? (image.User || undefined),
    groupAdd: typed.values.get('group-add'),
    name: given(typed, 'name'),
    hostname: given(typed, 'hostname'),
    domainname: given(typed, 'domainname'),
    pidMode: given(typed, 'pid'),
    ipcMode: given(typed, 'ipc'),
    utsMode: given(typed, 'uts'),
  }
  if (asked.name !== undefined) checkName(asked.name)
  checkNodeName('hostname', asked.hostname)
  checkNodeName('domainname', asked.domainname)
  checkModes(asked)
  const wanted = Object.entries(asked).filter(([, value]) => value !== undefined)
  const tty = typed.switches.has('tty') ? ['TERM=xterm'] : []
  return {
    argv: argvOf(typed, image),
    env: [...tty, ...askedVariables(typed, image)],
    ...network(typed),
    rm: typed.switches.has('rm'),
    ...(Object.fromEntries(wanted) as Partial<ContainerOptions>),
  }
}

/** The first one. Several of them may be networks that somebody has made. */
function network({ values }: Typed): Pick<ContainerOptions, 'network'> {
  const names = new Set([...(values.get('network') ?? []), ...(values.get('net') ?? [])])
  const [name, ...more] = names
  const isMade = [...names].some((each) => each !== 'none' && each !== 'host')
  if (more.length === 0 || isMade) return name === undefined ? {} : { network: name }
  throw new UsageError(`a container has one network, and this one has ${[...names].join(' and ')}`)
}

/** The command line of the container, in the two parts that an image's settings have it in. */
interface EntrypointAndCmd {
  Entrypoint: string[]
  Cmd: string[]
}

/**
 * What was typed after IMAGE replaces CMD and is appended to ENTRYPOINT; `--entrypoint` replaces
 * ENTRYPOINT, even by nothing, and the image's CMD is for the image's ENTRYPOINT only.
 */
export function entrypointAndCmd(
  typed: Typed,
  { Entrypoint, Cmd }: ImageSettings,
): EntrypointAndCmd {
  const entrypoint = valueOf(typed, 'entrypoint')
  const isOwn = entrypoint === undefined
  const own = isOwn ? (Entrypoint ?? []) : [entrypoint].filter((word) => word !== '')
  return {
    Entrypoint: own,
    Cmd: typed.words.length > 0 ? typed.words : isOwn ? (Cmd ?? []) : [],
  }
}

function argvOf(typed: Typed, image: ImageSettings): string[] {
  const { Entrypoint, Cmd } = entrypointAndCmd(typed, image)
  const argv = [...Entrypoint, ...Cmd]
  if (argv.length === 0) throw new UsageError('no command given, and the image names none')
  if (argv[0] === '') throw new UsageError('the command is an empty word')
  return argv
}

/** The longest path that a system call takes, and the longest name in it (limits.h). */
const [pathMax, nameMax] = [4095, 255]

/**
 * The working directory that the flag or else the image names, in its shortest form, as in Docker:
 * `/nope/../tmp/` is `/tmp`, and no `/nope` is made. A long one may be an image's, so it is not
 * printed.
 */
export function workdir(typed: Typed, image: ImageSettings): string | undefined {
  const text = given(typed, 'workdir') ?? image.WorkingDir
  if (!text) return undefined
  const length = Buffer.byteLength(text)
  if (length > pathMax)
    throw new UsageError(`invalid working directory: ${length} bytes, over ${pathMax}`)
  const long = text.split('/').find((name) => Buffer.byteLength(name) > nameMax)
  if (long !== undefined)
    throw new UsageError(`invalid working directory: a name in it has over ${nameMax} bytes`)
  if (!text.startsWith('/'))
    throw new UsageError(`invalid working directory '${text}': it begins with /`)
  return posix.normalize(text).replace(/(?<=.)\/$/, '')
}

/** What uname(2) has room for. */
const longestName = 64

/**
 * The kernel takes any bytes, and so does Docker. A newline would add a line to /etc/hosts, and a
 * control character would reach the terminal on which the name is printed.
 */
function checkNodeName(flag: string, name: string | undefined): void {
  if (name === undefined) return
  if (Buffer.byteLength(name) <= longestName && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name)) return
  throw new UsageError(
    `invalid ${flag} '${name}': at most ${longestName} bytes, and no control characters`,
  )
}
