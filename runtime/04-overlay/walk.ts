/** A walk through an upper directory that also looks up each name in the layers below it. */
import { closeSync, constants, lstatSync, openSync, readdirSync, statSync } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { fromBytes } from '../bytes.ts'
import { stepOf } from '../step.ts'
import { batches, type Batches } from './batches.ts'
import { fsPath, isWhiteout, type Stack } from './stack.ts'

const step = stepOf(4)

/** A file on disk, and the names of its extended attributes once `listXattrs` has run. */
export interface FileFacts {
  path: string
  stat: BigIntStats
  xattrs: string[]
}

/** A name in the upper directory, with what lies under the same name below. */
export interface UpperName extends FileFacts {
  parent?: UpperName
  /** Under this name in the layers: one file, or directories that are merged, topmost first. */
  layers: (FileFacts & { layer: number })[]
  /** Under this name in the container-init layer: a directory. */
  init?: FileFacts
  /** The lowest layer that still shows through this directory. */
  lastLayer: number
  /** Nothing of the image shows through this directory. */
  isHiding: boolean
}

/** Every name in the upper directory of `stack`, each directory before the names in it. */
export function walkUpper(stack: Stack): Generator<UpperName> {
  return walk(stack, rootOf(stack), openDirectory(stack.upper))
}

function rootOf({ upper, lowers, init }: Stack): UpperName {
  const factsOf = (path: string) => ({ path, stat: statSync(path, { bigint: true }), xattrs: [] })
  const layers = lowers.map((path, layer) => ({ ...factsOf(path), layer }))
  const above = { path: '', layers, lastLayer: lowers.length, isHiding: false }
  return { ...factsOf(upper), ...above, ...(init ? { init: factsOf(init) } : {}) }
}

/**
 * Each directory is opened relative to its parent's descriptor, and its names are looked up
 * through its own. If a running container replaces a directory by a symlink, the walk fails with
 * ELOOP or ENOTDIR; it never follows the link into the host's file system.
 */
function* walk(stack: Stack, parent: UpperName, fd: number): Generator<UpperName> {
  const dir = `/proc/self/fd/${fd}`
  try {
    for (const bytes of readdirSync(dir, 'buffer').sort(Buffer.compare)) {
      const name = fromBytes(bytes)
      const stat = lstat(`${dir}/${name}`)
      const found = stat && lookUp(stack, parent, { name, stat })
      if (!found) continue
      yield found
      if (stat.isDirectory()) yield* walk(stack, found, openDirectory(`${dir}/${name}`))
    }
  } finally {
    closeSync(fd)
  }
}

/**
 * Look up `name` in the layers below. Undefined for a file of the container-init layer, and for
 * whatever the container has put in its place: such a file is never committed.
 */
function lookUp(
  { lowers, init }: Stack,
  parent: UpperName,
  { name, stat }: { name: string; stat: BigIntStats },
) {
  const path = parent.path ? `${parent.path}/${name}` : name
  const layers: UpperName['layers'] = []
  const initStat = parent.init?.stat.isDirectory() ? lstat(`${init}/${path}`) : undefined
  if (initStat && !initStat.isDirectory()) return undefined
  for (const { layer, stat: above } of parent.layers) {
    const full = `${lowers[layer]}/${path}`
    const below = above.isDirectory() ? lstat(full) : undefined
    if (!below) continue
    // Directories are merged; a file is seen only if no layer above has the name.
    if (below.isDirectory() || (layers.length === 0 && !isWhiteout(below)))
      layers.push({ path: full, stat: below, xattrs: [], layer })
    // A file or a whiteout ends the search: it hides what lies further down.
    if (!below.isDirectory()) break
  }
  const found: UpperName = { path, stat, xattrs: [], parent, layers, lastLayer: 0, isHiding: false }
  if (initStat) found.init = { path: `${init}/${path}`, stat: initStat, xattrs: [] }
  return found
}

/**
 * Start to list extended attributes, for which Node has no call. The native program chroots into
 * the upper directory; a second one, for the image's layers, starts when it is first needed.
 */
export function xattrLister({ upper }: Stack) {
  const inUpper = batches(enterUpper(upper))
  let inLayers: Batches | undefined
  const list = async (program: Batches, files: FileFacts[]) => {
    const why = 'overlayfs marks directories with attributes'
    const plan = files.map(({ path }) => step(['llistxattr', path], why, 'ENOENT'))
    for (const { index, answer } of await program.make(plan))
      files[index]?.xattrs.push(...fromBytes(answer).split('\0').slice(0, -1).sort())
  }
  /** Fill in `xattrs` of `names`, and of the directories below that they are compared with. */
  const listXattrs = async (names: UpperName[]) => {
    await list(inUpper, names)
    const directories = names.filter(({ stat }) => stat.isDirectory())
    const below = directories.flatMap(({ layers, init }) => [
      ...(layers.length > 1 ? layers : []),
      ...(init ? [init] : []),
    ])
    if (below.length > 0) await list((inLayers ??= batches([])), below)
  }
  const end = async () => {
    await inUpper.end()
    await inLayers?.end()
  }
  return { listXattrs, end }
}

/** Make `upper` the root of the process, so that the paths that follow are relative to it. */
export function enterUpper(upper: string) {
  return [
    step(['chroot', upper], 'a symlink that the container made must not lead to the host'),
    step(['chdir', '/'], 'the paths are those of the upper directory now'),
  ]
}

function lstat(path: string): BigIntStats | undefined {
  return lstatSync(fsPath(path), { bigint: true, throwIfNoEntry: false })
}

function openDirectory(path: string): number {
  return openSync(fsPath(path), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
}
