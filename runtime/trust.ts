/** Who else can change what a path leads to: the owners and modes of all that it goes through. */
import { lstatSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { tryRead } from './files.ts'

/** Something on the way to a directory that another user can change. */
export interface Intruder {
  /** The directory or link itself, which is the directory asked for, or a part of its path. */
  path: string
  isWhole: boolean
  /** `belongs to user 1000`, `can be written by group 50`. */
  why: string
  /** It can be written by others, and chmod(1) ends that. */
  isOpen: boolean
}

/**
 * The first thing on the way to the directory `path`, or to the directories `names` in it, that a
 * user other than this one and root can change; undefined if there is none, or nothing at `path`
 * yet. A directory that others can write is harmless on the way if it is sticky, as /tmp is: they
 * cannot rename or remove what is not theirs (inode(7)). A group with the number of the owner is
 * the owner's private one.
 */
export function intruderOn(path: string, names: readonly string[]): Intruder | undefined {
  for (const { at, stat, isWhole } of [...wayTo(path), ...waysInto(path, names)]) {
    const found = { path: at, isWhole }
    if (!isOurs(stat, isWhole)) return { ...found, why: belongs(stat), isOpen: false }
    if (!stat.isDirectory() || (!isWhole && (stat.mode & 0o1000) !== 0)) continue
    const by = stat.mode & 0o002 ? 'everybody' : `group ${stat.gid}`
    const isOpen = (stat.mode & 0o002) !== 0 || (stat.mode & 0o020 && stat.gid !== stat.uid)
    if (isOpen) return { ...found, why: `can be written by ${by}`, isOpen: true }
  }
  return undefined
}

interface Part {
  at: string
  stat: Stats
  /** The directory asked for, and not what leads there. */
  isWhole: boolean
}

const mostLinks = 40 // as the kernel (path_resolution(7))

/** Every directory and symbolic link that the kernel goes through to resolve `path`. */
function* wayTo(path: string): Generator<Part> {
  const rest = resolve(path).split('/').filter(Boolean)
  let at = '/'
  yield { at, stat: lstatSync(at), isWhole: rest.length === 0 }
  for (let links = 0, name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '..') at = dirname(at)
    if (name === '..' || name === '.') continue
    const next = join(at, name)
    const stat = lstatSync(next, { throwIfNoEntry: false })
    if (!stat) return
    const isLink = stat.isSymbolicLink()
    yield { at: next, stat, isWhole: rest.length === 0 && !isLink }
    if (!isLink) at = next
    else if (++links > mostLinks) throw new Error(`too many symbolic links on the way to ${path}`)
    else {
      const target = readlinkSync(next)
      if (target.startsWith('/')) at = '/'
      rest.unshift(...target.split('/').filter(Boolean))
    }
  }
}

function* waysInto(dir: string, names: readonly string[]): Generator<Part> {
  for (const name of names) {
    const at = join(dir, name)
    const stat = lstatSync(at, { throwIfNoEntry: false })
    if (stat?.isSymbolicLink()) yield* wayTo(at)
    else if (stat) yield { at, stat, isWhole: true }
  }
}

/**
 * Whether only this user or root can have made it. Inside a user namespace, what belongs to users
 * outside shows a number that stands for all of them; their / cannot be told from that of root.
 */
function isOurs({ uid }: Stats, isWhole: boolean): boolean {
  if (uid === 0 || uid === process.geteuid?.()) return true
  return !isWhole && String(uid) === tryRead('/proc/sys/kernel/overflowuid')?.trim() && isPartial()
}

/** Whether this is a user namespace that does not map all users. */
function isPartial(): boolean {
  const map = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/)
  return map[2] !== '4294967295'
}

function belongs({ uid }: Stats): string {
  return `belongs to user ${uid}`
}
