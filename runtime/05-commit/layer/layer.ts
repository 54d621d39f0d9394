/** Makes a layer's tar archive from a write layer. */
import { readlinkSync, type BigIntStats } from 'node:fs'
import { batches, type Batches } from '../../04-overlay/batches.ts'
import { fsPath, type Stack } from '../../04-overlay/stack.ts'
import { readUpper, type UpperEntry } from '../../04-overlay/upper.ts'
import { enterUpper } from '../../04-overlay/walk.ts'
import { fromBytes } from '../../bytes.ts'
import { stepOf, type Step } from '../../step.ts'
import { joinExtents } from '../tar/sparse.ts'
import type { Entry, EntryType, Extent, Xattr } from '../tar/tar.ts'
import { tarEnd, tarHeader } from '../tar/write.ts'
import { inPieces, type ArchivePart } from './content.ts'

const step = stepOf(5)

/**
 * The write layer of `stack` as a tar archive, in pieces of about a megabyte. By the rules of the
 * OCI image-spec (layer.md, "Whiteouts"), a deleted name becomes an empty file `.wh.<name>`, and an
 * opaque directory gets an empty file `.wh..wh..opq`. The same tree gives the same bytes.
 *
 * What an archive cannot hold is left out and reported to `onSkipped`. Throws if a file changes
 * while it is read; the pieces so far are not an archive then.
 */
export function layerTar(
  stack: Stack,
  onSkipped: (path: string, why: string) => void = () => {},
): AsyncGenerator<Buffer> {
  return inPieces(partsIn(stack, onSkipped))
}

/** The headers and files of the archive, in batches. */
async function* partsIn(
  stack: Stack,
  onSkipped: (path: string, why: string) => void,
): AsyncGenerator<Iterable<ArchivePart>> {
  const program = batches(enterUpper(stack.upper))
  const names = new Map<string, string>()
  try {
    for await (const batch of readUpper(stack)) {
      const kept = batch.filter((entry) => {
        const why = reasonToSkip(entry)
        if (why) onSkipped(entry.path, why)
        return !why
      })
      yield partsOf(stack, await addDetails(program, kept), names)
    }
    yield [{ header: tarEnd }]
  } finally {
    await program.end()
  }
}

/** Why a file cannot be in a layer; undefined if it can. */
function reasonToSkip({ path, stat }: UpperEntry): string | undefined {
  if (stat.isSocket()) return 'a socket is of no use without the process that listens on it'
  if (/(^|\/)\.wh\./.test(path)) return 'in an image, .wh. marks a deleted name'
  return undefined
}

/** A name, with what Node has no calls for: the values of attributes, and the holes. */
interface Detailed {
  name: UpperEntry
  xattrs: Xattr[]
  /** Where the data are, in a file that may have holes. */
  extents?: Extent[]
}

/** Ask the native program for the details of a whole batch in one plan. */
async function addDetails(program: Batches, batch: UpperEntry[]): Promise<Detailed[]> {
  const plan: Step[] = []
  const receivers: ((answer: Buffer) => void)[] = []
  const all = batch.map((entry) => {
    const { path, stat } = entry
    const xattrs: Xattr[] = entry.xattrs.map((name) => ({ name, value: Buffer.alloc(0) }))
    const detailed: Detailed = { name: entry, xattrs }
    for (const xattr of xattrs) {
      plan.push(step(['lgetxattr', path, xattr.name], 'an empty value has no answer'))
      receivers.push((answer) => (xattr.value = answer))
    }
    // st_blocks counts 512-byte units (inode(7)); fewer than the size needs means holes.
    if (stat.isFile() && stat.blocks * 512n < stat.size) {
      detailed.extents = []
      plan.push(step(['seek_data', path], 'fewer blocks than bytes: there are holes'))
      receivers.push((answer) => (detailed.extents = extentsIn(answer)))
    }
    return detailed
  })
  if (plan.length === 0) return all
  for (const { index, answer } of await program.make(plan)) receivers[index]?.(answer)
  return all
}

/** The answer of seek_data: for each extent its start and end, 64-bit little-endian. */
function extentsIn(answer: Buffer): Extent[] {
  const extents: Extent[] = []
  for (let at = 0; at < answer.length; at += 16) {
    const offset = Number(answer.readBigInt64LE(at))
    extents.push({ offset, length: Number(answer.readBigInt64LE(at + 8)) - offset })
  }
  return extents
}

/**
 * `names` has the first name of each file with several, by inode number: the archive has the
 * content once, and each further name as a hard link to the first.
 */
function* partsOf(
  stack: Stack,
  all: Detailed[],
  names: Map<string, string>,
): Generator<ArchivePart> {
  for (const { name, xattrs, extents } of all) {
    const { path, stat } = name
    const inode = stat.nlink > 1n && !stat.isDirectory() ? String(stat.ino) : ''
    const first = names.get(inode)
    if (inode && first === undefined) names.set(inode, path)
    const base = path.lastIndexOf('/') + 1
    const entry = entryOf(stack, name, xattrs)
    if (name.isWhiteout) yield { header: markAt(`${path.slice(0, base)}.wh.${path.slice(base)}`) }
    else if (first !== undefined) yield { header: tarHeader(linkTo(first, entry)) }
    else if (entry.type === 'file') yield fileOf(stack, name, { entry, data: extents })
    else yield { header: tarHeader(entry) }
    if (name.isOpaque) yield { header: markAt(`${path}/.wh..wh..opq`) }
  }
}

/** A hard link: the first name has the content and the attributes. */
function linkTo(target: string, entry: Entry): Entry {
  return { ...entry, type: 'hardlink', size: 0, target, xattrs: [] }
}

function fileOf(
  { upper }: Stack,
  { path, stat }: UpperEntry,
  { entry, data }: { entry: Entry; data: Extent[] | undefined },
): ArchivePart {
  const sparse = data && joinExtents(data, entry.size)
  const header = tarHeader(sparse ? { ...entry, extents: sparse } : entry)
  const extents = sparse ?? [{ offset: 0, length: entry.size }]
  return { header, content: { path: `${upper}/${path}`, stat, extents } }
}

/** The archive entry of a name in the upper directory. */
function entryOf({ upper }: Stack, { path, stat }: UpperEntry, xattrs: Xattr[]): Entry {
  const type = typeOf(stat)
  const isDevice = type === 'character' || type === 'block'
  const target = () => fromBytes(readlinkSync(fsPath(`${upper}/${path}`), 'buffer'))
  return {
    path,
    type,
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    size: type === 'file' ? Number(stat.size) : 0,
    mtimeNs: stat.mtimeNs,
    target: type === 'symlink' ? target() : '',
    device: isDevice ? deviceOf(stat.rdev) : { major: 0, minor: 0 },
    xattrs,
  }
}

function typeOf(stat: BigIntStats): EntryType {
  if (stat.isDirectory()) return 'directory'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isCharacterDevice()) return 'character'
  if (stat.isBlockDevice()) return 'block'
  return stat.isFIFO() ? 'fifo' : 'file'
}

/** Linux's encoding of st_rdev: 8 low bits of minor, 12 of major, 12 high bits of minor. */
function deviceOf(rdev: bigint): Entry['device'] {
  return {
    major: Number((rdev >> 8n) & 0xfffn),
    minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xfff00n)),
  }
}

/** The header of an empty file that marks something, owned by root and with the time 0. */
function markAt(path: string): Buffer {
  const device = { major: 0, minor: 0 }
  const empty = { mode: 0, uid: 0, gid: 0, size: 0, mtimeNs: 0n, target: '', device, xattrs: [] }
  return tarHeader({ path, type: 'file', ...empty })
}
