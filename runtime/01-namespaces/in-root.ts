/** Reads a file of a root file system as a process in it would find it, before there is one. */
import { closeSync, lstatSync, readlinkSync, type BigIntStats } from 'node:fs'
import { fromBytes } from '../bytes.ts'
import { readRegular, unlessMissing } from '../files.ts'
import { inOpened, openDirectory } from '../opened.ts'

/** How directories are merged, where a root file system consists of several. */
export interface Merging {
  /** Whether a file says that its name was deleted. */
  isWhiteout: (stat: BigIntStats) => boolean
  /** Whether one of these directories hides what lies further down. */
  isAnyOpaque: (levels: TreeLevel[]) => Promise<boolean>
}

/** A directory of one of the merged trees, held open. */
export interface TreeLevel {
  fd: number
  /** Which of the trees it is in: 0 is the topmost. */
  tree: number
  /** It is the tree itself. */
  isTop: boolean
}

const unmerged: Merging = { isWhiteout: () => false, isAnyOpaque: async () => false }

/** The number of links that the kernel follows in one path (path_resolution(7)). */
const mostLinks = 40

/**
 * The text of the file at `path`, at most `most` bytes, where the directories `trees`, topmost
 * first, are merged to one `/`; undefined if it is missing. Throws if it is anything but a regular
 * file. The image chooses every link on the way: each name is opened in the directory before it,
 * without following links, so that none of them leads out of `trees`.
 */
export async function readInRoot(
  trees: string[],
  path: string,
  { most, merging = unmerged }: { most: number; merging?: Merging },
): Promise<string | undefined> {
  const way: TreeLevel[][] = [openAll(trees)]
  const leave = () => way.pop()?.forEach(({ fd }) => closeSync(fd))
  const names = path.split('/')
  let links = 0
  try {
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      if (name === '' || name === '.') continue
      if (name === '..' && way.length > 1) leave()
      if (name === '..') continue
      const found = await find(way.at(-1) ?? [], name, merging)
      if (found === undefined) return undefined
      if (found.directories) way.push(found.directories)
      else if (found.link === undefined)
        return names.length > 0 ? undefined : readRegular(found.path, most)
      else if (++links > mostLinks) throw new Error('is behind too many links')
      else {
        while (found.link.startsWith('/') && way.length > 1) leave()
        names.unshift(...found.link.split('/'))
      }
    }
    throw new Error('is a directory')
  } finally {
    while (way.length > 0) leave()
  }
}

/** A tree itself may be behind a link, as the layers of a container are. */
function openAll(trees: string[]): TreeLevel[] {
  return trees.flatMap((path, tree) => {
    const fd = unlessMissing(() => openDirectory(`${path}/.`))
    return fd === undefined ? [] : [{ fd, tree, isTop: true }]
  })
}

interface Found {
  path: string
  /** Of a directory: that of each tree that has it. */
  directories?: TreeLevel[]
  link?: string
}

/** What is called `name` in a merged directory: a file, if no tree above has the name. */
async function find(
  levels: TreeLevel[],
  name: string,
  merging: Merging,
): Promise<Found | undefined> {
  const directories: TreeLevel[] = []
  const result = () => (directories.length > 0 ? { path: '', directories } : undefined)
  for (const [at, { fd, tree }] of levels.entries()) {
    const path = String(inOpened(fd, name))
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    if (!stat) continue
    const isHidden = merging.isWhiteout(stat) || (!stat.isDirectory() && directories.length > 0)
    if (isHidden || (await merging.isAnyOpaque(levels.slice(0, at)))) return result()
    if (stat.isSymbolicLink()) return { path, link: fromBytes(readlinkSync(path, 'buffer')) }
    if (!stat.isDirectory()) return { path }
    directories.push({ fd: openDirectory(path), tree, isTop: false })
  }
  return result()
}
