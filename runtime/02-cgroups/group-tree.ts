/** The groups inside a group, at any depth. */
import { closeSync, constants, fstatSync, openSync, readdirSync } from 'node:fs'

/**
 * Yield each group below `dir` after the groups inside it, so that each can be removed when it is
 * yielded. The path leads through an open descriptor and is valid until the next one is asked for.
 *
 * A container may nest groups so deep that their paths exceed PATH_MAX (4096 bytes). Each
 * directory is therefore opened relative to its parent, and left again through `..`: two
 * descriptors are open at most, and no call gets a path longer than one name.
 */
export function* groupsBelow(dir: string): Generator<Buffer> {
  let fd = openDirectory(dir)
  if (fd === undefined) return
  try {
    /** From `dir` down to the open directory: each with the groups in it still to be visited. */
    const levels = [{ name: '', children: childrenOf(fd) }]
    for (let level = levels.at(-1); level; level = levels.at(-1)) {
      const child = level.children.pop()
      if (child === undefined && levels.length === 1) return
      const next = openDirectory(inside(fd, child ?? '..'))
      if (next === undefined && child === undefined) return // ignoring: all of it is being removed
      if (next === undefined) continue // ignoring: the child is gone
      closeSync(fd)
      fd = next
      if (child !== undefined) levels.push({ name: child, children: childrenOf(fd) })
      else {
        levels.pop()
        yield inside(fd, level.name)
      }
    }
  } finally {
    closeSync(fd)
  }
}

/** Names are decoded as Latin-1 throughout, which keeps every byte: a name need not be UTF-8. */
function inside(fd: number, name: string): Buffer {
  return Buffer.from(`/proc/self/fd/${fd}/${name}`, 'latin1')
}

/** A directory without directories inside has two links: its name and its `.`. */
function childrenOf(fd: number): string[] {
  if (fstatSync(fd).nlink <= 2) return []
  try {
    const entries = readdirSync(`/proc/self/fd/${fd}`, { withFileTypes: true, encoding: 'latin1' })
    return entries.filter((each) => each.isDirectory()).map(({ name }) => name)
  } catch (error) {
    if (isGone(error)) return [] // ignoring: there is nothing left to visit
    throw error
  }
}

/** Undefined if there is no such directory any more. */
function openDirectory(path: string | Buffer): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

/**
 * Whether a call failed because the group was removed: its path no longer exists (ENOENT), or a
 * file or directory of it that was still open is of no use any more (ENODEV).
 */
export function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ENODEV'
}
