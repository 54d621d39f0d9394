/** Writes tar headers: the same entry always gives the same bytes. */
import { binary, encodeRecord, encodeTime, escapeKey } from './pax.ts'
import { largestExtension, xattrPrefix } from './pax.ts'
import { encodeMap } from './sparse.ts'
import { blockSize, fields, paddingOf, typeflags, type Entry, type Field } from './tar.ts'

/**
 * Everything that comes before the content of `entry`: an extended header if something does not fit
 * into the header, the header, and for a sparse file the map, after which the data of its extents
 * follow. Nothing is written that the entry does not say, so no user names, access or change times:
 * they would make two archives of the same tree differ. Throws if the attributes are too large, or
 * the numbers of a device.
 */
export function tarHeader(entry: Entry): Buffer {
  const map = entry.extents ? encodeMap(entry.extents, entry.size) : ''
  const data = entry.extents?.reduce((sum, { length }) => sum + length, 0) ?? entry.size
  const base = entry.path.slice(entry.path.lastIndexOf('/') + 1)
  const path = entry.type === 'directory' ? `${entry.path}/` : entry.path
  // The real name is in a record: a reader that does not know the form must not mistake the map
  // and the data for the file.
  const name = map ? `GNUSparseFile.0/${base}` : path
  const size = map.length + data
  const records = recordsOf(entry, name, size)
  if (records.length > largestExtension)
    throw new Error(`${entry.path} has more extended attributes than an archive can hold`)
  const { major, minor } = entry.device
  if (!fitsNumber(major, fields.major) || !fitsNumber(minor, fields.minor))
    throw new Error(`${entry.path} is a device ${major}:${minor}, which no header can hold`)
  const header = block(name, { size, typeflag: typeflags[entry.type] }, entry)
  if (!records) return Buffer.from(header + map, 'latin1')
  const about = { size: records.length, typeflag: 'x' }
  const extended = block(`PaxHeaders/${base}`, about, noAttributes)
  const padding = '\0'.repeat(paddingOf(records.length))
  return Buffer.from(extended + records + padding + header + map, 'latin1')
}

/** The end of an archive: two blocks of zeros. */
export const tarEnd: Buffer = Buffer.alloc(2 * blockSize)

/** What a header says about a file beside its name, type and size. */
type Attributes = Pick<Entry, 'mode' | 'uid' | 'gid' | 'mtimeNs' | 'target' | 'device'>

const device = { major: 0, minor: 0 }
const noAttributes: Attributes = { mode: 0o644, uid: 0, gid: 0, mtimeNs: 0n, target: '', device }

/** Records for what the fields of the header cannot hold; empty if they hold everything. */
function recordsOf(entry: Entry, name: string, size: number): string {
  let records = ''
  const add = (key: string, value: string | number | Uint8Array) =>
    (records += encodeRecord(key, typeof value === 'number' ? String(value) : value))
  if (entry.extents) {
    add('GNU.sparse.major', 1)
    add('GNU.sparse.minor', 0)
    add('GNU.sparse.name', entry.path)
    add('GNU.sparse.realsize', entry.size)
  } else if (!fitsText(name, fields.name)) add('path', name)
  if (!fitsText(entry.target, fields.linkname)) add('linkpath', entry.target)
  if (!fitsNumber(entry.uid, fields.uid)) add('uid', entry.uid)
  if (!fitsNumber(entry.gid, fields.gid)) add('gid', entry.gid)
  if (!fitsNumber(size, fields.size)) add('size', size)
  if (entry.mtimeNs % billion !== 0n || !fitsNumber(secondsOf(entry), fields.mtime))
    add('mtime', encodeTime(entry.mtimeNs))
  for (const { name: key, value } of entry.xattrs) add(xattrPrefix + escapeKey(key), value)
  return records
}

/** The number of bytes after a header, and what they are. */
interface ContentKind {
  size: number
  typeflag: string
}

/** A header, one character for each byte, in the order of `fields`. */
function block(name: string, { size, typeflag }: ContentKind, about: Attributes): string {
  const before =
    text(name, fields.name) +
    octal(about.mode, fields.mode) +
    octal(about.uid, fields.uid) +
    octal(about.gid, fields.gid) +
    octal(size, fields.size) +
    octal(secondsOf(about), fields.mtime)
  const after =
    typeflag +
    text(about.target, fields.linkname) +
    magic +
    ownerNames +
    octal(about.device.major, fields.major) +
    octal(about.device.minor, fields.minor) +
    noPrefix
  const sum = sumOf(before) + sumOf(after) + 8 * ' '.charCodeAt(0)
  return `${before}${sum.toString(8).padStart(6, '0')}\0 ${after}`
}

const magic = 'ustar\x0000'
/** Left empty, because the same id has another name on another machine. */
const ownerNames = '\0'.repeat(64)
const noPrefix = '\0'.repeat(blockSize - fields.prefix[0])

function sumOf(bytes: string): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at++) sum += bytes.charCodeAt(at)
  return sum
}

/** Only ASCII fits: a header does not say in which encoding other bytes are. */
function fitsText(value: string, [, width]: Field): boolean {
  return value.length <= width && /^[\x00-\x7f]*$/.test(value)
}

function text(value: string, [, width]: Field): string {
  return binary(value).slice(0, width).padEnd(width, '\0')
}

/** A field holds octal digits and a NUL. */
function fitsNumber(value: number, [, width]: Field): boolean {
  return value >= 0 && value.toString(8).length < width
}

function octal(value: number, field: Field): string {
  const digits = (fitsNumber(value, field) ? value : 0).toString(8)
  return `${digits.padStart(field[1] - 1, '0')}\0`
}

function secondsOf({ mtimeNs }: Pick<Entry, 'mtimeNs'>): number {
  return Number(mtimeNs / billion)
}

const billion = 1_000_000_000n
