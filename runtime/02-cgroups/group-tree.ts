/** The groups inside a group, at any depth. */
import { toBytes } from '../bytes.ts'
import { descend, type Stop } from '../descent.ts'
import { entriesIn } from '../opened.ts'

/**
 * Yield each group below `dir` after the groups inside it, so that each can be removed when it is
 * yielded. The path leads through an open descriptor and is valid until the next one is asked for:
 * a container may nest groups so deep that their paths exceed PATH_MAX (4096 bytes). Groups that
 * are removed meanwhile are left out.
 */
export function* groupsBelow(dir: string): Generator<Buffer> {
  try {
    for (const stop of descend(dir)) {
      if (stop.failure && !isGone(stop.failure)) throw stop.failure
      if (stop.left === undefined) stop.into = childrenOf(stop)
      else if (!stop.failure) yield toBytes(`/proc/self/fd/${stop.fd}/${stop.left}`)
    }
  } catch (error) {
    if (!isGone(error)) throw error // ignoring: all of it is being removed
  }
}

/** A directory without directories inside has two links: its name and its `.`. */
function childrenOf(stop: Stop): string[] {
  if (stop.stat.nlink <= 2n) return []
  try {
    return [...entriesIn(stop)].filter((each) => each.isDirectory()).map(({ name }) => name)
  } catch (error) {
    if (isGone(error)) return [] // ignoring: there is nothing left to visit
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
