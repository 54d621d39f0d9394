/**
 * A walk through a tree of directories: without recursion, with a bounded number of descriptors,
 * for any depth and any names.
 */
import { closeSync, fstatSync, type BigIntStats } from 'node:fs'
import { inOpened, openDirectory, openSame } from './opened.ts'

/** A stop of the walk: it has entered a directory, or is back in the one above. */
export interface Stop {
  /** The open directory, valid until the next stop. */
  fd: number
  /** What `fd` was when it was entered. */
  stat: BigIntStats
  /** The name, in `fd`, of the directory that was left; undefined where `fd` was just entered. */
  left?: string
  /** Why `left` could not be entered. */
  failure?: unknown
  /** Where `fd` was just entered: to be filled with the names of the directories to enter. */
  into: string[]
  /** The names that lead from the top to `fd`. */
  path: () => string[]
}

/** A directory on the way from the top to where the walk is. */
interface Level {
  name: string
  fd: number
  isOpen: boolean
  stat: BigIntStats
  /** The directories in it that are still to be entered. */
  into: string[]
  above?: Level
}

/** How many of the directories that lead to the current one stay open. */
const mostOpen = 8

/**
 * Enter the directory `top`, and each directory that the caller puts into `into`; leave each after
 * all in it.
 *
 * A directory is opened by its name in the one above, never through a link. Those far above are
 * closed meanwhile and found again as `..`; throws if that is another directory by then, because
 * something was moved.
 */
export function* descend(top: string): Generator<Stop> {
  let level: Level = levelOf('', openDirectory(top))
  const open = [level]
  try {
    yield* entered(level)
    for (;;) {
      const name = level.into.pop()
      if (name !== undefined) {
        const below = openBelow(level, name)
        if (!('fd' in below)) {
          yield { ...stopIn(level), left: name, ...below }
          continue
        }
        level = below
        open.push(level)
        if (open.length > mostOpen) close(open.shift())
        yield* entered(level)
      } else {
        const { above, name: left, fd }: Level = level
        if (!above) return
        if (!above.isOpen) open.unshift(reopened(above, fd))
        open.pop()
        closeSync(fd)
        level = above
        yield { ...stopIn(level), left }
      }
    }
  } finally {
    for (const { fd } of open) closeSync(fd)
  }
}

function* entered(level: Level): Generator<Stop> {
  const stop = stopIn(level)
  yield stop
  level.into = stop.into
}

function stopIn(level: Level): Stop {
  const { fd, stat } = level
  return { fd, stat, into: [], path: () => pathTo(level) }
}

function pathTo(level: Level): string[] {
  const names: string[] = []
  for (let at = level; at.above; at = at.above) names.push(at.name)
  return names.reverse()
}

function openBelow(above: Level, name: string): Level | { failure: unknown } {
  try {
    return { ...levelOf(name, openDirectory(inOpened(above.fd, name))), above }
  } catch (failure) {
    return { failure }
  }
}

function levelOf(name: string, fd: number): Level {
  return { name, fd, isOpen: true, stat: fstatSync(fd, { bigint: true }), into: [] }
}

function close(level: Level | undefined): void {
  if (!level) return
  level.isOpen = false
  closeSync(level.fd)
}

/** Open the directory above `below` again. */
function reopened(level: Level, below: number): Level {
  const fd = openSame(inOpened(below, '..'), level.stat)
  if (fd === undefined) throw new Error('a directory was moved meanwhile')
  return Object.assign(level, { fd, isOpen: true })
}
