/** Chapter 5. What is in a layer so far: where a name in an archive leads, what it does there. */
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
import type { Step } from '../../step.ts'
import { damaged, type Entry } from '../tar/tar.ts'

/** What an entry asks for. */
export interface Placed {
  steps: Step[]
  /** Of a file with content: its path, where it now waits, open, to be written. */
  openPath?: string
}

/**
 * A layer that is being unpacked. The kernel resolves every name inside it; we do so before,
 * because it matters what is there already. Paths in here have no `..` and no symlink in them but
 * at the end.
 *
 * The rules are those of the OCI image-spec (layer.md), and where it says nothing, tar's: of
 * several entries with one name the last one counts, but a directory keeps what is in it. A
 * whiteout deletes what lies in the layers below and nothing in its own, wherever in the archive it
 * stands.
 */
export function layerTree() {
  const tree: Tree = new Map([[root, { kind: 'directory', later: implied }]])
  return {
    place: (entry: Entry) => place(tree, entry),
    /** What can only be done when every entry is in its place, directory by directory. */
    finish: () => finish(tree),
  }
}

type Tree = Map<string, Node>

type Node =
  | { kind: 'directory'; later: Later; isOpaque?: boolean }
  | { kind: 'symlink'; target: string }
  | { kind: 'file' }
  | { kind: 'whiteout' }

const root = '.'

/** A directory that the archive has files in but no entry for is root's, and of no time. */
const implied: Later = { mode: 0o755, mtimeNs: 0n }

function place(tree: Tree, entry: Entry): Placed {
  const name = entry.path.slice(entry.path.lastIndexOf('/') + 1)
  if (name.startsWith('.wh.')) {
    const dir = resolve(tree, entry.path.slice(0, -name.length))
    return { steps: mark(tree, dir, name.slice('.wh.'.length)) }
  }
  const path = resolve(tree, entry.path)
  if (entry.type === 'directory') return { steps: directory(tree, path, entry) }
  if (path === root) throw damaged(`its root is a ${entry.type}`)
  if (entry.type === 'hardlink') return { steps: join(tree, path, entry) }
  if (entry.type === 'character' && entry.device.major === 0 && entry.device.minor === 0)
    throw damaged(`${entry.path} is a device 0:0, which overlayfs would take for a deleted name`)
  const steps = replace(tree, path)
  const { type, target } = entry
  tree.set(path, type === 'symlink' ? { kind: type, target } : { kind: 'file' })
  if (entry.size > 0) return { steps: [...steps, ...newFile(path, entry)], openPath: path }
  return { steps: [...steps, ...newNode(path, entry), ...attributes(path, entry)] }
}

/** A directory, made or already there, gets what its entry says. */
function directory(tree: Tree, path: string, entry: Entry): Step[] {
  const kind = tree.get(path)?.kind
  const steps = kind === 'file' || kind === 'symlink' ? replace(tree, path) : []
  steps.push(...ensure(tree, path), ...directoryBegun(path, entry))
  const node = tree.get(path)
  if (node?.kind === 'directory') node.later = later(entry)
  return steps
}

function join(tree: Tree, path: string, entry: Entry): Step[] {
  const target = resolve(tree, entry.target)
  const node = tree.get(target)
  if (node?.kind !== 'file' && node?.kind !== 'symlink')
    throw damaged(`${entry.path} is to be another name of ${entry.target}, which is no file in it`)
  if (target === path) return []
  const steps = [...replace(tree, path), ...newName(target, path)]
  tree.set(path, node)
  return steps
}

/** An entry whose name begins with `.wh.` is no file: it says something of the name after that. */
function mark(tree: Tree, dir: string, name: string): Step[] {
  if (name === '.wh..opq') {
    if (dir === root) throw damaged('it hides the root of the layers below, which cannot be')
    return [...ensure(tree, dir), ...hide(tree, dir)]
  }
  if (name.startsWith('.wh.')) return [] // ignoring: what AUFS kept for itself
  if (['', '.', '..'].includes(name)) throw damaged(`a deleted name '${name}'`)
  const path = under(dir, name)
  if (tree.has(path)) return hide(tree, path)
  const steps = [...ensure(tree, dir), ...whiteout(path)]
  tree.set(path, { kind: 'whiteout' })
  return steps
}

/** A directory deleted below and made again here shows nothing of the one below. */
function hide(tree: Tree, path: string): Step[] {
  const node = tree.get(path)
  if (node?.kind !== 'directory' || node.isOpaque) return []
  node.isOpaque = true
  return opaque(path)
}

/** Make `path` a directory, and all above it. */
function ensure(tree: Tree, path: string): Step[] {
  const node = tree.get(path)
  if (node?.kind === 'directory') return []
  if (node && node.kind !== 'whiteout')
    throw damaged(`it has files in ${path}, which is a ${node.kind}`)
  const steps = replace(tree, path)
  tree.set(path, { kind: 'directory', later: implied })
  return [...steps, ...newDirectory(path), ...(node ? hide(tree, path) : [])]
}

/** Make room for `path`, and the directory that it is in. */
function replace(tree: Tree, path: string): Step[] {
  const steps = ensure(tree, parent(path))
  const node = tree.get(path)
  if (node) steps.push(...removed(path, node.kind === 'directory'))
  tree.delete(path)
  return steps
}

/**
 * Where a name leads: as the kernel would walk it with the layer as its root (path_resolution(7)).
 */
function resolve(tree: Tree, name: string): string {
  if (name.length > longestPath) throw damaged('a name longer than any path may be')
  const left = name.split('/').reverse()
  let path = root
  for (let links = 0; left.length > 0; ) {
    const next = left.pop() ?? ''
    if (next === '' || next === '.') continue
    if (next.startsWith('.wh.')) throw damaged(`a file in ${next}, which is no directory: ${name}`)
    const below = next === '..' ? parent(path) : under(path, next)
    const node = tree.get(below)
    if (node?.kind !== 'symlink' || left.length === 0) path = below
    else if (++links > 40) throw damaged(`too many symlinks on the way: ${name}`)
    else {
      if (node.target.startsWith('/')) path = root
      left.push(...node.target.split('/').reverse())
    }
  }
  return path
}

const longestPath = 4095

function under(dir: string, name: string): string {
  return dir === root ? name : `${dir}/${name}`
}

function parent(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : root
}

function* finish(tree: Tree): Generator<Step[]> {
  for (const [path, node] of tree)
    if (node.kind === 'directory') yield directoryDone(path, node.later)
}
