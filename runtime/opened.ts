/**
 * Directories held open by descriptor: a name in one reaches its file at any depth of the tree and
 * with any length of the path to it, and nothing that is renamed meanwhile leads it astray. Node
 * has no openat(2); /proc/self/fd/<fd>/<name> is resolved by the kernel in the same way (proc(5)).
 */
import { closeSync, constants, fstatSync, opendirSync, openSync, readdirSync } from 'node:fs'
import type { BigIntStats, Dirent, PathLike } from 'node:fs'
import { fromBytes, toBytes } from './bytes.ts'
import { errnoIn, isMissing } from './files.ts'

const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

/** Open a directory, never through a link in its last name. The caller closes the descriptor. */
export function openDirectory(path: PathLike): number {
  return openSync(path, flags)
}

/** Which directory it is, whatever its name is by now. */
export type DirectoryId = Pick<BigIntStats, 'dev' | 'ino'>

/** Open a directory if it is there and is the one with this `id`; undefined otherwise. */
export function openSame(path: PathLike, id: DirectoryId): number | undefined {
  const fd = openIfThere(path)
  if (fd === undefined) return undefined
  const { dev, ino } = fstatSync(fd, { bigint: true })
  if (dev === id.dev && ino === id.ino) return fd
  closeSync(fd)
  return undefined
}

function openIfThere(path: PathLike): number | undefined {
  try {
    return openDirectory(path)
  } catch (error) {
    if (!isMissing(error) && errnoIn(error) !== 'ELOOP') throw error
    return undefined // ignoring: it is gone, or something else is in its place (ENOTDIR, ELOOP)
  }
}

/** A path for `name`, one name without a slash, in the open directory `fd`. */
export function inOpened(fd: number, name: string): PathLike {
  const path = `/proc/self/fd/${fd}/${name}`
  return /[\udc80-\udcff]/.test(name) ? toBytes(path) : path
}

/** A directory of this size has tens of thousands of entries: they are not read all at once. */
const largeBytes = 2 ** 20

/** The entries of the open directory `fd`, with their names as in bytes.ts. */
export function entriesIn({ fd, stat }: { fd: number; stat: BigIntStats }): Iterable<Dirent> {
  const path = `/proc/self/fd/${fd}`
  if (stat.size >= largeBytes) return readInPieces(path)
  // By far the faster for a small directory.
  return readdirSync(path, { withFileTypes: true, encoding: 'latin1' }).map(decoded)
}

function* readInPieces(path: string): Generator<Dirent> {
  const dir = opendirSync(path, { encoding: 'latin1', bufferSize: 1024 })
  try {
    for (let entry = dir.readSync(); entry; entry = dir.readSync()) yield decoded(entry)
  } finally {
    dir.closeSync()
  }
}

function decoded(entry: Dirent): Dirent {
  if (/[\x80-\xff]/.test(entry.name)) entry.name = fromBytes(Buffer.from(entry.name, 'latin1'))
  return entry
}
