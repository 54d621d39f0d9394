/** Layers made of a learner's entries, and the trees that containers on top of them see. */
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { join } from 'node:path'
import type { LayerEntry } from '../../../runtime/05-commit/layer/entries.ts'
import { unpackLayer } from '../../../runtime/05-commit/layer/unpack.ts'
import { paddingOf } from '../../../runtime/05-commit/tar/tar.ts'
import { tarEnd, tarHeader } from '../../../runtime/05-commit/tar/write.ts'
import type { Bench, Box } from '../../../runtime/chapter-lab.ts'

/** Bytes of a file that may be in such a layer: the checks write short files. */
const mostBytes = 2 ** 16

/**
 * Write `entries` as a layer's archive and unpack it into a new directory in `dir`. `contentOf`
 * gives the bytes of a file that has some. Throws if it is no archive of a layer.
 */
export async function unpackedLayer(
  dir: string,
  entries: LayerEntry[],
  contentOf: (path: string) => Buffer = () => Buffer.of(),
): Promise<string> {
  const place = join(mkdtempSync(join(dir, 'layer-')), 'layer')
  mkdirSync(place)
  await unpackLayer(archiveOf(entries, contentOf), place)
  return place
}

async function* archiveOf(entries: LayerEntry[], contentOf: (path: string) => Buffer) {
  for (const entry of entries) {
    if (entry.size > mostBytes) throw new Error(`${entry.path} has ${entry.size} bytes`)
    yield tarHeader({ ...entry, mtimeNs: BigInt(entry.mtimeNs), xattrs: [] })
    if (entry.size === 0) continue
    const content = Buffer.alloc(entry.size + paddingOf(entry.size))
    contentOf(entry.path).copy(content, 0, 0, entry.size)
    yield content
  }
  yield tarEnd
}

/** A file by path: what lstat(2) says of it, and what is in it. */
export type Tree = Map<string, string>

/** The tree that a waiting container sees, from the host; without its mounts and the init layer. */
export function treeOf({ disk, facts }: Box): Tree {
  const tree: Tree = new Map()
  if (!disk || !facts) return tree
  const root = `/proc/${facts.pid}/root`
  const mounts = new Set(facts.mounts.map(({ target }) => target.slice(1)))
  const names = new Map<number, string[]>()
  const left = ['']
  for (let above = left.pop(); above !== undefined; above = left.pop())
    for (const name of readdirSync(join(root, above)).sort()) {
      const path = join(above, name)
      if (mounts.has(path) || isInitFile(disk.dir, path)) continue
      // overlayfs lists a whiteout in a directory that only one layer has; nothing is there.
      const stat = lstatSync(join(root, path), { throwIfNoEntry: false })
      if (!stat) continue
      if (stat.isDirectory()) left.push(path)
      // Nothing can be written into a link, so it makes no difference which names are one link.
      else if (!stat.isSymbolicLink())
        names.set(stat.ino, [...(names.get(stat.ino) ?? []), path])
      tree.set(path, described(join(root, path), stat))
    }
  for (const all of names.values())
    if (all.length > 1)
      for (const path of all) tree.set(path, `${tree.get(path)} = ${all.toSorted().join(' = ')}`)
  return tree
}

/** The time of a directory is left out: mount points that are made in it change that. */
function described(path: string, stat: Stats): string {
  const mode = (stat.mode & 0o7777).toString(8)
  const owner = `${mode} ${stat.uid}:${stat.gid}`
  if (stat.isDirectory()) return `directory ${owner}`
  if (stat.isSymbolicLink()) return `link ${owner} to ${readlinkSync(path)}`
  if (!stat.isFile()) return `${stat.isFIFO() ? 'fifo' : 'special'} ${owner} ${stat.rdev}`
  const text = stat.size < 100 ? JSON.stringify(readFileSync(path, 'utf8')) : ''
  return `file ${owner} ${stat.size} ${Math.floor(stat.mtimeMs)} ${text}`.trimEnd()
}

function isInitFile(dir: string, path: string): boolean {
  const stat = lstatSync(join(dir, 'init', path), { throwIfNoEntry: false })
  return stat !== undefined && !stat.isDirectory()
}

/** The tree of a container that writes nothing, with `layers` on top of the image. */
export async function treeOn({ run }: Bench, layers: string[]): Promise<Tree> {
  return treeOf(await run({ script: 'true', then: 'true', layers }))
}

/** A path that is not the same in two trees, and what it is in each. */
export interface Difference {
  path: string
  wanted: string
  found: string
}

/** The first path that differs: a directory before what is in it. */
export function firstDifference(wanted: Tree, found: Tree): Difference | undefined {
  const paths = [...new Set([...wanted.keys(), ...found.keys()])].sort()
  const path = paths.find((each) => wanted.get(each) !== found.get(each))
  if (path === undefined) return undefined
  const of = (tree: Tree) => tree.get(path) ?? ''
  return { path, wanted: of(wanted), found: of(found) }
}
