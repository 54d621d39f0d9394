/** Chapter 1. Plans as bytes: what the native program reads. */
import { toBytes } from './bytes.ts'
import type { Call, Step } from './step.ts'
import { kindsOf } from './strace.ts'

/**
 * What is asked of the native program beside the plan: `trace` reports every step, and waits for a
 * line on the socket before it becomes the command; `step` waits for one before each step. Without
 * either, only `fork` and a failure are reported.
 */
export type Mode = 'run' | 'trace' | 'step'

/**
 * One message: a header line `stepbox 1 <mode> <steps> <bytes>\n`, then for each step its name,
 * the errno it ignores (or nothing), and its arguments, each as `<length>:<kind><bytes>,` where
 * length counts the kind letter. A list is `l<count>` followed by so many items; NULL is `0`
 * alone.
 */
export function encode(plan: Step[], mode: Mode = 'run'): Buffer {
  const body: Body = { parts: [], ascii: '', length: 0 }
  for (const { call, ignoring } of plan) {
    const [name, ...values] = call
    const kinds = kindsOf(name)
    item(body, 'c', name)
    item(body, 'i', ignoring ?? '')
    values.forEach((value, at) => argument(body, kinds[at] ?? 's', value))
  }
  settle(body)
  if (body.length > mostBytes)
    throw new RangeError(`a plan may have ${mostBytes} bytes, and this one has ${body.length}`)
  const header = `stepbox 1 ${mode} ${plan.length} ${body.length}\n`
  return Buffer.concat([Buffer.from(header), ...body.parts])
}

/** The native program takes no more. */
const mostBytes = 2 ** 28

/** Plans of thousands of file calls are sent too: what is plain ASCII is gathered as text first. */
interface Body {
  parts: Uint8Array[]
  ascii: string
  /** Of `parts`, in bytes. */
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

function item(body: Body, kind: string, value: string | Uint8Array): void {
  if (typeof value === 'string' && kind === 's' && value.includes('\0'))
    throw new RangeError(`a NUL byte cannot be passed to a system call: ${JSON.stringify(value)}`)
  const isAscii = typeof value === 'string' && Buffer.byteLength(value) === value.length
  const bytes = typeof value === 'string' && !isAscii ? toBytes(value) : value
  body.ascii += `${bytes.length + 1}:${kind}`
  if (typeof bytes === 'string') body.ascii += bytes
  else {
    settle(body)
    body.parts.push(bytes)
    body.length += bytes.length
  }
  body.ascii += ','
}

function settle(body: Body): void {
  body.parts.push(Buffer.from(body.ascii, 'latin1'))
  body.length += body.ascii.length
  body.ascii = ''
}
