/** Files that may be missing: reading them without an exception for the ordinary case. */
import { existsSync, readdirSync, readFileSync, readlinkSync, renameSync } from 'node:fs'
import { fromBytes, toBytes } from './bytes.ts'

/** The text of a UTF-8 file; undefined if it is missing. Throws if it cannot be read. */
export function readIfThere(path: string): string | undefined {
  return unlessMissing(() => readFileSync(path, 'utf8'))
}

/** The names in a directory; none if it is missing. Throws if it cannot be read. */
export function namesIn(dir: string): string[] {
  return unlessMissing(() => readdirSync(dir)) ?? []
}

/** Rename; if several processes do this at once, one of them does it. */
export function renameIfThere(from: string, to: string): void {
  unlessMissing(() => renameSync(from, to))
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
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR'
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
