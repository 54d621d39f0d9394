/** The names of a layer while it is unpacked: each held once, in its directory, and bounded. */
import { toBytes } from '../../bytes.ts'
import { damaged, type Entry } from '../tar/tar.ts'
import type { Later } from './files.ts'

/** How much of an archive is held in memory until its end. */
export interface Bounds {
  /** Entries, and names of files and directories that they make. */
  names: number
  /** Bytes of their paths, of link targets, and of the attributes of directories. */
  bytes: number
}

/**
 * The largest images have some hundred thousand names in a layer, of a hundred bytes each. Names
 * compress well: without a bound, an archive of 60 MB can fill any memory.
 */
const bounds: Bounds = { names: 2 ** 21, bytes: 2 ** 28 }

export interface Tree {
  top: Directory
  most: Bounds
  /** What has been counted so far. */
  entries: number
  names: number
  bytes: number
}

export type Node = Directory | { kind: 'symlink'; target: string } | typeof file | typeof deleted

export interface Directory {
  kind: 'directory'
  later: Later
  isOpaque?: boolean
  /** The names that whiteouts in it delete in the layers below. */
  deletes?: Set<string>
  /** What is in it; absent if nothing is. */
  content?: Map<string, Node>
}

export const file = { kind: 'file' } as const
export const deleted = { kind: 'whiteout' } as const

export function emptyTree(most = bounds): Tree {
  return { top: emptyDirectory(), most, entries: 0, names: 0, bytes: 0 }
}

/** A directory that has files in the archive but no entry. */
export function emptyDirectory(): Directory {
  return { kind: 'directory', later: { mode: 0o755, mtimeNs: 0n } }
}

/** Count an entry and what will be held of it. Throws if that is too much. */
export function countEntry(tree: Tree, { type, path, target, xattrs }: Entry): void {
  const held = type === 'directory' ? xattrs.reduce((sum, each) => sum + each.value.length, 0) : 0
  countBytes(tree, path.length + target.length + held)
  if (++tree.entries > tree.most.names)
    throw damaged(`it has more than ${tree.most.names} entries`)
}

/** Count `bytes` more. One entry can make thousands of directories, each with a longer path. */
export function countBytes(tree: Tree, bytes: number): void {
  tree.bytes += bytes
  if (tree.bytes > tree.most.bytes)
    throw damaged(`its names have more than ${tree.most.bytes} bytes`)
}

/** Give `node` a name in `dir`. */
export function putName(tree: Tree, dir: Directory, { name, node }: { name: string; node: Node }) {
  const { most } = tree
  dir.content ??= new Map()
  if (!dir.content.has(name) && ++tree.names > most.names)
    throw damaged(`it makes more than ${most.names} names`)
  dir.content.set(name, node)
}

/** The names on the way to a file, from the top, without `..` and symlinks except as the last. */
export type Path = string[]

export function nodeAt({ top }: Tree, path: Path): Node | undefined {
  let node: Node | undefined = top
  for (const name of path) node = node?.kind === 'directory' ? node.content?.get(name) : undefined
  return node
}

export function textOf(path: Path): string {
  return path.join('/') || '.'
}

/**
 * Resolve a name as the kernel does for a process whose root is the layer (path_resolution(7)):
 * `..` stops at the root, at most 40 symlinks are followed, and the last name is not followed.
 */
export function resolveIn(tree: Tree, name: string): Path {
  const left = namesIn(name)
  const path: Path = []
  const nodes: (Node | undefined)[] = [tree.top]
  const goUp = (levels: number) => {
    path.splice(Math.max(0, path.length - levels))
    nodes.splice(path.length + 1)
  }
  for (let links = 0; left.length > 0; ) {
    const next = left.pop() ?? ''
    if (next === '' || next === '.') continue
    checkNameLength(next)
    if (next.startsWith('.wh.')) throw damaged(`a file in ${next}, which is a whiteout: ${name}`)
    if (next === '..') {
      goUp(1)
      continue
    }
    const dir = nodes.at(-1)
    const node = dir?.kind === 'directory' ? dir.content?.get(next) : undefined
    if (node?.kind !== 'symlink' || left.length === 0) {
      path.push(next)
      nodes.push(node)
    } else if (++links > 40) throw damaged(`too many symlinks in ${name}`)
    else {
      if (node.target.startsWith('/')) goUp(path.length)
      left.push(...namesIn(node.target))
    }
  }
  checkPathLength(textOf(path))
  return path
}

/** The names of a path, the first one last: `resolveIn` takes them from the end. */
function namesIn(path: string): string[] {
  checkPathLength(path)
  return path.split('/').reverse()
}

/** Throws if the kernel would take a name to be too long: NAME_MAX (limits.h). */
export function checkNameLength(name: string): void {
  if (isLonger(name, 255)) throw damaged('a name of more than 255 bytes')
}

/** Throws if a path is too long: PATH_MAX without the final NUL (limits.h). */
export function checkPathLength(path: string): void {
  if (isLonger(path, 4095)) throw damaged('a name longer than any path may be')
}

/** A byte that is not part of any character counts three in `byteLength` (bytes.ts). */
function isLonger(text: string, most: number): boolean {
  return Buffer.byteLength(text) > most && toBytes(text).length > most
}
