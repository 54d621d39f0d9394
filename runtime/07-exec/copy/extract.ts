/** Puts the files of an archive into a directory that a native program has open. */
import { posix } from 'node:path'
import type { Batches } from '../../04-overlay/batches.ts'
import { sender, type Sender, type Unheld } from '../../05-commit/layer/sender.ts'
import { readTar, type TarEntry } from '../../05-commit/tar/read.ts'
import type { Entry } from '../../05-commit/tar/tar.ts'
import type { ResolveFlag } from '../../flag-names.ts'
import type { Step } from '../../step.ts'
import { copyFailure } from './failure.ts'
import {
  directoryLeft,
  directoryEntered,
  fileBegun,
  fileDone,
  into,
  nameAdded,
  nodeMade,
  parents,
  pieceWritten,
  type Owner,
} from './put.ts'

export interface Extraction {
  /** It stands in the directory, which it has open as `foundFd`. */
  program: Batches
  /** How directories in it are entered. */
  resolve: ResolveFlag[]
  ownerOf: (entry: Entry) => Owner
  /** A directory of this machine on the same file system. */
  place: string
}

/**
 * Put the files of an archive there. By Docker's rules a file replaces a file, directories are
 * merged, and neither replaces the other. Gives the attributes that the file system cannot hold.
 * After an error a part of the files is there.
 */
export async function extract(
  chunks: AsyncIterable<Uint8Array>,
  extraction: Extraction,
): Promise<Unheld> {
  const calls = sender(extraction.program)
  const way: Way = { at: '.', known: new Set(['.']), directories: [] }
  try {
    for await (const entry of readTar(chunks)) {
      calls.file = entry.path
      await put(calls, entry, { ...extraction, way })
    }
    for (const { path, entry } of way.directories.reverse()) {
      calls.file = path
      await calls.add(directoryLeft(path, entry, extraction.resolve))
    }
    return await calls.all()
  } catch (error) {
    throw copyFailure(error, extraction.place)
  }
}

/** Where the native program is, and where it has been. */
interface Way {
  at: string
  /** Directories that are there. */
  known: Set<string>
  /** Those of the archive, whose times are set at the end. */
  directories: { path: string; entry: Entry }[]
}

type Putting = Extraction & { way: Way }

async function put(calls: Sender, entry: TarEntry, putting: Putting): Promise<void> {
  const { way, resolve, ownerOf } = putting
  const path = pathIn(entry.path)
  if (path === '.') return // the directory itself stays as it is
  const [dir, name] = [posix.dirname(path), posix.basename(path)]
  const owner = ownerOf(entry)
  await calls.add(goTo(dir, putting))
  if (entry.type === 'directory') {
    const { content: _, whole: __, ...about } = entry
    way.directories.push({ path, entry: about })
    way.known.add(path)
    way.at = path
    await calls.add(directoryEntered(name, entry, owner))
  } else if (entry.type === 'hardlink') {
    const target = pathIn(entry.target)
    if (target !== path) await calls.add(nameAdded(name, target, resolve))
  } else if (entry.type === 'file') await putFile(calls, entry, { name, owner })
  else await calls.add(nodeMade(name, entry, owner))
}

interface NewFile {
  name: string
  owner: Owner
}

async function putFile(calls: Sender, entry: TarEntry, { name, owner }: NewFile): Promise<void> {
  let end = 0
  await calls.add(fileBegun(name, entry))
  for await (const piece of entry.content) {
    await calls.add([pieceWritten(piece)], piece.data.length)
    end = piece.offset + piece.data.length
  }
  await calls.add(fileDone(name, entry, { end, owner }))
}

/** The steps into `dir`, if the program is not there. */
function goTo(dir: string, { way, resolve }: Putting): Step[] {
  if (way.at === dir) return []
  const isKnown = way.known.has(dir)
  way.at = dir
  way.known.add(dir)
  return [...(isKnown ? [] : parents(dir)), ...into(dir, resolve)]
}

/** A name in an archive, as a path in the directory. Throws if it leads out of that. */
function pathIn(name: string): string {
  const path = posix.normalize(name.replace(/^\/+/, '') || '.').replace(/(.)\/+$/, '$1')
  if (path !== '..' && !path.startsWith('../')) return path
  throw new Error(`'${name}' in the archive is outside of the directory that it is copied to`)
}
