/** Makes a layer's tar archive from a write layer. */
import type { BigIntStats } from 'node:fs'
import { batches, type Batches } from '../../04-overlay/batches.ts'
import { entering } from '../../04-overlay/below.ts'
import { isOrdinaryXattr, type Stack } from '../../04-overlay/stack.ts'
import { readUpper, type UpperEntry } from '../../04-overlay/upper.ts'
import { lstat } from '../../04-overlay/walk.ts'
import { fromBytes, toBytes } from '../../bytes.ts'
import type { Call } from '../../calls.ts'
import { stepOf, type Step } from '../../step.ts'
import { joinExtents } from '../tar/sparse.ts'
import type { Entry, Extent, Xattr } from '../tar/tar.ts'
import { tarEnd, tarHeader } from '../tar/write.ts'
import { changed, inPieces, type ArchivePart } from './content.ts'
import { layerEntries, type LayerEntry } from './entries.ts'
import { fileAttributes, factOf } from './facts.ts'

const step = stepOf(5)

export interface Reports {
  /** Called for each file that cannot be in an archive, and is left out. */
  onSkipped?: ((path: string, why: string) => void) | undefined
  /** Called with the size of each file, once for all its names. */
  onFile?: (size: number) => void
}

/**
 * The write layer of `stack` as a tar archive, in pieces of about a megabyte: `layerEntries` says
 * what is in it. The same tree gives the same bytes.
 *
 * Throws if a file changes while it is read; the pieces so far are not an archive then.
 */
export function layerTar(stack: Stack, reports: Reports = {}): AsyncGenerator<Buffer> {
  return inPieces(partsIn(stack, reports))
}

/** The headers and files of the archive, in batches. */
async function* partsIn(
  stack: Stack,
  { onSkipped, onFile = () => {} }: Reports,
): AsyncGenerator<Iterable<ArchivePart>> {
  const program = batches([])
  const firstNames = new Map<string, string>()
  let root = await rootOf(stack, program)
  const onVanished = (path: string) => {
    throw changed(path)
  }
  try {
    for await (const batch of readUpper(stack, program, onVanished)) {
      const kept = batch.filter((entry) => {
        const why = entry.isInit ? '' : reasonToSkip(entry)
        if (why) onSkipped?.(entry.path, why)
        return why === undefined
      })
      const entries = layerEntries(kept.map(factOf), firstNames)
      if (root && (root.isChanged || entries.length > 0)) {
        yield [{ header: root.header }]
        root = undefined
      }
      yield partsOf(entries, await addDetails(program, kept), onFile)
    }
    yield [{ header: tarEnd }]
  } finally {
    await program.end()
  }
}

/**
 * The entry of `/`, if it must be in the archive: if the container has changed it; and, where other
 * entries are, if it is not what a layer's root is without an entry, root's with mode 755. Its time
 * alone is no change: every name that is made in it sets that.
 */
async function rootOf(
  { upper, lowers }: Stack,
  program: Batches,
): Promise<{ header: Buffer; isChanged: boolean } | undefined> {
  const at = (path: string | undefined) => path && lstat(`${path}/.`) // lower0 is a link
  const [stat, below] = [at(upper), at(lowers[0])]
  if (!stat || !below) return undefined
  const list = async (call: Call) =>
    (await program.make([step(call, "the root's attributes")]))[0]?.answer ?? Buffer.alloc(0)
  const listed = fromBytes(await list(['llistxattr', upper])).split('\0')
  const xattrs: Xattr[] = []
  for (const name of listed.filter(isCommitted).sort())
    xattrs.push({ name, value: await list(['lgetxattr', upper, name]) })
  const looks = ({ mode, uid, gid }: BigIntStats) => `${mode & 0o7777n} ${uid}:${gid}`
  const isChanged = looks(stat) !== looks(below) || xattrs.length > 0
  if (!isChanged && looks(stat) === `${0o755} 0:0`) return undefined
  const entry: LayerEntry = { ...fileAttributes(stat), path: '.', type: 'directory' }
  return { header: tarHeader(tarEntry(entry, xattrs)), isChanged }
}

