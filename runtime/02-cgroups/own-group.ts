/** Which directories are control groups of Stepbox: their paths come from files on disk. */
import { lstatSync, statfsSync } from 'node:fs'
import { basename, dirname, normalize } from 'node:path'

/**
 * Whether `dir` is a group of Stepbox, or of the container `id`, or was one and is gone. Its whole
 * path is looked at, because all processes in it are killed, and files in it written: it is named
 * `stepbox-…` and lies in a tree of control groups, as a container's group does (cgroup.ts), and
 * not in another container's. So neither `..` nor a link nor another file system leads elsewhere.
 */
export function isOwnGroup(dir: string, id?: string): boolean {
  const name = basename(dir)
  if (!/^stepbox-[A-Za-z0-9_.-]+$/.test(name) || normalize(dir) !== dir) return false
  if (id !== undefined && name !== `stepbox-${id}`) return false
  const stat = lstatSync(dir, { throwIfNoEntry: false })
  if (!stat) return true
  return stat.isDirectory() && (isTree(dirname(dir)) || isInTree(dirname(dir)))
}

/** Whether `dir` is a group below the mount point of a tree, in no group of a container. */
export function isInTree(dir: string): boolean {
  if (normalize(dir) !== dir || dir === '/' || basename(dir).startsWith('stepbox-')) return false
  if (!lstatSync(dir, { throwIfNoEntry: false })?.isDirectory()) return false
  if (!types.includes(statfsSync(dir).type)) return false
  const above = dirname(dir)
  return !isTree(dir) && (isTree(above) || isInTree(above))
}

const known = new Map<string, boolean>()

/** Whether `path` is the mount point of a tree of control groups; looked at once. */
function isTree(path: string): boolean {
  const is = known.get(path) ?? lookAt(path)
  known.set(path, is)
  return is
}

/** The types of cgroupfs and cgroup2fs (statfs(2)). */
const types = [0x27e0eb, 0x63677270]

/** A mount point is on another device than the directory that it is in. */
function lookAt(path: string): boolean {
  const [own, outer] = [lstatSync(path), lstatSync(dirname(path))]
  return own.isDirectory() && own.dev !== outer.dev && types.includes(statfsSync(path).type)
}
