/** Calls in the notation of strace(1): how a plan is printed, traced and tested. */
import { toBytes } from './bytes.ts'
import { calls } from './call-table.ts'
import type { Call, CallName } from './calls.ts'
import { notations } from './notation.ts'
import { replaceUnseen } from './printable.ts'
import { messageIn } from './rtnetlink.ts'
import { sendtoInWords } from './rtnetlink-text.ts'
import type { Report } from './reports.ts'
import { placeInWords, type Step } from './step.ts'

/** One call as strace prints it, without its result: `mount("proc", "/proc", "proc", 0, NULL)`. */
export function strace(call: Call): string {
  if (call[0] === 'rtnetlink') return sendtoInWords(call[1], call[2])
  const [name, ...values] = call
  const kinds = kindsOf(name)
  const args = values.map((value, at) => format(value, kinds[at] ?? 's'))
  const notation = notations[name]
  return notation ? notation(args) : `${name}(${args.join(', ')})`
}

/** The name before the parenthesis, which is what people type: `ioctl` for every kind of ioctl. */
export function nameOf(call: Call): string {
  return /^\w+/.exec(strace(call))?.[0] ?? call[0]
}

/** As `nameOf`, where one call does many things: the kind of a message, or the program. */
export function ownNameOf(call: Call): string {
  if (call[0] === 'rtnetlink') return messageIn(call[2])?.type ?? nameOf(call)
  return call[0] === 'spawn' ? call[1] : nameOf(call)
}

/** Whether people mean this call when they type `typed`. */
export function isNamed(call: Call, typed: string): boolean {
  return typed === ownNameOf(call) || typed === nameOf(call)
}

/** A result as strace prints it: the mask that umask(2) returns in octal, others in decimal. */
export function resultOf(name: string, result: number): string {
  return format(result, name === 'umask' ? 'o' : 'n')
}

/** A failed step in two lines: the call with the name of its errno, and its place in the plan. */
export function failureInWords(plan: Step[], index: number, errno: string): string {
  const call = plan[index]?.call
  if (!call) return `step ${index + 1} failed: ${errno}`
  return `${shortened(call)} = ${errno}\n  ${placeInWords(plan, index)}`
}

/** The errno of a failed step, and what the kernel or a program has said of it. */
export function errnoInWords({ errno, answer }: Pick<Report, 'errno'> & { answer?: Buffer }) {
  const [said = ''] = answer?.toString('latin1').split('\n') ?? []
  const sentence = said.replaceAll(/[^ -~]/g, '?').slice(0, 200)
  return `${errno ?? 'no errno'}${sentence && ` (${sentence})`}`
}

/**
 * At most 100 characters; of an execvpe, whose environment is long, only the file, and of a message
 * only the command that would send it.
 */
function shortened(call: Call): string {
  const whole = strace(call)
  const text =
    call[0] === 'execvpe'
      ? `execvpe(${whole.slice(8).split(', ["')[0]}, …)`
      : whole.replace(/^(sendto\(\d+, )\[.*\) (?=\/\*)/, '$1…) ')
  return text.length <= 100 ? text : `${text.slice(0, 99)}…`
}

/** The kinds of a call's arguments, one letter each, without the `?`s. */
export function kindsOf(name: CallName): string[] {
  return kinds[name]
}

/** Split once, because a plan may have 50,000 steps. */
const kinds = Object.fromEntries(
  Object.entries(calls).map(([name, row]) => [name, [...row.kinds.replaceAll('?', '')]]),
) as Record<CallName, string[]>

/**
 * Bytes as a C string, escaped like strace does: the bytes of what cannot be seen in octal, with
 * leading zeros only if a digit follows. Printable UTF-8 stays as it is.
 */
export function quote(text: string): string {
  const body = replaceUnseen(text.replace(/["\\]/g, '\\$&'), (character, next = '') => {
    const isBeforeDigit = next >= '0' && next <= '7'
    const octal = (byte: number) => `\\${byte.toString(8).padStart(isBeforeDigit ? 3 : 1, '0')}`
    return escapes[character] ?? Array.from(toBytes(character), octal).join('')
  })
  return `"${body}"`
}

const escapes: Record<string, string> = {
  '\n': '\\n',
  '\t': '\\t',
  '\r': '\\r',
  '\v': '\\v',
  '\f': '\\f',
}

function format(value: Call[number] | undefined, kind: string): string {
  if (value === null || value === undefined) return 'NULL'
  if (value instanceof Uint8Array) return `/* ${value.length} bytes */`
  if (Array.isArray(value)) {
    if (kind === 'f') return value.length ? value.join('|') : '0'
    return `[${value.map((item) => format(item, typeof item === 'number' ? 'n' : 's')).join(', ')}]`
  }
  if (typeof value === 'string') return kind === 'f' ? value : quote(value)
  return kind === 'o' && value ? `0${value.toString(8)}` : String(value)
}
