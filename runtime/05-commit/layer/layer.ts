/** Makes a layer's tar archive from a write layer. */
import type { BigIntStats } from 'node:fs'
import { batches, type Batches } from '../../04-overlay/batches.ts'
import { isOrdinaryXattr, type Stack } from '../../04-overlay/stack.ts'
import { readUpper, type UpperEntry } from '../../04-overlay/upper.ts'
import { lstat } from '../../04-overlay/walk.ts'
import { fromBytes } from '../../bytes.ts'
import type { Call } from '../../calls.ts'
import { stepOf } from '../../step.ts'
import type { Xattr } from '../tar/tar.ts'
import { tarEnd, tarHeader } from '../tar/write.ts'
import { changed, inPieces, type ArchivePart } from './content.ts'
import { addDetails, isTooLong, partOf, tarEntry, type Detailed } from './details.ts'
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
      yield partsOf(entries, await addDetails(program, kept, isCommitted), onFile)
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

/** The parts of the archive for `entries`; what Node cannot find out is in `details`. */
function* partsOf(
  entries: LayerEntry[],
  details: Detailed<UpperEntry>[],
  onFile: (size: number) => void,
): Generator<ArchivePart> {
  const byPath = new Map(details.map((each) => [each.entry.path, each]))
  for (const each of entries) {
    // A mark has no file behind it, and the first name of a file has its content and attributes.
    const found = each.type === 'hardlink' ? undefined : byPath.get(each.path)
    const entry = tarEntry(each, found?.xattrs)
    if (found && entry.type === 'file') onFile(entry.size)
    yield partOf(entry, found)
  }
}
