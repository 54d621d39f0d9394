/** Chapter 5. A write layer as an archive: what a container changed, as an image has it. */
import { readlinkSync, type BigIntStats } from 'node:fs'
import { batches, type Batches } from '../../04-overlay/batches.ts'
import { fromBytes } from '../../bytes.ts'
import { inPieces, type Part } from './content.ts'
import { stepOf, type Step } from '../../step.ts'
import { joinExtents } from '../tar/sparse.ts'
import { tarEnd, tarHeader } from '../tar/write.ts'
import type { Entry, EntryType, Extent, Xattr } from '../tar/tar.ts'
import { exact, readUpper, type Found, type Stack } from '../../04-overlay/upper.ts'

const step = stepOf(5)

/**
 * The write layer of `stack` as a tar archive in the form that images have (OCI image-spec,
 * layer.md), in pieces of about a megabyte: for a name that was deleted an empty file `.wh.<name>`;
 * in a directory that hides the image's an empty file `.wh..wh..opq`. The same tree gives the same
 * bytes.
 *
 * What an archive cannot hold is left out and told to `onSkipped`. Throws when a file changes while
 * it is read; what was given until then is no archive.
 */
export function layerTar(
  stack: Stack,
  onSkipped: (path: string, why: string) => void = () => {},
): AsyncGenerator<Buffer> {
  return inPieces(portionsOf(stack, onSkipped))
}

async function* portionsOf(
  stack: Stack,
  onSkipped: (path: string, why: string) => void,
): AsyncGenerator<Iterable<Part>> {
  const program = batches([
    step(['chroot', stack.upper], 'a symlink that the container made must not lead to the host'),
    step(['chdir', '/'], 'the paths are those of the upper directory now'),
  ])
  const names = new Map<string, string>()
  try {
    for await (const portion of readUpper(stack)) {
      const kept = portion.filter((found) => {
        const why = reasonToSkip(found)
        if (why) onSkipped(found.path, why)
        return !why
      })
      yield partsOf(stack, await detail(program, kept), names)
    }
    yield [{ header: tarEnd }]
  } finally {
    await program.end()
  }
}

function reasonToSkip({ path, stat }: Found): string | undefined {
  if (stat.isSocket()) return 'a socket is nothing without the process that listens on it'
  if (/(^|\/)\.wh\./.test(path)) return 'in an image such a name stands for a deleted one'
  return undefined
}

/** With what only the native program can find out. */
interface Detailed {
  found: Found
  xattrs: Xattr[]
  /** Of files that may have holes: where the data are. */
  extents?: Extent[]
}

async function detail(program: Batches, portion: Found[]): Promise<Detailed[]> {
  const plan: Step[] = []
  const receivers: ((answer: Buffer) => void)[] = []
  const all = portion.map((found) => {
    const { path, stat } = found
    const xattrs: Xattr[] = found.xattrs.map((name) => ({ name, value: Buffer.alloc(0) }))
    const detailed: Detailed = { found, xattrs }
    for (const xattr of xattrs) {
      plan.push(step(['lgetxattr', path, xattr.name], 'its value; without an answer it is empty'))
      receivers.push((answer) => (xattr.value = answer))
    }
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

function extentsIn(answer: Buffer): Extent[] {
  const extents: Extent[] = []
  for (let at = 0; at < answer.length; at += 16) {
    const offset = Number(answer.readBigInt64LE(at))
    extents.push({ offset, length: Number(answer.readBigInt64LE(at + 8)) - offset })
  }
  return extents
}

/** `names` has the first name of each file that has several; the other names are links to it. */
function* partsOf(stack: Stack, all: Detailed[], names: Map<string, string>): Generator<Part> {
  for (const { found, xattrs, extents } of all) {
    const { path, stat } = found
    const inode = stat.nlink > 1n && !stat.isDirectory() ? String(stat.ino) : ''
    const first = names.get(inode)
    if (inode && first === undefined) names.set(inode, path)
    const name = path.lastIndexOf('/') + 1
    const entry = entryOf(stack, found, xattrs)
    if (found.isWhiteout) yield { header: markAt(`${path.slice(0, name)}.wh.${path.slice(name)}`) }
    else if (first !== undefined) yield { header: tarHeader(linkTo(first, entry)) }
    else if (entry.type === 'file') yield fileOf(`${stack.upper}/${path}`, entry, { stat, extents })
    else yield { header: tarHeader(entry) }
    if (found.isOpaque) yield { header: markAt(`${path}/.wh..wh..opq`) }
  }
}

function linkTo(target: string, entry: Entry): Entry {
  return { ...entry, type: 'hardlink', size: 0, target, xattrs: [] }
}

/** Of a file: its extents when it is known to have holes. */
interface FileFacts {
  stat: BigIntStats
  extents?: Extent[] | undefined
}

function fileOf(path: string, entry: Entry, { stat, extents: data }: FileFacts): Part {
  const sparse = data && joinExtents(data, entry.size)
  const header = tarHeader(sparse ? { ...entry, extents: sparse } : entry)
  const extents = sparse ?? [{ offset: 0, length: entry.size }]
  return { header, content: { path, stat, extents } }
}

function entryOf({ upper }: Stack, { path, stat }: Found, xattrs: Xattr[]): Entry {
  const type = typeOf(stat)
  const isDevice = type === 'character' || type === 'block'
  return {
    path,
    type,
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    size: type === 'file' ? Number(stat.size) : 0,
    mtimeNs: stat.mtimeNs,
    target: type === 'symlink' ? fromBytes(readlinkSync(exact(`${upper}/${path}`), 'buffer')) : '',
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

/** 12 bits and 20, with those of the first in the middle of the second. */
function deviceOf(rdev: bigint): Entry['device'] {
  return {
    major: Number((rdev >> 8n) & 0xfffn),
    minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xfff00n)),
  }
}

/** An empty file that stands for something: of nobody, and of no time. */
function markAt(path: string): Buffer {
  const device = { major: 0, minor: 0 }
  const nothing = { mode: 0, uid: 0, gid: 0, size: 0, mtimeNs: 0n, target: '', device, xattrs: [] }
  return tarHeader({ path, type: 'file', ...nothing })
}
