/** Decides, for each entry of an archive, where its name leads and which calls put it there. */
import type { Step } from '../../step.ts'
import { damaged, type Entry } from '../tar/tar.ts'
import {
  attributes,
  directoryBegun,
  directoryDone,
  later,
  newDirectory,
  newFile,
  newName,
  newNode,
  opaque,
  removed,
  whiteout,
  type Later,
} from './files.ts'

/** The calls for an entry. */
export interface Placed {
  steps: Step[]
  /** The path of a file with content; after `steps` it is open, and its content comes next. */
  openPath?: string
}

/**
 * The tree of a layer while it is unpacked. chroot(2) keeps every call inside the layer; the tree
 * is kept because an entry's calls depend on what the entries before it have made. A path in the
 * tree has no `..`, and no symlink except as its last name.
 *
 * The rules are those of the OCI image-spec (layer.md) and, where that is silent, tar's: of several
 * entries of one name the last one counts, except that a directory keeps its content. A whiteout
 * deletes names in the layers below and none in this layer, wherever in the archive it comes.
 */
export function layerTree() {
  const tree: Tree = new Map([[root, { kind: 'directory', later: implied }]])
  return {
    /** The calls for the next entry. Throws if it breaks the rules. */
    place: (entry: Entry) => place(tree, entry),
    /** The calls after the last entry, directory by directory. */
    finish: () => finish(tree),
  }
}

/** What the entries so far have made, by path. */
type Tree = Map<string, Node>

type Node =
  | { kind: 'directory'; later: Later; isOpaque?: boolean }
  | { kind: 'symlink'; target: string }
  | { kind: 'file' }
  | { kind: 'whiteout' }

const root = '.'

/** Mode and time of a directory that has files in the archive but no entry. */
const implied: Later = { mode: 0o755, mtimeNs: 0n }

/** Check an entry against the rules, and find the calls for it. */
function place(tree: Tree, entry: Entry): Placed {
  const name = entry.path.slice(entry.path.lastIndexOf('/') + 1)
  if (name.startsWith('.wh.')) {
    const dir = resolve(tree, entry.path.slice(0, -name.length))
    return { steps: mark(tree, dir, name.slice('.wh.'.length)) }
  }
  const path = resolve(tree, entry.path)
  if (entry.type === 'directory') return { steps: directory(tree, path, entry) }
  if (path === root) throw damaged(`its root is a ${entry.type}`)
  if (entry.type === 'hardlink') return { steps: hardLink(tree, path, entry) }
  if (entry.type === 'character' && entry.device.major === 0 && entry.device.minor === 0)
    throw damaged(`${entry.path} is a device 0:0, which to overlayfs is a deleted name`)
  const steps = replace(tree, path)
  const { type, target } = entry
  tree.set(path, type === 'symlink' ? { kind: type, target } : { kind: 'file' })
  if (entry.size > 0) return { steps: [...steps, ...newFile(path, entry)], openPath: path }
  return { steps: [...steps, ...newNode(path, entry), ...attributes(path, entry)] }
}

/** Make a directory, or change an existing one, as its entry says. */
function directory(tree: Tree, path: string, entry: Entry): Step[] {
  const kind = tree.get(path)?.kind
  const steps = kind === 'file' || kind === 'symlink' ? replace(tree, path) : []
  steps.push(...ensure(tree, path), ...directoryBegun(path, entry))
  const node = tree.get(path)
  if (node?.kind === 'directory') node.later = later(entry)
  return steps
}

/**
 * Make a hard link. Its target must come earlier in the archive: it cannot be outside the layer.
 */
function hardLink(tree: Tree, path: string, entry: Entry): Step[] {
  const target = resolve(tree, entry.target)
  const node = tree.get(target)
  if (node?.kind !== 'file' && node?.kind !== 'symlink')
    throw damaged(`${entry.path} is a hard link to ${entry.target}, which is no file in it`)
  if (target === path) return []
  const steps = [...replace(tree, path), ...newName(target, path)]
  tree.set(path, node)
  return steps
}

/** A whiteout: `name` is what follows `.wh.`. */
function mark(tree: Tree, dir: string, name: string): Step[] {
  if (name === '.wh..opq') {
    if (dir === root) throw damaged('its root is opaque, which overlayfs cannot do')
    return [...ensure(tree, dir), ...hide(tree, dir)]
  }
  if (name.startsWith('.wh.')) return [] // ignoring: a private file of AUFS, like .wh..wh.plnk
  if (['', '.', '..'].includes(name)) throw damaged(`a whiteout of the name '${name}'`)
  const path = under(dir, name)
  if (tree.has(path)) return hide(tree, path)
  const steps = [...ensure(tree, dir), ...whiteout(path)]
  tree.set(path, { kind: 'whiteout' })
  return steps
}

/** Make a directory opaque: it was deleted below and made again in this layer. */
function hide(tree: Tree, path: string): Step[] {
  const node = tree.get(path)
  if (node?.kind !== 'directory' || node.isOpaque) return []
  node.isOpaque = true
  return opaque(path)
}

/** Make `path` a directory, and all its parents. */
function ensure(tree: Tree, path: string): Step[] {
  const node = tree.get(path)
  if (node?.kind === 'directory') return []
  if (node && node.kind !== 'whiteout')
    throw damaged(`it has files in ${path}, which is a ${node.kind}`)
  const steps = replace(tree, path)
  tree.set(path, { kind: 'directory', later: implied })
  return [...steps, ...newDirectory(path), ...(node ? hide(tree, path) : [])]
}

/** Make the parent directory of `path`, and remove what is at `path`. */
function replace(tree: Tree, path: string): Step[] {
  const steps = ensure(tree, parent(path))
  const node = tree.get(path)
  if (node) steps.push(...removed(path, node.kind === 'directory'))
  tree.delete(path)
  return steps
}

/**
 * Resolve a name as the kernel does for a process whose root is the layer (path_resolution(7)):
 * `..` stops at the root, at most 40 symlinks are followed, and the last name is not followed.
 */
function resolve(tree: Tree, name: string): string {
  if (name.length > longestPath) throw damaged('a name longer than any path may be')
  const left = name.split('/').reverse()
  let path = root
  for (let links = 0; left.length > 0; ) {
    const next = left.pop() ?? ''
    if (next === '' || next === '.') continue
    if (next.startsWith('.wh.')) throw damaged(`a file in ${next}, which is a whiteout: ${name}`)
    const below = next === '..' ? parent(path) : under(path, next)
    const node = tree.get(below)
    if (node?.kind !== 'symlink' || left.length === 0) path = below
    else if (++links > 40) throw damaged(`too many symlinks in ${name}`)
    else {
      if (node.target.startsWith('/')) path = root
      left.push(...node.target.split('/').reverse())
    }
  }
  return path
}

/** PATH_MAX without the final NUL (limits.h). */
const longestPath = 4095

function under(dir: string, name: string): string {
  return dir === root ? name : `${dir}/${name}`
}

function parent(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : root
}

/** Modes, default ACLs and times of all directories: no file is put into them any more. */
function* finish(tree: Tree): Generator<Step[]> {
  for (const [path, node] of tree)
    if (node.kind === 'directory') yield directoryDone(path, node.later)
}
