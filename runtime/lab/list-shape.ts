/**
 * Whether a value that came as JSON is a list of steps at all: calls that exist, with as many
 * arguments as they take, each of its kind, and no flag but the call's own. What the calls may do
 * is in list-policy.ts.
 */
import { calls } from '../call-table.ts'
import type { Call, CallName } from '../calls.ts'
import { printable } from '../printable.ts'
import { sentence, speaker, type Sentence } from '../sentence.ts'
import type { Ignorable, Step } from '../step.ts'

/** The list cannot be carried out: it is no list of steps, or asks for what no list may. */
export class RefusedList extends Error {
  readonly said: Sentence
  /** The step that may not be made, where it is one that a list could have. */
  readonly at: { step: number; call: string } | undefined
  constructor(said: Sentence, at?: RefusedList['at']) {
    super(`${at ? `step ${at.step}, ${at.call}: ` : ''}${speaker('en', [])(said)}`)
    this.said = said
    this.at = at
  }
}

const mostSteps = 500

/** The steps, with nothing in them but what a step has. Throws a RefusedList. */
export function stepsFrom(value: unknown): Step[] {
  if (!Array.isArray(value))
    throw new RefusedList(sentence('plan() gives {what}, not a list', { what: inShort(value) }))
  if (value.length > mostSteps)
    throw new RefusedList(sentence('a list of {n} steps', { n: value.length }))
  return value.map((step: unknown, at) => stepFrom(step, at + 1))
}

function stepFrom(value: unknown, step: number): Step {
  const what = inShort(value)
  if (typeof value !== 'object' || value === null)
    throw new RefusedList(sentence('step {step} is {what}, and not a step', { step, what }))
  const { call, why, chapter, ignoring } = value as Partial<Record<keyof Step, unknown>>
  if (!Array.isArray(call))
    throw new RefusedList(sentence('step {step} has no call: {what}', { step, what }))
  const found: Step = {
    chapter: isNumber(chapter) ? chapter : 0,
    call: callFrom(call, step),
    why: typeof why === 'string' ? why.slice(0, 500) : '',
  }
  if (ignoring === undefined) return found
  if (!isIgnorable(ignoring, found.call[0])) {
    const values = { step, name: found.call[0], what: inShort(ignoring) }
    throw new RefusedList(sentence('step {step}: {name} may not ignore {what}', values))
  }
  return { ...found, ignoring }
}

function callFrom([name, ...args]: unknown[], step: number): Call {
  if (typeof name !== 'string' || !Object.hasOwn(calls, name)) {
    const values = { step, what: inShort(name) }
    throw new RefusedList(sentence('step {step} makes a call that does not exist: {what}', values))
  }
  const kinds = calls[name as CallName].kinds.match(/\w\??/g) ?? []
  if (args.length !== kinds.length) {
    const values = { step, name, n: args.length, most: kinds.length }
    throw new RefusedList(
      sentence('step {step} gives {name} {n} arguments; it takes {most}', values),
    )
  }
  args.forEach((arg, at) => {
    if (isOfKind(arg, kinds[at] ?? '', name as CallName)) return
    const values = { step, name, what: inShort(arg), at: at + 1 }
    throw new RefusedList(sentence('step {step} gives {name} {what} as argument {at}', values))
  })
  return [name, ...args.map((arg) => bytesIn(arg) ?? arg)] as Call
}

/** Bytes come as JSON has a Buffer. */
function bytesIn(value: unknown): Buffer | undefined {
  const { type, data } = Object(value) as Record<string, unknown>
  const isBytes = type === 'Buffer' && Array.isArray(data) && data.length <= mostBytes
  const isByte = (each: unknown) => Number.isInteger(each) && (each as number) >>> 8 === 0
  return isBytes && data.every(isByte) ? Buffer.from(data as number[]) : undefined
}

const ignorable: readonly unknown[] = [
  ...['EEXIST', 'ENOENT', 'EINVAL', 'EACCES', 'EPERM', 'ESRCH', 'ENODEV'],
]

/** The path of a later step means something else if one of these has not been made. */
const decisive: CallName[] = [
  ...(['chdir', 'chroot', 'pivot_root', 'open', 'dup2', 'pipe2'] as const),
  ...(['fork', 'supervise', 'init'] as const),
]

function isIgnorable(errno: unknown, name: CallName): errno is Ignorable {
  return ignorable.includes(errno) && !decisive.includes(name)
}

const mostText = 4096
const mostBytes = 2 ** 16

function isOfKind(value: unknown, kind: string, name: CallName): boolean {
  if (kind.endsWith('?') && value === null) return true
  if (kind[0] === 's') return isText(value)
  if (kind[0] === 'n' || kind[0] === 'o') return isNumber(value)
  if (kind[0] === 'b') return bytesIn(value) !== undefined
  if (kind[0] === 'l')
    return Array.isArray(value) && value.length <= 256 && value.every((each) => isItem(each))
  const known = flags[name] ?? /^[A-Z][A-Z0-9_]*$/
  const all: unknown[] = Array.isArray(value) ? value : [value]
  return kind[0] === 'f' && all.every((each) => typeof each === 'string' && known.test(each))
}

const isItem = (value: unknown) => isText(value) || isNumber(value)

/** A lone surrogate is how a byte that is no UTF-8 is written here: no list needs one. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= mostText && !/[\0\p{Cs}]/u.test(value)
}

/** -1 stands for "no limit", and -100 is AT_FDCWD. */
function isNumber(value: unknown): value is number {
  if (value === -100) return true
  return Number.isSafeInteger(value) && (value as number) >= -1 && (value as number) < 2 ** 32
}

/**
 * The flags and constants of each call. The native program knows all names in one table, and there
 * the number of one call's flag is another's: S_IFIFO is MS_BIND.
 */
const flags: { [Name in CallName]?: RegExp } = {
  close_range: /^CLOSE_RANGE_\w+$/,
  unshare: /^CLONE_NEW\w+$/,
  supervise: /^RESTART_\w+$/,
  setns: /^CLONE_NEW\w+$/,
  prctl: /^(PR_SET_PDEATHSIG|SIGKILL)$/,
  mount: /^MS_\w+$/,
  keyctl: /^KEYCTL_JOIN_SESSION_KEYRING$/,
  setrlimit_soft: /^RLIMIT_\w+$/,
  setrlimit: /^RLIMIT_\w+$/,
  sched_setattr: /^SCHED_OTHER$/,
  ioprio_set: /^IOPRIO_\w+$/,
  personality: /^(PER_LINUX|ADDR_NO_RANDOMIZE)$/,
  ioctl_ifflags: /^IFF_UP$/,
  umount2: /^MNT_DETACH$/,
  mknod: /^S_IF\w+$/,
  pipe2: /^(STD(IN|OUT|ERR)_FILENO|O_CLOEXEC)$/,
  open: /^O_\w+$/,
  openat2: /^(O|RESOLVE)_\w+$/,
  open_tree_as: /^(OPEN_TREE_\w+|AT_RECURSIVE)$/,
  mount_setattr_tree: /^(AT_RECURSIVE|MOUNT_ATTR_\w+|MS_(PRIVATE|SLAVE|SHARED))$/,
}

function inShort(value: unknown): string {
  return printable(JSON.stringify(value, abridged)?.slice(0, 80) ?? String(value))
}

/** Of a large value only the beginning is looked at. */
function abridged(this: unknown, _: string, value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, 80)
  return Array.isArray(value) ? value.slice(0, 20) : value
}
