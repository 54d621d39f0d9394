/** Extended headers: records `<length> <key>=<value>` for what does not fit into a header. */
import { fromBytes, toBytes } from '../../bytes.ts'
import { damaged } from './tar.ts'

/** The records of one header. A list, not a map: GNU tar's sparse form 0.0 repeats its keys. */
export type Records = [key: string, value: Buffer][]

/** The key of an extended attribute is this prefix and the name: star's form, as in GNU tar. */
export const xattrPrefix = 'SCHILY.xattr.'

/** Most bytes of an extended header. It is held in memory, so larger ones are refused. */
export const largestExtension = 2 ** 20

/**
 * One record, a character for each byte. The length at its start counts the whole record, and so
 * its own digits too: one more digit may be needed for that (POSIX, "pax Extended Header").
 */
export function encodeRecord(key: string, value: string | Uint8Array): string {
  const rest = ` ${binary(key)}=${binary(value)}\n`
  const length = rest.length + String(rest.length).length
  return (rest.length + String(length).length > length ? length + 1 : length) + rest
}

/** Bytes as a string with one character for each byte (Latin-1). */
export function binary(value: string | Uint8Array): string {
  if (typeof value !== 'string') return Buffer.from(value).toString('latin1')
  return /^[\x00-\x7f]*$/.test(value) ? value : toBytes(value).toString('latin1')
}

/** The records of an extended header. Throws if `bytes` is not a sequence of records. */
export function decodeRecords(bytes: Buffer): Records {
  const records: Records = []
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at)
    const digits = bytes.toString('latin1', at, space < 0 ? at : Math.min(space, at + 8))
    const end = /^[1-9]\d{0,6}$/.test(digits) ? at + Number(digits) : 0
    const equals = bytes.indexOf(61, space)
    if (end <= equals || equals <= space + 1 || bytes[end - 1] !== 10)
      throw damaged('an extended header that is not made of records')
    const key = recordText(bytes.subarray(space + 1, equals))
    records.push([key, bytes.subarray(equals + 1, end - 1)])
    at = end
  }
  return records
}

/** Bytes of a record as a name; refused if it has a NUL, where the kernel would cut it off. */
export function recordText(bytes: Buffer): string {
  if (bytes.includes(0)) throw damaged('a name with a NUL byte in it')
  return fromBytes(bytes)
}

/** Seconds since 1970 as decimal text: `1700000000.000000001`; `-0.5` is before 1970. */
export function encodeTime(ns: bigint): string {
  const size = ns < 0n ? -ns : ns
  const fraction = String(size % billion).padStart(9, '0').replace(/0+$/, '')
  return `${ns < 0n ? '-' : ''}${size / billion}${fraction ? `.${fraction}` : ''}`
}

/**
 * Nanoseconds since 1970. Digits after the ninth are dropped; a time that is further away than any
 * clock counts, as the farthest.
 */
export function decodeTime(text: string): bigint {
  const [, sign, digits, fraction = ''] = /^(-?)0*(\d+)(?:\.(\d*))?$/.exec(text) ?? []
  if (digits === undefined) throw damaged(`a time that is not a number: '${text.slice(0, 40)}'`)
  const seconds = digits.length > 16 ? farthest : Math.min(Number(digits), farthest)
  const size = BigInt(seconds) * billion + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
  return sign ? -size : size
}

/** Seconds. The kernel's have 64 bits, and a file system's fewer: it takes its own last one. */
export const farthest: number = 2 ** 53 - 1

const billion = 1_000_000_000n

/** The name of an attribute inside a key, which ends at the first `=`: escaped as in GNU tar. */
export function escapeKey(name: string): string {
  return name.replaceAll('%', '%25').replaceAll('=', '%3D')
}

/** The name that `escapeKey` was given. */
export function unescapeKey(key: string): string {
  return key.replaceAll('%3D', '=').replaceAll('%25', '%')
}
