/**
 * Reads files of directories that others write: the root of a container. No link in
 * them leads out, no fifo makes the reader wait, and no device is opened.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs'
import { readlinkSync, readSync } from 'node:fs'
import { inOpened, openDirectory } from '../opened.ts'

/** The number of links that the kernel follows in one path (path_resolution(7)). */
const mostLinks = 40

const mostBytes = 2 ** 20

/**
 * The text of the file `path` as a process sees it whose root is `root`; undefined if there is
 * none, or it is no regular file. Of a long one, the beginning.
 */
export function readInside(root: string, path: string): string | undefined {
  const way = [openDirectory(`${root}/.`)]
  const names = path.split('/')
  const leaveTo = (depth: number) => way.splice(depth).forEach((fd) => closeSync(fd))
  let links = 0
  try {
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      if (name === '' || name === '.') continue
      if (name === '..') {
        leaveTo(Math.max(1, way.length - 1))
        continue
      }
      const place = inOpened(way.at(-1) as number, name)
      const stat = lstatSync(place, { throwIfNoEntry: false })
      if (stat?.isSymbolicLink()) {
        if (++links > mostLinks) return undefined
        const target = readlinkSync(place)
        if (target.startsWith('/')) leaveTo(1)
        names.unshift(...target.split('/'))
      } else if (stat?.isDirectory()) way.push(openDirectory(place))
      else return stat?.isFile() && names.length === 0 ? textOf(String(place)) : undefined
    }
    return undefined
  } catch {
    return undefined // ignoring: it was changed or removed meanwhile, or cannot be read
  } finally {
    leaveTo(0)
  }
}

/** Looked at again when it is open: something else may be in its place by now. */
function textOf(path: string): string | undefined {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const fd = openSync(path, flags)
  try {
    if (!fstatSync(fd).isFile()) return undefined
    const bytes = Buffer.alloc(mostBytes)
    let size = 0 // files of /proc say that they have none
    for (let got = -1; got !== 0 && size < mostBytes; size += got)
      got = readSync(fd, bytes, size, mostBytes - size, null)
    return bytes.toString('utf8', 0, size)
  } finally {
    closeSync(fd)
  }
}
