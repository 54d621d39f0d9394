/** Chapter 5. Extended headers: what does not fit into a header, as `<length> <key>=<value>`. */
import { fromBytes, toBytes } from '../../bytes.ts'
import { damaged } from './tar.ts'

/** In order: GNU tar's oldest form of sparse files repeats a key. */
export type Records = [key: string, value: Buffer][]

/**
 * The key of an extended attribute is this and its name; star(1) began it, Go and GNU tar follow.
 */
export const xattrPrefix = 'SCHILY.xattr.'

/** They are held in memory, so larger ones are refused, as in Go. */
export const largestExtension = 2 ** 20

/** One record, byte for character. Its length counts its own digits. */
export function encodeRecord(key: string, value: string | Uint8Array): string {
  const rest = ` ${binary(key)}=${binary(value)}\n`
  const length = rest.length + String(rest.length).length
  return (rest.length + String(length).length > length ? length + 1 : length) + rest
}

/** Bytes as a text in which each character stands for one of them. */
export function binary(value: string | Uint8Array): string {
  if (typeof value !== 'string') return Buffer.from(value).toString('latin1')
  return /^[\x00-\x7f]*$/.test(value) ? value : toBytes(value).toString('latin1')
}

/** The records of an extended header. Throws on anything that is not one. */
export function decodeRecords(bytes: Buffer): Records {
  const records: Records = []
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at)
    const digits = bytes.toString('latin1', at, space < 0 ? at : Math.min(space, at + 8))
    const end = /^[1-9]\d{0,6}$/.test(digits) ? at + Number(digits) : 0
    const equals = bytes.indexOf(61, space)
    if (end <= equals || equals <= space + 1 || bytes[end - 1] !== 10)
      throw damaged('an extended header that is not made of records')
    records.push([
      fromBytes(bytes.subarray(space + 1, equals)),
      bytes.subarray(equals + 1, end - 1),
    ])
    at = end
  }
  return records
}

/** `1700000000.000000001`, and `-0.5` for half a second before 1970. */
export function encodeTime(ns: bigint): string {
  const size = ns < 0n ? -ns : ns
  const fraction = String(size % billion).padStart(9, '0').replace(/0+$/, '')
  return `${ns < 0n ? '-' : ''}${size / billion}${fraction ? `.${fraction}` : ''}`
}

export function decodeTime(text: string): bigint {
  const [, sign, seconds, fraction = ''] = /^(-?)(\d{1,18})(?:\.(\d*))?$/.exec(text) ?? []
  if (seconds === undefined) throw damaged(`a time that is not a number: '${text.slice(0, 40)}'`)
  const size = BigInt(seconds) * billion + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
  return sign ? -size : size
}

const billion = 1_000_000_000n

/** A key ends at the first `=`, so GNU tar writes `=` and `%` in the name of an attribute so. */
export function escapeKey(name: string): string {
  return name.replaceAll('%', '%25').replaceAll('=', '%3D')
}

export function unescapeKey(key: string): string {
  return key.replaceAll('%3D', '=').replaceAll('%25', '%')
}
