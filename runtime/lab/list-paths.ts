/**
 * What a path of a learner's list means, found without looking at a file system.
 *
 * The list sees several trees that are, or become, a root: the machine's `/`, the copy of the
 * image, the directories in the container's own. A path is known by its place in its tree: `/proc`
 * is the place of `/proc` and of `/image/rootfs/proc`. Paths like `dev/../proc` are refused. The
 * policy keeps each place what it is called: bind mounts and moves keep the name, links are only
 * made where they do no harm, and only the root of a tree can become the root. So `/proc` means the
 * same before and after pivot_root(2), and no path can be made to lead to another file.
 */
import { posix } from 'node:path'
import type { Given } from '../lab-rules.ts'

/** The trees of a list. */
export type Trees = Pick<Given, 'root' | 'box' | 'layers'>

/** One way to write each path: `lower0/.` and `lower0/` would follow a link, `lower0` does not. */
export function isPlain(path: string): boolean {
  if (path === '.' || path === '/') return true
  const names = path.replace(/^(\/|\.\/)/, '').split('/')
  return names.every((name) => !['', '.', '..'].includes(name))
}

/**
 * The place of `path` in its tree, seen from the directory `cwd`: `/` is a root. Undefined if it
 * has none: it is not plain, or in a layer, or in a tree that was mounted inside another one.
 */
export function placeInTree(path: string, cwd: string, trees: Trees): string | undefined {
  if (!isPlain(path)) return undefined
  const { root, box, layers } = trees
  const full = posix.resolve('/', cwd, path)
  if (full === box) return full
  const place = inTree(full, trees)
  const isIn = (dir: string) => full === dir || full.startsWith(`${dir}/`)
  const isNested = [root, box, ...layers].some((dir) => `${place}/`.includes(`${dir}/`))
  return isNested || layers.some(isIn) ? undefined : place
}

function inTree(full: string, { root, box }: Trees): string {
  if (`${full}/`.startsWith(`${root}/`)) return full.slice(root.length) || '/'
  // The machine has no /merged: it is looked for there by a list that did not enter its directory.
  if (/^\/merged(\/|$)/.test(full)) return full.slice('/merged'.length) || '/'
  if (!full.startsWith(`${box}/`)) return full
  const [, ...rest] = full.slice(box.length + 1).split('/')
  return `/${rest.join('/')}`
}
