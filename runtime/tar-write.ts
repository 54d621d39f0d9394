/** Chapter 5. Writing tar archives: the headers of one entry, the same bytes for the same entry. */
import { toBytes } from './bytes.ts'
import { encodeRecords, encodeTime, escapeKey, largestExtension, xattrPrefix } from './tar-pax.ts'
import { encodeMap } from './tar-sparse.ts'
import { blockSize, checksumOf, fields, paddingOf, typeflags } from './tar.ts'
import type { Entry, Field } from './tar.ts'

/**
 * All that comes before the content of `entry`: an extended header where something does not fit,
 * the header, and the map of a file with holes, after which only the data of its extents follow.
 * Nothing is written that the entry does not say: no names of users, no other times.
 */
export function tarHeader(entry: Entry): Buffer {
  const map = entry.extents && encodeMap(entry.extents, entry.size)
  const data = entry.extents?.reduce((sum, { length }) => sum + length, 0) ?? entry.size
  const base = entry.path.slice(entry.path.lastIndexOf('/') + 1)
  const path = entry.type === 'directory' ? `${entry.path}/` : entry.path
  const name = map ? `GNUSparseFile.0/${base}` : path
  const size = (map?.length ?? 0) + data
  const extended = encodeRecords(recordsOf(entry, name, size))
  if (extended.length > largestExtension)
    throw new Error(`${entry.path} has more extended attributes than an archive can hold`)
  const before = extended.length && blockSize + extended.length + paddingOf(extended.length)
  const out = Buffer.alloc(before + blockSize + (map?.length ?? 0))
  if (before) {
    const about = { ...nothing, name: `PaxHeaders/${base}`, size: extended.length }
    writeFields(out.subarray(0, blockSize), about, 'x')
    extended.copy(out, blockSize)
  }
  const header = out.subarray(before, before + blockSize)
  writeFields(header, { ...entry, name, size }, typeflags[entry.type])
  map?.copy(out, before + blockSize)
  return out
}

/** Two blocks of zeros end an archive. */
export const tarEnd: Buffer = Buffer.alloc(2 * blockSize)

/** What the fields of a header are to say; what does not fit is cut off, or zero. */
type Said = Omit<Entry, 'path' | 'type' | 'xattrs' | 'extents'> & { name: string }

const device = { major: 0, minor: 0 }
const nothing = { mode: 0o644, uid: 0, gid: 0, mtimeNs: 0n, target: '', device }

function recordsOf(entry: Entry, name: string, size: number) {
  const records: [key: string, value: string | Uint8Array][] = []
  if (entry.extents) {
    records.push(['GNU.sparse.major', '1'], ['GNU.sparse.minor', '0'])
    records.push(['GNU.sparse.name', entry.path], ['GNU.sparse.realsize', String(entry.size)])
  } else if (!fitsText(name, fields.name)) records.push(['path', name])
  if (!fitsText(entry.target, fields.linkname)) records.push(['linkpath', entry.target])
  if (!fitsNumber(entry.uid, fields.uid)) records.push(['uid', String(entry.uid)])
  if (!fitsNumber(entry.gid, fields.gid)) records.push(['gid', String(entry.gid)])
  if (!fitsNumber(size, fields.size)) records.push(['size', String(size)])
  if (entry.mtimeNs % billion !== 0n || !fitsNumber(secondsOf(entry), fields.mtime))
    records.push(['mtime', encodeTime(entry.mtimeNs)])
  for (const { name: key, value } of entry.xattrs)
    records.push([xattrPrefix + escapeKey(key), value])
  return records
}

function writeFields(out: Buffer, said: Said, typeflag: string): void {
  writeText(out, said.name, fields.name)
  writeNumber(out, said.mode, fields.mode)
  writeNumber(out, said.uid, fields.uid)
  writeNumber(out, said.gid, fields.gid)
  writeNumber(out, said.size, fields.size)
  writeNumber(out, secondsOf(said), fields.mtime)
  out.write(typeflag, fields.typeflag[0], 'latin1')
  writeText(out, said.target, fields.linkname)
  out.write('ustar\x0000', fields.magic[0], 'latin1')
  writeNumber(out, said.device.major, fields.major)
  writeNumber(out, said.device.minor, fields.minor)
  const sum = checksumOf(out).toString(8).padStart(6, '0')
  out.write(`${sum}\0 `, fields.checksum[0], 'latin1')
}

/** ASCII alone: what a byte above it means, a header cannot say. */
function fitsText(text: string, [, width]: Field): boolean {
  return text.length <= width && /^[\x00-\x7f]*$/.test(text)
}

function writeText(out: Buffer, text: string, field: Field): void {
  const [offset, width] = field
  if (fitsText(text, field)) out.write(text, offset, 'latin1')
  else toBytes(text).copy(out, offset, 0, width)
}

/** Octal digits and a NUL. */
function fitsNumber(value: number, [, width]: Field): boolean {
  return value >= 0 && value.toString(8).length < width
}

function writeNumber(out: Buffer, value: number, field: Field): void {
  const [offset, width] = field
  const digits = (fitsNumber(value, field) ? value : 0).toString(8)
  out.write('00000000000'.slice(0, width - 1 - digits.length) + digits, offset, 'latin1')
}

function secondsOf({ mtimeNs }: Pick<Entry, 'mtimeNs'>): number {
  return Number(mtimeNs / billion)
}

const billion = 1_000_000_000n
