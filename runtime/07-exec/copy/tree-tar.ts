/** A file, or a directory with all in it, as a tar archive, while others may be changing it. */
import { closeSync, fstatSync } from 'node:fs'
import { batches, type Batches } from '../../04-overlay/batches.ts'
import { listXattrs } from '../../04-overlay/below.ts'
import { lstat, walkUpper, type UpperDirectory, type UpperName } from '../../04-overlay/walk.ts'
import { inPieces, type ArchivePart } from '../../05-commit/layer/content.ts'
import { addDetails, isTooLong, partOf, tarEntry } from '../../05-commit/layer/details.ts'
import { layerEntries, type LayerEntry } from '../../05-commit/layer/entries.ts'
import { factOf, fileAttributes } from '../../05-commit/layer/facts.ts'
import { tarEnd, tarHeader } from '../../05-commit/tar/write.ts'
import { inOpened, openDirectory } from '../../opened.ts'

/** What is to be copied. */
export interface Source {
  /** A directory, by a path that ends with `/.`: its own, or the one that `name` is in. */
  directory: string
  /** The file in it; none if the directory itself is copied. */
  name?: string
  /** What the archive calls it; `.` for only what is in it. */
  as: string
}

export type OnSkipped = (path: string, why: string) => void

/**
 * The archive of `source`, in pieces of about a megabyte: each directory before what is in it. As
 * in Docker, of the attributes only security.capability is in it, and no socket. Files may grow
 * meanwhile, and names may go; throws if a file is replaced while it is read.
 */
export async function* treeTar(source: Source, onSkipped: OnSkipped): AsyncGenerator<Buffer> {
  const program = batches([])
  try {
    yield* treeTarBy(program, source, onSkipped)
  } finally {
    await program.end()
  }
}

/** The same, with a native program that is there already: it changes its working directory. */
export function treeTarBy(
  program: Batches,
  source: Source,
  onSkipped: OnSkipped,
): AsyncGenerator<Buffer> {
  return inPieces(partsIn(program, source, onSkipped))
}

const isCopied = (xattr: string) => xattr === 'security.capability'

async function* partsIn(
  program: Batches,
  source: Source,
  onSkipped: OnSkipped,
): AsyncGenerator<Iterable<ArchivePart>> {
  const firstNames = new Map<string, string>()
  const { as } = source
  if (source.name === undefined) yield [{ header: headerOf(source) }]
  for (const batch of batchesIn(source)) {
    const kept = batch.filter((each) => {
      const why = reasonToSkip(as, each)
      if (why) onSkipped(each.path, why)
      return why === undefined
    })
    await listXattrs(program, kept)
    const details = await addDetails(program, kept, isCopied)
    yield details.map((found) => {
      const path = source.name === undefined ? `${as}/${found.entry.path}` : as
      const [entry] = layerEntries([factAt(path, found.entry)], firstNames) as [LayerEntry]
      return live(partOf(tarEntry(entry, found.xattrs), found))
    })
  }
  yield [{ header: tarEnd }]
}

function factAt(path: string, entry: UpperName) {
  const { dev, ino } = entry.stat
  const marks = { isWhiteout: false, isOpaque: false, isInit: false }
  return { ...factOf({ ...entry, ...marks }), path, inode: `${dev}:${ino}` }
}

function live(part: ArchivePart): ArchivePart {
  return part.content ? { ...part, content: { ...part.content, isLive: true } } : part
}

function* batchesIn(source: Source): Generator<UpperName[]> {
  const { directory, name } = source
  if (name === undefined)
    return yield* walkUpper({ upper: directory, lowers: [] }, () => {}) // ignoring: it is gone
  const fd = openDirectory(directory)
  try {
    yield [nameIn(fd, name)]
  } finally {
    closeSync(fd)
  }
}

function nameIn(fd: number, name: string): UpperName {
  const stat = lstat(inOpened(fd, name))
  if (!stat) throw new Error(`/${name} is gone`)
  const none = { xattrs: [], layers: [], lastLayer: 0, isHiding: false }
  const parent: UpperDirectory = { path: '', stat, ...none }
  return { path: name, name, stat, parent, directory: { fd }, ...none }
}

function headerOf({ directory, as }: Source): Buffer {
  const fd = openDirectory(directory)
  try {
    const about = fileAttributes(fstatSync(fd, { bigint: true }))
    return tarHeader(tarEntry({ ...about, path: as, type: 'directory' }))
  } finally {
    closeSync(fd)
  }
}

/** Why a file cannot be copied; undefined if it can, empty if that was said of what it is in. */
function reasonToSkip(as: string, { path, parent, stat }: UpperName): string | undefined {
  if (isTooLong(`${as}/${path}`))
    return isTooLong(`${as}/${parent.path}`) ? '' : 'no call takes such a path'
  if (stat.isSocket()) return 'a socket is of no use without the process that listens on it'
  return undefined
}
