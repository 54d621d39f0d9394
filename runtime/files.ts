/** Files that may be missing: reading them without an exception for the ordinary case. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs'
import { existsSync, readdirSync, readFileSync, readlinkSync, renameSync } from 'node:fs'
import { unlinkSync } from 'node:fs'
import { fromBytes, toBytes } from './bytes.ts'

/** Most bytes of a file that is held in memory as text. */
const largestText = 64 * 2 ** 20

/**
 * The text of a regular UTF-8 file; undefined if it is missing. Throws if it cannot be read, is
 * something else, or is longer than `most` bytes.
 */
export function readRegular(path: string, most = largestText): string | undefined {
  const file = unlessMissing(() => openRegular(path))
  if (!file) return undefined
  try {
    if (file.size > most) throw new Error(`is ${file.size} bytes long; at most ${most}`)
    return readOpened(file.fd, file.size).toString('utf8')
  } finally {
    closeSync(file.fd)
  }
}

/**
 * Open a file for reading that anybody may have put there; throws unless it is a regular one. A
 * link could lead to any file, opening a device can change it, and opening a fifo waits for a
 * writer (fifo(7)). So look first, and have the flags for what is put there in between.
 */
export function openRegular(path: string): { fd: number; size: number } {
  if (!lstatSync(path).isFile()) throw new Error(notRegular)
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  const stat = fstatSync(fd)
  if (stat.isFile()) return { fd, size: stat.size }
  closeSync(fd)
  throw new Error(notRegular)
}

const notRegular = 'is not a regular file'

/** The first `size` bytes of an open file; fewer if it has become shorter. */
export function readOpened(fd: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (let got = -1; got !== 0 && at < size; at += got) got = readSync(fd, bytes, at, size - at, at)
  return bytes.subarray(0, at)
}

/** The names in a directory; none if it is missing. Throws if it cannot be read. */
export function namesIn(dir: string): string[] {
  return unlessMissing(() => readdirSync(dir)) ?? []
}

/** Rename; if several processes do this at once, one of them does it. */
export function renameIfThere(from: string, to: string): void {
  unlessMissing(() => renameSync(from, to))
}

export function unlinkIfThere(path: string): void {
  unlessMissing(() => unlinkSync(path))
}

/** What `action` gives; undefined if it throws because a file is missing. */
export function unlessMissing<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    if (!isMissing(error)) throw error
    return undefined // ignoring: it is missing, which the caller expects
  }
}

/** Whether a call failed because there is no such file; ENOTDIR: its parent is not a directory. */
export function isMissing(error: unknown): boolean {
  const code = errnoIn(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** The name of the errno of a call that Node made; undefined for other errors. */
export function errnoIn(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

/** The text of a file; undefined if it cannot be read, for whatever reason. Keeps every byte. */
export function tryRead(path: string): string | undefined {
  const name = /[\udc80-\udcff]/.test(path) ? toBytes(path) : path
  try {
    // Ask first: many files in /proc and /sys are optional, and an exception costs 13 µs, not 4.
    if (!existsSync(name)) return undefined
    const text = readFileSync(name, 'utf8') // by far faster than a Buffer, and nearly always enough
    return text.includes('\ufffd') ? fromBytes(readFileSync(name)) : text
  } catch {
    return undefined // ignoring: a file that cannot be read is like one that is missing
  }
}

/** Where a symbolic link leads; undefined if it cannot be read, for whatever reason. */
export function tryReadlink(path: string): string | undefined {
  try {
    return fromBytes(readlinkSync(toBytes(path), { encoding: 'buffer' }))
  } catch {
    return undefined // ignoring: no such link, or it is not ours to read
  }
}
