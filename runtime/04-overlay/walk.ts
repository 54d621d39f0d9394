/** A walk through an upper directory, at any depth, while a container may be changing it. */
import { lstatSync, statSync, type BigIntStats, type PathLike } from 'node:fs'
import { fromBytes } from '../bytes.ts'
import { inOpened } from '../opened.ts'
import { fsPath, type Stack } from './stack.ts'
import { wayFrom, type Level } from './way.ts'

/** A file, and the names of its extended attributes once they are listed. */
export interface FileFacts {
  path: string
  stat: BigIntStats
  xattrs: string[]
}

/** The upper directory itself or a name in it, with what lies under the same name below. */
export interface UpperDirectory extends FileFacts {
  /** Under this name in the layers: one file, or directories that are merged, topmost first. */
  layers: (FileFacts & { layer: number })[]
  /** Under this name in the container-init layer. */
  init?: FileFacts
  /** The lowest layer that still shows through this directory. */
  lastLayer: number
  /** Nothing of the image shows through this directory. */
  isHiding: boolean
}

/** A name in the upper directory; its `path` is relative to that. */
export interface UpperName extends UpperDirectory {
  /** The last part of `path`. */
  name: string
  parent: UpperDirectory
  /** `parent`, opened: a descriptor that is valid as long as the batch of this name is in use. */
  directory: { fd: number }
}

/** Called with the path of what was there a moment ago. */
export type OnVanished = (path: string) => void

/**
 * The most names in a batch, each of which costs a round trip to the native program; and the most
 * directories that they are in, which stay open as long as the batch is in use.
 */
const most = { names: 512, directories: 32 }

/**
 * Every name in the upper directory of `stack`, each directory before the names in it, in batches.
 * What the container has put in the place of a file of the container-init layer is not entered.
 * What vanishes before the walk is there is left out. `layers` is empty until `lookUp` (below.ts).
 */
export function* walkUpper(stack: Stack, onVanished: OnVanished): Generator<UpperName[]> {
  const way = wayFrom(stack.upper, rootOf(stack), ({ path }) => onVanished(path))
  let batch: UpperName[] = []
  try {
    for (let level = way.last(); level; level = way.last()) {
      const name = nextName(stack, level, onVanished)
      if (!name) {
        way.leave()
        continue
      }
      batch.push(name)
      const directories = way.hold(level)
      if (name.stat.isDirectory() && !isInitFile(name)) way.enter(name.name, name.stat, name)
      if (batch.length < most.names && directories < most.directories) continue
      yield batch
      batch = []
      way.release()
    }
    yield batch
  } finally {
    way.end()
  }
}

/** Whether the container-init layer has a file of this name, whatever the container made of it. */
export function isInitFile({ init }: UpperDirectory): boolean {
  return init !== undefined && !init.stat.isDirectory()
}

function nextName(
  { init }: Stack,
  level: Level<UpperDirectory>,
  onVanished: OnVanished,
): UpperName | undefined {
  const { of: parent, names } = level
  while (level.asked < names.length) {
    const name = fromBytes(names[level.asked++] ?? Buffer.of())
    const path = parent.path ? `${parent.path}/${name}` : name
    const initStat = parent.init && lstat(`${init}/${path}`)
    const stat = lstat(inOpened(level.fd, name))
    if (!stat) {
      onVanished(path)
      continue
    }
    const below = { layers: [], lastLayer: 0, isHiding: false }
    const found: UpperName = { path, name, stat, xattrs: [], parent, directory: level, ...below }
    if (initStat) found.init = { path: `${init}/${path}`, stat: initStat, xattrs: [] }
    return found
  }
  return undefined
}

function rootOf({ upper, lowers, init }: Stack): UpperDirectory {
  const factsOf = (path: string) => ({ path, stat: statSync(path, { bigint: true }), xattrs: [] })
  const layers = lowers.map((path, layer) => ({ ...factsOf(path), layer }))
  const above = { path: '', layers, lastLayer: lowers.length, isHiding: false }
  return { ...factsOf(upper), ...above, ...(init ? { init: factsOf(init) } : {}) }
}

/** What lstat(2) says; undefined if there is no such file. */
export function lstat(path: PathLike): BigIntStats | undefined {
  const name = typeof path === 'string' ? fsPath(path) : path
  return lstatSync(name, { bigint: true, throwIfNoEntry: false })
}
