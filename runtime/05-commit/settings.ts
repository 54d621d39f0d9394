/** The settings in an image's config, checked when a container is to start with them. */
import { posix } from 'node:path'
import type { ImageSettings } from '../chapter.ts'
import { shown } from './store/digest.ts'
import type { Image } from './store/image.ts'

/** PATH_MAX and NAME_MAX (limits.h), without the NUL. */
const longest = { path: 4095, name: 255 }

/** MAX_ARG_STRLEN of execve(2), without the NUL: 32 pages for a variable or an argument. */
const longestText = 32 * 4096 - 1

/** What execve(2) takes of arguments and variables together: a quarter of the usual stack. */
const longestTogether = 2 * 2 ** 20
const tooMuch = `makes a command line of more than ${longestTogether} bytes`

/** A user and a group, of LOGIN_NAME_MAX bytes each (useradd(8)), and a colon. */
const longestUser = 2 * 256 + 1

/**
 * How a container of `image` starts. An image is listed whatever its config says; here, where it is
 * used, a value that no system call could take is refused. Throws one line with the field.
 *
 * A variable without a value is left out. For `-e NAME` it would be the caller's own value, and an
 * image must not be able to ask for that: it could read any secret in the caller's environment.
 */
export function settingsOf({ name, config: { config } }: Image): ImageSettings {
  const { Entrypoint, Cmd, Env, User, WorkingDir, Labels, StopSignal } = config ?? {}
  const { Healthcheck, Shell, Volumes } = config ?? {}
  const refuse = (field: string, why: string | undefined) => {
    if (why) throw new Error(`image '${shown(name)}' cannot be used: its ${field} ${why}`)
  }
  let total = 0
  for (const [field, words] of Object.entries({ Entrypoint, Cmd, Env }))
    for (const word of words ?? []) {
      refuse(field, whyNoText(word, longestText))
      total += Buffer.byteLength(word) + 1
      if (total > longestTogether) refuse(field, tooMuch)
    }
  refuse('Healthcheck', whyNoCheck(Healthcheck))
  refuse('User', whyNoText(User ?? '', longestUser))
  refuse('WorkingDir', whyNoDirectory(WorkingDir || '/'))
  for (const place of Object.keys(Volumes ?? {})) refuse('Volumes', whyNoPlace(place))
  return {
    Entrypoint: Entrypoint ?? null,
    Cmd: Cmd ?? null,
    Env: Env?.filter((entry) => entry.indexOf('=') > 0) ?? null,
    User: User ?? null,
    WorkingDir: WorkingDir ?? null,
    ...(Labels ? { Labels } : {}),
    ...(StopSignal ? { StopSignal } : {}),
    ...(Healthcheck ? { Healthcheck } : {}),
    ...(Volumes ? { Volumes } : {}),
    ...(isWords(Shell) ? { Shell } : {}),
    ...(Volumes ? { Volumes } : {}),
  }
}

/** Why no system call takes `text`; undefined if one does. */
function whyNoText(text: string, most: number): string | undefined {
  const length = Buffer.byteLength(text)
  if (text.includes('\0')) return `has a NUL byte: ${JSON.stringify(shown(text))}`
  return length > most ? `has ${length} bytes; at most ${most}` : undefined
}

/** Why nothing can be checked like this; undefined if it can. */
function whyNoCheck(check: unknown): string | undefined {
  if (check === undefined || check === null) return undefined
  if (typeof check !== 'object') return `is ${typeof check}`
  const { Test = [], ...numbers } = check as Record<string, unknown>
  if (Test !== null && !isWords(Test)) return 'has no list of words as its Test'
  for (const word of Test ?? []) {
    const why = whyNoText(word, longestText)
    if (why) return why
  }
  const wrong = Object.entries(numbers).find(([, value]) => !isCount(value))
  return wrong && `has no number from 0 on as its ${shown(wrong[0])}`
}

function isWords(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 2 ** 63
}

/** A place for a volume may be relative: to the root, then. */
function whyNoPlace(place: string): string | undefined {
  if (posix.resolve('/', place) === '/') return `has '${shown(place)}', which is the root`
  return whyNoDirectory(posix.resolve('/', place))
}

function whyNoDirectory(path: string): string | undefined {
  if (!path.startsWith('/')) return `does not begin with /: '${shown(path)}'`
  const isLong = path.split('/').some((name) => Buffer.byteLength(name) > longest.name)
  if (isLong) return `has a name of more than ${longest.name} bytes`
  return whyNoText(path, longest.path)
}
