/** What an archive has to say of a file that Node has no calls for; and its part of the archive. */
import type { Batches } from '../../04-overlay/batches.ts'
import { entering } from '../../04-overlay/below.ts'
import type { UpperName } from '../../04-overlay/walk.ts'
import { toBytes } from '../../bytes.ts'
import { stepOf, type Step } from '../../step.ts'
import { joinExtents } from '../tar/sparse.ts'
import type { Entry, Extent, Xattr } from '../tar/tar.ts'
import { tarHeader } from '../tar/write.ts'
import type { ArchivePart } from './content.ts'
import type { LayerEntry } from './entries.ts'

const step = stepOf(5)

/** Whether a path, with its final NUL, is longer than PATH_MAX (limits.h). */
export function isTooLong(path: string): boolean {
  return path.length >= 4096 || (path.length > 4096 / 3 && toBytes(path).length >= 4096)
}

/** A name, with what Node has no calls for: the values of attributes, and the holes. */
export interface Detailed<Name extends UpperName = UpperName> {
  entry: Name
  xattrs: Xattr[]
  /** Where the data are, in a file that may have holes. */
  extents?: Extent[]
}

/** Ask the native program for the details of a whole batch in one plan. */
export async function addDetails<Name extends UpperName>(
  program: Batches,
  batch: Name[],
  isWanted: (xattr: string) => boolean,
): Promise<Detailed<Name>[]> {
  const plan: Step[] = []
  const receivers = new Map<number, (answer: Buffer) => void>()
  const enter = entering(plan)
  const all = batch.map((entry) => {
    const { name, stat } = entry
    const own = entry.xattrs.filter(isWanted)
    const xattrs: Xattr[] = own.map((each) => ({ name: each, value: Buffer.alloc(0) }))
    const detailed: Detailed<Name> = { entry, xattrs }
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

export function tarEntry(entry: LayerEntry, xattrs: Xattr[] = []): Entry {
  return { ...entry, mtimeNs: BigInt(entry.mtimeNs), xattrs }
}

/** The part of an archive for `entry`: of a file that was `found`, its content too. */
export function partOf(entry: Entry, found: Detailed | undefined): ArchivePart {
  if (!found || entry.type !== 'file') return { header: tarHeader(entry) }
  const sparse = found.extents && joinExtents(found.extents, entry.size)
  const header = tarHeader(sparse ? { ...entry, extents: sparse } : entry)
  const extents = sparse ?? [{ offset: 0, length: entry.size }]
  const { path, name, directory, stat } = found.entry
  return { header, content: { path, name, directory, stat, extents } }
}
