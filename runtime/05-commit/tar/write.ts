/** Chapter 5. Writing tar archives: the headers of one entry, the same bytes for the same entry. */
import { binary, encodeRecord, encodeTime, escapeKey } from './pax.ts'
import { largestExtension, xattrPrefix } from './pax.ts'
import { encodeMap } from './sparse.ts'
import { blockSize, fields, paddingOf, typeflags, type Entry, type Field } from './tar.ts'

/**
 * All that comes before the content of `entry`: an extended header where something does not fit,
 * the header, and the map of a file with holes, after which only the data of its extents follow.
 * Nothing is written that the entry does not say: no names of users, no other times.
 */
export function tarHeader(entry: Entry): Buffer {
  const map = entry.extents ? encodeMap(entry.extents, entry.size) : ''
  const data = entry.extents?.reduce((sum, { length }) => sum + length, 0) ?? entry.size
  const base = entry.path.slice(entry.path.lastIndexOf('/') + 1)
  const path = entry.type === 'directory' ? `${entry.path}/` : entry.path
  const name = map ? `GNUSparseFile.0/${base}` : path
  const size = map.length + data
  const records = recordsOf(entry, name, size)
  if (records.length > largestExtension)
    throw new Error(`${entry.path} has more extended attributes than an archive can hold`)
  const header = block(name, { size, typeflag: typeflags[entry.type] }, entry)
  if (!records) return Buffer.from(header + map, 'latin1')
  const extended = block(`PaxHeaders/${base}`, { size: records.length, typeflag: 'x' }, nobody)
  const padding = '\0'.repeat(paddingOf(records.length))
  return Buffer.from(extended + records + padding + header + map, 'latin1')
}

/** Two blocks of zeros end an archive. */
export const tarEnd: Buffer = Buffer.alloc(2 * blockSize)

type About = Pick<Entry, 'mode' | 'uid' | 'gid' | 'mtimeNs' | 'target' | 'device'>

const device = { major: 0, minor: 0 }
const nobody: About = { mode: 0o644, uid: 0, gid: 0, mtimeNs: 0n, target: '', device }

/** What the fields of the header cannot say. */
function recordsOf(entry: Entry, name: string, size: number): string {
  let records = ''
  const say = (key: string, value: string | number | Uint8Array) =>
    (records += encodeRecord(key, typeof value === 'number' ? String(value) : value))
  if (entry.extents) {
    say('GNU.sparse.major', 1)
    say('GNU.sparse.minor', 0)
    say('GNU.sparse.name', entry.path)
    say('GNU.sparse.realsize', entry.size)
  } else if (!fitsText(name, fields.name)) say('path', name)
  if (!fitsText(entry.target, fields.linkname)) say('linkpath', entry.target)
  if (!fitsNumber(entry.uid, fields.uid)) say('uid', entry.uid)
  if (!fitsNumber(entry.gid, fields.gid)) say('gid', entry.gid)
  if (!fitsNumber(size, fields.size)) say('size', size)
  if (entry.mtimeNs % billion !== 0n || !fitsNumber(secondsOf(entry), fields.mtime))
    say('mtime', encodeTime(entry.mtimeNs))
  for (const { name: key, value } of entry.xattrs) say(xattrPrefix + escapeKey(key), value)
  return records
}

/** How many bytes follow a header, and what they are. */
interface Content {
  size: number
  typeflag: string
}

/** A header, byte for character, its parts in the order of `fields`. */
function block(name: string, { size, typeflag }: Content, about: About): string {
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
    namesOfOwner +
    octal(about.device.major, fields.major) +
    octal(about.device.minor, fields.minor) +
    noPrefix
  const sum = sumOf(before) + sumOf(after) + 8 * ' '.charCodeAt(0)
  return `${before}${sum.toString(8).padStart(6, '0')}\0 ${after}`
}

const magic = 'ustar\x0000'
/** The same id has another name on another machine. */
const namesOfOwner = '\0'.repeat(64)
const noPrefix = '\0'.repeat(blockSize - fields.prefix[0])

function sumOf(bytes: string): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at++) sum += bytes.charCodeAt(at)
  return sum
}

/** ASCII alone: what a byte above it means, a header cannot say. */
function fitsText(value: string, [, width]: Field): boolean {
  return value.length <= width && /^[\x00-\x7f]*$/.test(value)
}

function text(value: string, [, width]: Field): string {
  return binary(value).slice(0, width).padEnd(width, '\0')
}

/** Octal digits and a NUL. */
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
