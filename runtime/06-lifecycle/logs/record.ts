/** A record of a log: a line of JSON, as Docker's json-file has it (native/log.c). */
import { toBytes } from '../../bytes.ts'

export interface LogRecord {
  /** The descriptor that it was written to: 1 is standard output, 2 is standard error. */
  fd: 1 | 2
  /** In UTC, with nine digits after the point: later times are greater strings. */
  time: string
  /** What was written, byte for byte. */
  bytes: Buffer
  /** Labels and variables, if the log was asked to keep some. */
  attributes: Record<string, string>
}

/** The record in a line; undefined for one that a crash or a full disk has cut, or that is none. */
export function recordIn(line: Buffer): LogRecord | undefined {
  let found: unknown
  try {
    found = JSON.parse(line.toString('utf8'))
  } catch {
    return undefined // ignoring: damaged, and the next line may be whole
  }
  if (typeof found !== 'object' || found === null) return undefined
  const { log, stream, time, attrs } = found as Record<string, unknown>
  if (typeof log !== 'string' || (stream !== 'stdout' && stream !== 'stderr')) return undefined
  const at = typeof time === 'string' ? wholeTime(time) : undefined
  if (at === undefined) return undefined
  const bytes = toBytes(log)
  return { fd: stream === 'stdout' ? 1 : 2, time: at, bytes, attributes: textsIn(attrs) }
}

/** `2026-11-29T00:34:01.0278Z` with all nine digits. */
function wholeTime(time: string): string | undefined {
  const [, second, fraction = ''] = timeShape.exec(time) ?? []
  return second === undefined ? undefined : `${second}.${fraction.padEnd(9, '0')}Z`
}

const timeShape = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/

const nothing = {}

function textsIn(attrs: unknown): Record<string, string> {
  if (typeof attrs !== 'object' || attrs === null) return nothing
  const entries = Object.entries(attrs).filter(([, value]) => typeof value === 'string')
  return Object.fromEntries(entries) as Record<string, string>
}

/** `BAR=a%2Cb,FOO=1`: attributes as Docker shows them, escaped as in the query of a URL. */
export function shownAttributes({ attributes }: LogRecord): string {
  const names = Object.keys(attributes).sort()
  return names.map((name) => `${escaped(name)}=${escaped(attributes[name] ?? '')}`).join(',')
}

function escaped(text: string): string {
  const plain = /[\w.~-]/
  const each = [...toBytes(text)].map((byte) => {
    const character = String.fromCharCode(byte)
    if (plain.test(character)) return character
    return character === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  })
  return each.join('')
}
