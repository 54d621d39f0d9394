/** Plans as bytes: the format that the native program reads. */
import { toBytes } from './bytes.ts'
import type { Call } from './calls.ts'
import type { Step } from './step.ts'
import { kindsOf } from './strace.ts'

/**
 * How the native program carries out a plan. `run` reports forks, answers and failures. `trace`
 * reports every step, and waits for a line on the socket before it executes the command. `step`
 * also waits for one before every other step.
 */
export type Mode = 'run' | 'trace' | 'step'

/**
 * A plan as one message: a header line `stepbox 1 <mode> <steps> <bytes>\n`, then for each step the
 * call (kind `c`), the errno to ignore or an empty text (`i`), and the arguments. Each of these is
 * `<length>:<kind><bytes>,`, and length includes the kind. A list is `l<count>` followed by that
 * number of items; NULL is `0` without bytes.
 *
 * It lies in `room`, which can be used again when the message was sent. With `keys`, the header
 * ends with ` keys <two hexadecimal digits for each>`: on a terminal, they let go of the container.
 *
 * Throws a RangeError if a text contains a NUL byte, or if the plan is larger than 256 MiB.
 */
export function encode(
  plan: Step[],
  mode: Mode = 'run',
  { room = newRoom(2 ** 12), keys = new Uint8Array() }: Extra = {},
): Buffer {
  const body: Body = { room, ascii: '', length: mostHeader }
  for (const { call, ignoring } of plan) {
    const [name] = call
    const kinds = kindsOf(name)
    item(body, 'c', name)
    item(body, 'i', ignoring ?? '')
    for (let at = 1; at < call.length; at++) argument(body, kinds[at - 1] ?? 's', call[at])
    if (body.ascii.length > 2 ** 12) settle(body)
  }
  settle(body)
  const bytes = body.length - mostHeader
  if (bytes > mostBytes)
    throw new RangeError(`a plan may have ${mostBytes} bytes, and this one has ${bytes}`)
  const more = keys.length > 0 ? ` keys ${Buffer.from(keys).toString('hex')}` : ''
  const header = `stepbox 1 ${mode} ${plan.length} ${bytes}${more}\n`
  room.memory.write(header, mostHeader - header.length, 'latin1')
  return room.memory.subarray(mostHeader - header.length, body.length)
}

interface Extra {
  room?: Room
  /** Detach keys, at most `mostKeys`. */
  keys?: Uint8Array
}

/** KEYS in native/stepbox.h. */
export const mostKeys = 32

/** Memory for one message after another: new memory for each would cost more than to fill it. */
export interface Room {
  memory: Buffer
}

export function newRoom(size: number): Room {
  return { memory: Buffer.allocUnsafeSlow(size) }
}

/** The header is written last, when the length is known, and ends where the body begins. */
const mostHeader = 64 + 2 * mostKeys

/** MAX_BYTES in native/plan.c. */
const mostBytes = 2 ** 28

/**
 * A message in the making. ASCII is collected as text and converted in one go: a layer is unpacked
 * by plans of thousands of steps, where a Buffer for each item would take most of the time.
 */
interface Body {
  room: Room
  ascii: string
  /** How much of the room is used. */
  length: number
}

function argument(body: Body, kind: string, value: Call[number] | undefined): void {
  if (value === null || value === undefined) item(body, '0', '')
  else if (kind === 'l' && Array.isArray(value)) {
    item(body, 'l', String(value.length))
    for (const each of value) item(body, 's', String(each))
  } else if (Array.isArray(value)) item(body, 'f', value.join('|'))
  else if (value instanceof Uint8Array) item(body, kind, value)
  else item(body, kind === 'o' ? 'n' : kind, String(value))
}

/** One item. A text with a NUL would reach the kernel cut off, as another path. */
function item(body: Body, kind: string, value: string | Uint8Array): void {
  if (typeof value === 'string' && kind === 's' && value.includes('\0'))
    throw new RangeError(`a NUL byte cannot be passed to a system call: ${JSON.stringify(value)}`)
  const isAscii = typeof value === 'string' && Buffer.byteLength(value) === value.length
  const bytes = typeof value === 'string' && !isAscii ? toBytes(value) : value
  body.ascii += `${bytes.length + 1}:${kind}`
  if (typeof bytes === 'string') body.ascii += bytes
  else {
    settle(body)
    grow(body, bytes.length).set(bytes, body.length - bytes.length)
  }
  body.ascii += ','
}

/** Convert the collected text. It is ASCII, for which latin1 is the fastest encoder. */
function settle(body: Body): void {
  const { length } = body.ascii
  grow(body, length).write(body.ascii, body.length - length, 'latin1')
  body.ascii = ''
}

/** Count `length` bytes more, and give memory that has room for them at its end. */
function grow(body: Body, length: number): Buffer {
  const { room } = body
  body.length += length
  if (body.length > room.memory.length) {
    const larger = newRoom(2 * body.length)
    room.memory.copy(larger.memory)
    room.memory = larger.memory
  }
  return room.memory
}
