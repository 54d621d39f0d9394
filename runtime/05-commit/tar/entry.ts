/** Chapter 5. What a header says of a file, with what extended headers said before it. */
import { fromBytes } from '../../bytes.ts'
import { decodeTime, unescapeKey, xattrPrefix, type Records } from './pax.ts'
import { sparseOf, type Sparse } from './sparse.ts'
import { checksumOf, damaged, fields, typeflags } from './tar.ts'
import type { Entry, EntryType, Field, Xattr } from './tar.ts'

/** A header, and what entries of types g, x, L and K said before it. */
export interface Said {
  header: Buffer
  global: Records
  records?: Records
  path?: string
  target?: string
}

/** A header understood: the entry, and how many bytes of content the archive holds for it. */
export interface Header {
  entry: Entry
  stored: number
  sparse?: Sparse
}

/** Understand a header. Throws on what no file can be. */
export function readHeader({ header, ...said }: Said): Header {
  const records = [...said.global, ...(said.records ?? [])]
  const find = (key: string) => records.findLast(([each]) => each === key)?.[1]
  const text = (key: string) => textOf(find(key) ?? Buffer.alloc(0))
  const number = (key: 'uid' | 'gid' | 'size') => {
    const value = find(key)
    return value ? decimal(value) : numberIn(header, fields[key])
  }
  const sparse = sparseOf(said.records ?? [])
  const name = sparse?.name || text('path') || said.path || nameIn(header)
  const type = typeIn(header, name)
  const stored = type === 'file' ? natural(number('size')) : 0
  const mtime = find('mtime')
  const isLink = type === 'symlink' || type === 'hardlink'
  const isDevice = type === 'character' || type === 'block'
  const target = isLink ? text('linkpath') || said.target || stringIn(header, fields.linkname) : ''
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
      : BigInt(numberIn(header, fields.mtime)) * 1_000_000_000n,
    target,
    device: {
      major: isDevice ? numberIn(header, fields.major) : 0,
      minor: isDevice ? numberIn(header, fields.minor) : 0,
    },
    xattrs: xattrsOf(records),
  }
  return { entry, stored, ...(sparse && type === 'file' ? { sparse } : {}) }
}

/** What g entries say of all entries after them; `records` are of the newest. */
export function globalOf(before: Records, records: Records): Records {
  const wrong = records.find(([key]) => /^(path|linkpath|size|GNU\.sparse\..*)$/.test(key))
  if (wrong) throw damaged(`a global header that says '${wrong[0]}' of every file`)
  const all = [...before, ...records].filter(([key]) => /^(uid|gid|mtime)$/.test(key))
  return [...new Map(all)]
}

/** Both sums are in use: early tars added the bytes as signed numbers. */
export function verifyChecksum(header: Buffer): void {
  const told = numberIn(header, fields.checksum)
  const sum = checksumOf(header)
  if (told === sum) return
  const above = header.reduce((count, byte) => count + (byte >> 7), 0)
  if (told !== sum - 256 * above) throw damaged('a header with a wrong checksum')
}

export function typeflagIn(header: Buffer): string {
  return header.toString('latin1', fields.typeflag[0], fields.typeflag[0] + 1)
}

export function sizeIn(header: Buffer): number {
  return natural(numberIn(header, fields.size))
}

/**
 * Octal digits among spaces and NULs; or, where they do not suffice and the first bit is set, the
 * number itself, as big-endian two's complement after that bit (GNU's "base-256").
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

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0
}

function binaryIn(bytes: Buffer): number {
  const value = BigInt.asIntN(8 * bytes.length - 1, BigInt(`0x${bytes.toString('hex')}`))
  if (!Number.isSafeInteger(Number(value))) throw damaged('a number that is too large')
  return Number(value)
}

/** Only POSIX headers have a prefix there; GNU's, which say `ustar` and a space, have times. */
function nameIn(header: Buffer): string {
  const name = stringIn(header, fields.name)
  const isPosix = header.toString('latin1', fields.magic[0], fields.magic[0] + 6) === 'ustar\0'
  const prefix = isPosix ? stringIn(header, fields.prefix) : ''
  return prefix ? `${prefix}/${name}` : name
}

function stringIn(header: Buffer, [offset, width]: Field): string {
  return header[offset] === 0 ? '' : untilNul(header.subarray(offset, offset + width))
}

/** Bytes as text, up to a NUL. */
export function untilNul(bytes: Buffer): string {
  const nul = bytes.indexOf(0)
  return fromBytes(nul < 0 ? bytes : bytes.subarray(0, nul))
}

function textOf(bytes: Buffer): string {
  if (bytes.includes(0)) throw damaged('a name with a NUL byte in it')
  return fromBytes(bytes)
}

/**
 * Before POSIX, a directory was a file whose name ends in a slash; contiguous files are files here.
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

/** The last id, -1, is no user: chown(2) takes it for "leave as it is". */
function idOf(id: number): number {
  if (id < 0 || id >= 2 ** 32 - 1) throw damaged(`no id of a user or group: ${id}`)
  return id
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
