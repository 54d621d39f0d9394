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
  const way = newWay()
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

export function newWay(): Way {
  return { at: '.', known: new Set(['.']), directories: [] }
}

/** What decides which steps put a file there. */
export type Putting = Pick<Extraction, 'resolve' | 'ownerOf'> & { way: Way }

async function put(calls: Sender, entry: TarEntry, putting: Putting): Promise<void> {
  const { content: _, whole: __, ...about } = entry
  await calls.add(begunFor(about, putting))
  if (entry.type === 'file') await putContent(calls, entry, putting.ownerOf(entry))
}

/** The steps for an entry; of a file, those before its content. */
export function begunFor(entry: Entry, { way, resolve, ownerOf }: Putting): Step[] {
  const path = pathIn(entry.path)
  if (path === '.') return [] // the directory itself stays as it is
  const [dir, name] = [posix.dirname(path), posix.basename(path)]
  const owner = ownerOf(entry)
  const there = goTo(dir, { way, resolve })
  if (entry.type === 'directory') {
    way.directories.push({ path, entry })
    way.known.add(path)
    way.at = path
    return [...there, ...directoryEntered(name, entry, owner)]
  }
  if (entry.type === 'file') return [...there, ...fileBegun(name, entry)]
  if (entry.type !== 'hardlink') return [...there, ...nodeMade(name, entry, owner)]
  const target = pathIn(entry.target)
  return target === path ? there : [...there, ...nameAdded(name, target, resolve)]
}

async function putContent(calls: Sender, entry: TarEntry, owner: Owner): Promise<void> {
  const name = posix.basename(pathIn(entry.path))
  let end = 0
  for await (const piece of entry.content) {
    await calls.add([pieceWritten(piece)], piece.data.length)
    end = piece.offset + piece.data.length
  }
  await calls.add(fileDone(name, entry, { end, owner }))
}

/** The steps at the end: each new file has changed the time of its directory. */
export function timesSet({ way, resolve }: Putting): Step[] {
  const last = way.directories.toReversed()
  return last.flatMap(({ path, entry }) => directoryLeft(path, entry, resolve))
}

/** The steps into `dir`, if the program is not there. */
function goTo(dir: string, { way, resolve }: Pick<Putting, 'way' | 'resolve'>): Step[] {
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
