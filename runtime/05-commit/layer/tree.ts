/** Decides, for each entry of an archive, where its name leads and which calls put it there. */
import type { Step } from '../../step.ts'
import { damaged, type Entry } from '../tar/tar.ts'
import {
  attributes,
  directoryBegun,
  directoryDone,
  directoryRemoved,
  fileRemoved,
  later,
  newDirectory,
  newName,
  newNode,
  opaque,
  whiteout,
} from './files.ts'
import { checkNameLength, checkPathLength, countBytes, countEntry, deleted } from './names.ts'
import { emptyDirectory, emptyTree, file, nodeAt, putName, resolveIn, textOf } from './names.ts'
import type { Bounds, Directory, Node, Path, Tree } from './names.ts'

/** The calls for an entry. */
export interface Placed {
  /** Made before `steps`, piece by piece: they remove a directory, which may be large. */
  clearing?: Iterable<Step[]>
  steps: Step[]
  /** Where to make a regular file after `steps`. */
  filePath?: string
}

/**
 * The tree of a layer while it is unpacked. chroot(2) keeps every call inside the layer; the tree
 * is kept because an entry's calls depend on what the entries before it have made.
 *
 * The rules are those of the OCI image-spec (layer.md) and, where that is silent, tar's: of several
 * entries of one name the last one counts, and replaces a directory with all that is in it; except
 * that a directory over a directory keeps its content. A whiteout deletes names in the layers below
 * and none in this layer, wherever in the archive it comes.
 */
export function layerTree(most?: Bounds) {
  const tree = emptyTree(most)
  return {
    /** The calls for the next entry. Throws if it breaks the rules. */
    place: (entry: Entry) => place(tree, entry),
    /** The calls after the last entry, directory by directory. */
    finish: () => finish(tree.top),
  }
}

/** Check an entry against the rules, and find the calls for it. */
function place(tree: Tree, entry: Entry): Placed {
  countEntry(tree, entry)
  const name = entry.path.slice(entry.path.lastIndexOf('/') + 1)
  if (name.startsWith('.wh.')) {
    const dir = resolveIn(tree, entry.path.slice(0, -name.length))
    return { steps: mark(tree, dir, name.slice('.wh.'.length)) }
  }
  const path = resolveIn(tree, entry.path)
  if (entry.type === 'directory') return { steps: directory(tree, path, entry) }
  if (path.length === 0) throw damaged(`its root is a ${entry.type}`)
  if (entry.type === 'hardlink') return hardLink(tree, path, entry)
  if (entry.type === 'character' && entry.device.major === 0 && entry.device.minor === 0)
    throw damaged(`${entry.path} is a device 0:0, which to overlayfs is a deleted name`)
  const { type, target } = entry
  checkPathLength(target)
  const node: Node = type === 'symlink' ? { kind: type, target } : file
  const { clearing, steps } = replace(tree, path, node)
  const text = textOf(path)
  if (type === 'file') return { clearing, steps, filePath: text }
  return { clearing, steps: [...steps, ...newNode(text, entry), ...attributes(text, entry)] }
}

/** Make a directory, or change an existing one, as its entry says. */
function directory(tree: Tree, path: Path, entry: Entry): Step[] {
  const kind = nodeAt(tree, path)?.kind
  const isOther = kind === 'file' || kind === 'symlink'
  const steps = isOther ? replace(tree, path, undefined).steps : []
  const { dir, steps: making } = ensure(tree, path)
  dir.later = later(entry)
  return [...steps, ...making, ...directoryBegun(textOf(path), entry, making.length === 0)]
}

/**
 * Make a hard link. Its target must come earlier in the archive: it cannot be outside the layer.
 */
function hardLink(tree: Tree, path: Path, entry: Entry): Placed {
  const target = resolveIn(tree, entry.target)
  const node = nodeAt(tree, target)
  const [from, to] = [textOf(target), textOf(path)]
  if ((node?.kind !== 'file' && node?.kind !== 'symlink') || from.startsWith(`${to}/`))
    throw damaged(`${entry.path} is a hard link to ${entry.target}, which is no file in it`)
  if (from === to) return { steps: [] }
  const { clearing, steps } = replace(tree, path, node)
  return { clearing, steps: [...steps, ...newName(from, to)] }
}

