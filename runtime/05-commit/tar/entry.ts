/** Reads tar headers: one header and the extended headers before it become an entry. */
import { fromBytes } from '../../bytes.ts'
import { decodeTime, farthest, recordText, unescapeKey, xattrPrefix, type Records } from './pax.ts'
import { sparseOf, type Sparse } from './sparse.ts'
import { checksumOf, damaged, fields, typeflags } from './tar.ts'
import type { Entry, EntryType, Field, Xattr } from './tar.ts'

/** The header of a file, and what the entries before it of types g, x, L and K add to it. */
export interface RawHeader {
  header: Buffer
  /** From entries of type g; they apply to all files that follow. */
  global: Records
  /** From an entry of type x; they apply to this file only and win over `global`. */
  records?: Records
  /** From an entry of type L, GNU's long name. */
  path?: string
  /** From an entry of type K, GNU's long link name. */
  target?: string
}

/** A parsed header. */
export interface Header {
  entry: Entry
  /** Bytes of content in the archive; less than the entry's size if the file has holes. */
  stored: number
  sparse?: Sparse
}

/**
 * Parse a header. An extended record wins over a GNU long name, and that over the header's field:
 * the order in which GNU tar and Go decide. Throws if a field cannot belong to any file.
 */
export function readHeader({ header, ...extra }: RawHeader): Header {
  const records = [...extra.global, ...(extra.records ?? [])]
  const find = (key: string) => records.findLast(([each]) => each === key)?.[1]
  const text = (key: string) => recordText(find(key) ?? Buffer.alloc(0))
  const number = (key: 'uid' | 'gid' | 'size') => {
    const value = find(key)
    return value ? decimal(value) : numberIn(header, fields[key])
  }
  const sparse = sparseOf(extra.records ?? [])
  const name = sparse?.name || text('path') || extra.path || nameIn(header)
  const type = typeIn(header, name)
  const stored = type === 'file' ? natural(number('size')) : 0
  const mtime = find('mtime')
  const isLink = type === 'symlink' || type === 'hardlink'
  const isDevice = type === 'character' || type === 'block'
  const linkname = () => text('linkpath') || extra.target || stringIn(header, fields.linkname)
  const target = isLink ? linkname() : ''
  if (!name) throw damaged('an entry without a name')
  if (isLink && !target) throw damaged(`a link without a target: ${name}`)
  const entry: Entry = {
    path: name.replace(/\/+$/, ''),
    type,
    mode: numberIn(header, fields.mode) & 0o7777,
    uid: idOf(number('uid')),
    gid: idOf(number('gid')),
    size: type === 'file' ? (sparse?.size ?? stored) : 0,
    mtimeNs: mtime
      ? decodeTime(mtime.toString('latin1'))
      : BigInt(timeIn(header)) * 1_000_000_000n,
    target,
    device: isDevice ? deviceIn(header, name) : { major: 0, minor: 0 },
    xattrs: xattrsOf(records),
  }
  return { entry, stored, ...(sparse && type === 'file' ? { sparse } : {}) }
}

/**
 * Merge the `records` of an entry of type g into the global records `before` it. Only uid, gid and
 * mtime are kept. A name or a size for all files would be nonsense, and is refused.
 */
export function globalOf(before: Records, records: Records): Records {
  const wrong = records.find(([key]) => /^(path|linkpath|size|GNU\.sparse\..*)$/.test(key))
  if (wrong) throw damaged(`a global header that sets '${wrong[0]}' for every file`)
  const all = [...before, ...records].filter(([key]) => /^(uid|gid|mtime)$/.test(key))
  return [...new Map(all)]
}

/**
 * Throws if the checksum is wrong. Two sums are accepted, as POSIX asks of readers: early tars
 * added the bytes as signed numbers, so each byte from 128 on counts 256 less.
 */
export function verifyChecksum(header: Buffer): void {
  const recorded = numberIn(header, fields.checksum)
  const sum = checksumOf(header)
  if (recorded === sum) return
  const negative = header.reduce((count, byte) => count + (byte >> 7), 0)
  if (recorded !== sum - 256 * negative) throw damaged('a header with a wrong checksum')
}

/** The type of the entry, one character; see `typeflags`. */
export function typeflagIn(header: Buffer): string {
  return header.toString('latin1', fields.typeflag[0], fields.typeflag[0] + 1)
}

/** Bytes of content, from the header alone. */
export function sizeIn(header: Buffer): number {
  return natural(numberIn(header, fields.size))
}