/**
 * Whether an attribute belongs to the image. What the kernel notes of this host is of no use
 * elsewhere, or keeps files from being used there: SELinux's and Smack's labels, and hashes and
 * signatures (security.ima, security.evm). So are root's private notes (trusted.*).
 */
function isCommitted(name: string): boolean {
  const isKept = /^(user\.|system\.posix_acl_|security\.capability$)/.test(name)
  return isKept && isOrdinaryXattr(name)
}

/** Why a file cannot be in a layer; undefined if it can. Empty if that has been said above it. */
function reasonToSkip({ path, parent, stat }: UpperEntry): string | undefined {
  if (isTooLong(path)) return isTooLong(parent.path) ? '' : 'no program could unpack such a path'
  if (stat.isSocket()) return 'a socket is of no use without the process that listens on it'
  if (/(^|\/)\.wh\./.test(path)) return 'in an image, .wh. marks a deleted name'
  return undefined
}

/** Whether a path, with its final NUL, is longer than PATH_MAX (limits.h). */
function isTooLong(path: string): boolean {
  return path.length >= 4096 || (path.length > 4096 / 3 && toBytes(path).length >= 4096)
}

/** A name, with what Node has no calls for: the values of attributes, and the holes. */
interface Detailed {
  entry: UpperEntry
  xattrs: Xattr[]
  /** Where the data are, in a file that may have holes. */
  extents?: Extent[]
}

/** Ask the native program for the details of a whole batch in one plan. */
async function addDetails(program: Batches, batch: UpperEntry[]): Promise<Detailed[]> {
  const plan: Step[] = []
  const receivers = new Map<number, (answer: Buffer) => void>()
  const enter = entering(plan)
  const all = batch.map((entry) => {
    const { name, stat } = entry
    const own = entry.xattrs.filter(isCommitted)
    const xattrs: Xattr[] = own.map((each) => ({ name: each, value: Buffer.alloc(0) }))
    const detailed: Detailed = { entry, xattrs }
    for (const xattr of xattrs) {
      enter(entry)
      receivers.set(plan.length, (answer) => (xattr.value = answer))
      plan.push(step(['lgetxattr', name, xattr.name], 'an empty value has no answer'))
    }
    // st_blocks counts 512-byte units (inode(7)); fewer than the size needs means holes.
    if (stat.isFile() && stat.blocks * 512n < stat.size) {
      detailed.extents = []
      enter(entry)
      receivers.set(plan.length, (answer) => (detailed.extents = extentsIn(answer)))
      plan.push(step(['seek_data', name], 'fewer blocks than bytes: there are holes'))
    }
    return detailed
  })
  if (plan.length === 0) return all
  for (const { index, answer } of await program.make(plan)) receivers.get(index)?.(answer)
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

/** The parts of the archive for `entries`; what Node cannot find out is in `details`. */
function* partsOf(
  entries: LayerEntry[],
  details: Detailed[],
  onFile: (size: number) => void,
): Generator<ArchivePart> {
  const byPath = new Map(details.map((each) => [each.entry.path, each]))
  for (const each of entries) {
    // A mark has no file behind it, and the first name of a file has its content and attributes.
    const found = each.type === 'hardlink' ? undefined : byPath.get(each.path)
    const entry = tarEntry(each, found?.xattrs)
    if (!found || entry.type !== 'file') yield { header: tarHeader(entry) }
    else {
      onFile(entry.size)
      yield fileOf(found, entry)
    }
  }
}

function tarEntry(entry: LayerEntry, xattrs: Xattr[] = []): Entry {
  return { ...entry, mtimeNs: BigInt(entry.mtimeNs), xattrs }
}

function fileOf({ entry: found, extents: data }: Detailed, entry: Entry): ArchivePart {
  const sparse = data && joinExtents(data, entry.size)
  const header = tarHeader(sparse ? { ...entry, extents: sparse } : entry)
  const extents = sparse ?? [{ offset: 0, length: entry.size }]
  const { path, name, directory, stat } = found
  return { header, content: { path, name, directory, stat, extents } }
}