/** A whiteout: `name` is what follows `.wh.`. */
function mark(tree: Tree, dir: Path, name: string): Step[] {
  if (name === '.wh..opq') {
    if (dir.length === 0) throw damaged('its root is opaque, which overlayfs cannot do')
    const { dir: made, steps } = ensure(tree, dir)
    return [...steps, ...hide(made, textOf(dir))]
  }
  if (name.startsWith('.wh.')) return [] // ignoring: a private file of AUFS, like .wh..wh.plnk
  if (['', '.', '..'].includes(name)) throw damaged(`a whiteout of the name '${name}'`)
  checkNameLength(name)
  const path = [...dir, name]
  const { dir: above, steps } = ensure(tree, dir)
  const node = above.content?.get(name)
  countBytes(tree, name.length)
  above.deletes = (above.deletes ?? new Set()).add(name)
  if (node?.kind === 'directory') return [...steps, ...hide(node, textOf(path))]
  if (node) return steps
  putName(tree, above, { name, node: deleted })
  return [...steps, ...whiteout(textOf(path))]
}

/** Make a directory opaque: it was deleted below and made again in this layer. */
function hide(dir: Directory, path: string): Step[] {
  if (dir.isOpaque) return []
  dir.isOpaque = true
  return opaque(path)
}

/** Make `path` a directory, and all its parents. */
function ensure(tree: Tree, path: Path): { dir: Directory; steps: Step[] } {
  const steps: Step[] = []
  let dir = tree.top
  for (const [at, name] of path.entries()) {
    const node = dir.content?.get(name)
    if (node?.kind !== 'directory') {
      const made = emptyDirectory()
      const text = textOf(path.slice(0, at + 1))
      const isDeleted = dir.deletes?.has(name) === true
      if (node && node !== deleted)
        throw damaged(`it has files in ${text}, which is a ${node.kind}`)
      putName(tree, dir, { name, node: made })
      countBytes(tree, text.length)
      if (node) steps.push(...fileRemoved(text))
      steps.push(...newDirectory(text), ...(isDeleted ? hide(made, text) : []))
      dir = made
    } else dir = node
  }
  return { dir, steps }
}

/** Make the parent directory of `path`, remove all that is at `path`, and put `node` there. */
function replace(tree: Tree, path: Path, node: Node | undefined) {
  const { dir, steps } = ensure(tree, path.slice(0, -1))
  const name = path.at(-1) ?? ''
  const before = dir.content?.get(name)
  const isDirectory = before?.kind === 'directory'
  if (before && !isDirectory) steps.push(...fileRemoved(textOf(path)))
  if (node) putName(tree, dir, { name, node })
  else dir.content?.delete(name)
  return { clearing: isDirectory ? directoriesRemoved(textOf(path), before) : [], steps }
}

/** Remove what the archive has put into a directory, and the directory. */
function* directoriesRemoved(path: string, top: Directory): Generator<Step[]> {
  const open = [{ path, left: contentOf(top) }]
  for (let dir = open.at(-1); dir; dir = open.at(-1)) {
    const { value, done } = dir.left.next()
    if (done) {
      yield directoryRemoved(dir.path)
      open.pop()
      continue
    }
    const [name, node] = value
    const below = `${dir.path}/${name}`
    if (node.kind === 'directory') open.push({ path: below, left: contentOf(node) })
    else yield fileRemoved(below)
  }
}

/** Modes, default ACLs and times of all directories: no file is put into them any more. */
function* finish(top: Directory): Generator<Step[]> {
  yield directoryDone('.', top.later)
  const open = [{ path: '', left: contentOf(top) }]
  for (let dir = open.at(-1); dir; dir = open.at(-1)) {
    const { value, done } = dir.left.next()
    if (done) {
      open.pop()
      continue
    }
    const [name, node] = value
    if (node.kind !== 'directory') continue
    const path = `${dir.path}${name}`
    yield directoryDone(path, node.later)
    open.push({ path: `${path}/`, left: contentOf(node) })
  }
}

function contentOf({ content = new Map<string, Node>() }: Directory) {
  return content.entries()
}
