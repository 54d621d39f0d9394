/** The way down a tree that somebody is changing: any depth, few descriptors, no path. */
import { closeSync, fstatSync, readdirSync } from 'node:fs'
import { inOpened, openDirectory, openSame, type DirectoryId } from '../opened.ts'

/** A directory on the way, and what the walk knows `of` it. */
export interface Level<Of> {
  of: Of
  /** Its descriptor; -1 while it is closed. */
  fd: number
  /** Its name in the level above. */
  name: string
  id: DirectoryId
  /** The number of levels above it. */
  depth: number
  /** The names in it, sorted by their bytes. */
  names: Buffer[]
  /** How many of them the walk has asked for. */
  asked: number
}

/** The root, and as many levels next to the current one, stay open. */
const near = 8

/**
 * Begin at the directory `root`. A level is reached in two ways only: through the descriptor of the
 * one above, and, to come back to a level that was closed, through the `..` of the one below. It
 * must be the directory that was seen before, or it counts as vanished; so whatever somebody moves
 * or puts in its place, be it a symlink to the host's /etc, the walk stays in the tree.
 */
export function wayFrom<Of>(root: string, of: Of, onVanished: (level: Of) => void) {
  const way: Level<Of>[] = []
  const held = new Set<Level<Of>>()
  const isNear = ({ depth }: Level<Of>) => depth === 0 || depth >= way.length - near
  const closeUnused = (level: Level<Of>) => {
    const isUsed = held.has(level) || (way[level.depth] === level && isNear(level))
    if (level.fd < 0 || isUsed) return
    closeSync(level.fd)
    level.fd = -1
  }
  const add = (level: Pick<Level<Of>, 'fd' | 'name' | 'id' | 'of'>) => {
    const names = readdirSync(`/proc/self/fd/${level.fd}`, 'buffer').sort(Buffer.compare)
    way.push({ ...level, names, asked: 0, depth: way.length })
  }
  const fd = openDirectory(root)
  add({ fd, name: '', id: fstatSync(fd, { bigint: true }), of })
  return {
    /** The level where the walk is; undefined when it has left the root. */
    last: () => way.at(-1),

    /** Go down to the directory `name` of the last level, which is still the one with this `id`. */
    enter(name: string, id: DirectoryId, of: Of): void {
      const opened = openSame(inOpened(way.at(-1)?.fd ?? -1, name), id)
      if (opened === undefined) return onVanished(of)
      add({ fd: opened, name, id, of })
      const far = way[way.length - near - 1]
      if (far) closeUnused(far)
    },

    /** Go back up. If the level above has vanished meanwhile, no name in it is left. */
    leave(): void {
      const level = way.pop()
      const above = way.at(-1)
      if (level && above && above.fd < 0) {
        above.fd = openAbove(level, above.id) ?? openFrom(way) ?? -1
        if (above.fd < 0 && above.names.splice(above.asked).length > 0) onVanished(above.of)
      }
      if (level) closeUnused(level)
    },

    /** Keep a level open until `release`. Gives the number of those that are kept open. */
    hold(level: Level<Of>): number {
      return held.add(level).size
    },

    release(): void {
      const all = [...held]
      held.clear()
      all.forEach(closeUnused)
    },

    /** Close everything. */
    end(): void {
      const all = new Set([...held, ...way.splice(0)])
      held.clear()
      all.forEach(closeUnused)
    },
  }
}

/** Through the `..` of the level below. */
function openAbove({ fd }: Level<unknown>, id: DirectoryId): number | undefined {
  return fd < 0 ? undefined : openSame(`/proc/self/fd/${fd}/..`, id)
}

/** From the root down: the last level of `way`, when the one below it was moved elsewhere. */
function openFrom([root, ...others]: Level<unknown>[]): number | undefined {
  let fd = root?.fd
  for (const { name, id } of others) {
    if (fd === undefined) return undefined
    const next = openSame(inOpened(fd, name), id)
    if (fd !== root?.fd) closeSync(fd)
    fd = next
  }
  return fd
}