/**
 * The number in a field: octal digits, with spaces and NULs around them. If the first bit is set,
 * the rest of the field is a big-endian two's complement number ("base-256" in GNU tar's manual).
 */
export function numberIn(block: Buffer, [offset, width]: Field): number {
  const end = offset + width
  if ((block[offset] ?? 0) & 0x80) return binaryIn(block.subarray(offset, end))
  let at = offset
  let value = 0
  while (at < end && isBlank(block[at])) at++
  for (let digit = 0; at < end; at++) {
    digit = (block[at] ?? 0) - 0x30
    if (digit < 0 || digit > 7) break
    value = value * 8 + digit
  }
  while (at < end) if (!isBlank(block[at++])) throw damaged('a field that is not a number')
  return value
}

/** Seconds since 1970; of a time that is further away than any clock counts, the farthest. */
function timeIn(header: Buffer): number {
  const [offset, width] = fields.mtime
  const bytes = header.subarray(offset, offset + width)
  if (((bytes[0] ?? 0) & 0x80) === 0) return numberIn(header, fields.mtime)
  const value = Number(bigIntIn(bytes))
  return Math.max(-farthest, Math.min(value, farthest))
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0
}

function binaryIn(bytes: Buffer): number {
  const value = Number(bigIntIn(bytes))
  if (!Number.isSafeInteger(value)) throw damaged('a number that is too large')
  return value
}

function bigIntIn(bytes: Buffer): bigint {
  return BigInt.asIntN(8 * bytes.length - 1, BigInt(`0x${bytes.toString('hex')}`))
}

/** Only POSIX headers have a prefix; GNU headers (`ustar` and a space) have times in its place. */
function nameIn(header: Buffer): string {
  const name = stringIn(header, fields.name)
  const isPosix = header.toString('latin1', fields.magic[0], fields.magic[0] + 6) === 'ustar\0'
  const prefix = isPosix ? stringIn(header, fields.prefix) : ''
  return prefix ? `${prefix}/${name}` : name
}

function stringIn(header: Buffer, [offset, width]: Field): string {
  return header[offset] === 0 ? '' : untilNul(header.subarray(offset, offset + width))
}

/** The bytes before the first NUL, as a string (bytes.ts). */
export function untilNul(bytes: Buffer): string {
  const nul = bytes.indexOf(0)
  return fromBytes(nul < 0 ? bytes : bytes.subarray(0, nul))
}

/**
 * The type of the entry. Type 7, a contiguous file, is read as an ordinary one, as POSIX allows.
 * Before POSIX there was no type for a directory: it was a file whose name ends with a slash.
 */
function typeIn(header: Buffer, name: string): EntryType {
  const flag = typeflagIn(header)
  if (/[\x0007S]/.test(flag)) return name.endsWith('/') && flag !== 'S' ? 'directory' : 'file'
  const type = types.get(flag)
  if (!type) throw damaged(`an entry of unknown type '${flag}': ${name}`)
  return type
}

const types = new Map<string, EntryType>(
  Object.entries(typeflags).map(([type, flag]) => [flag, type as EntryType]),
)

function xattrsOf(records: Records): Xattr[] {
  const found = new Map<string, Buffer>()
  for (const [key, value] of records)
    if (key.startsWith(xattrPrefix)) found.set(unescapeKey(key.slice(xattrPrefix.length)), value)
  return [...found].map(([name, value]) => ({ name, value }))
}

/** A user or group id. 2^32 - 1 is refused: to chown(2) it is -1, "do not change". */
function idOf(id: number): number {
  if (id < 0 || id >= 2 ** 32 - 1) throw damaged(`not a user or group id: ${id}`)
  return id
}

/**
 * The device that a node stands for. The kernel has 12 bits for a major and 20 for a minor number
 * (linux/kdev_t.h), and mknod(2) would cut what is larger: 4096:0 would become 0:0.
 */
function deviceIn(header: Buffer, name: string): Entry['device'] {
  const [major, minor] = [numberIn(header, fields.major), numberIn(header, fields.minor)]
  if (major < 0 || major >= 2 ** 12 || minor < 0 || minor >= 2 ** 20)
    throw damaged(`${name} is a device ${major}:${minor}, which Linux cannot have`)
  return { major, minor }
}

function decimal(value: Buffer): number {
  const text = value.toString('latin1')
  if (!/^\d{1,16}$/.test(text)) throw damaged(`not a number: '${text.slice(0, 40)}'`)
  return natural(Number(text))
}

function natural(value: number): number {
  if (value < 0 || !Number.isSafeInteger(value)) throw damaged(`not a size: ${value}`)
  return value
}
