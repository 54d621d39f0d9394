/** Chapter 1. Plans as bytes: what the native program reads. */
import { toBytes } from './bytes.ts'
import type { Call, Step } from './step.ts'
import { kindsOf } from './strace.ts'

/**
 * What is asked of the native program beside the plan: `trace` reports every step, `step` waits for a
 * line on the socket before each. Without either, only `fork` and a failure are reported.
 */
export type Mode = 'run' | 'trace' | 'step'

/**
 * One message: a header line `stepbox 1 <mode> <steps> <bytes>\n`, then for each step its name, the errno
 * it ignores (or nothing), and its arguments, each as `<length>:<kind><bytes>,` where length
 * counts the kind letter. A list is `l<count>` followed by so many items; NULL is `0` alone.
 */
export function encode(plan: Step[], mode: Mode = 'run'): Buffer {
  const parts: Buffer[] = []
  for (const { call, ignoring } of plan) {
    const [name, ...values] = call
    const kinds = kindsOf(name)
    item(parts, 'c', name)
    item(parts, 'i', ignoring ?? '')
    values.forEach((value, at) => argument(parts, kinds[at] ?? 's', value))
  }
  const body = Buffer.concat(parts)
  const header = `stepbox 1 ${mode} ${plan.length} ${body.length}\n`
  return Buffer.concat([Buffer.from(header), body])
}

function argument(parts: Buffer[], kind: string, value: Call[number] | undefined): void {
  if (value === null || value === undefined) item(parts, '0', '')
  else if (kind === 'l' && Array.isArray(value)) {
    item(parts, 'l', String(value.length))
    for (const each of value) item(parts, 's', String(each))
  } else if (Array.isArray(value)) item(parts, 'f', value.join('|'))
  else if (value instanceof Uint8Array) item(parts, 's', value)
  else item(parts, kind === 'o' ? 'n' : kind, String(value))
}

function item(parts: Buffer[], kind: string, value: string | Uint8Array): void {
  const bytes = typeof value === 'string' ? toBytes(value) : value
  const framed = Buffer.from(`${bytes.length + 1}:${kind}`)
  parts.push(framed, Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes), comma)
  if (kind === 's' && typeof value === 'string' && value.includes('\0'))
    throw new RangeError(`a NUL byte cannot be passed to a system call: ${JSON.stringify(value)}`)
}

const comma = Buffer.from(',')
