/**
 * Copies of an image that lists may write to, one for each check. A list that writes to its image
 * is told so: what a copy has become is seen from the host.
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, copyFileSync, linkSync, lstatSync, mkdirSync, mkdtempSync } from 'node:fs'
import { readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePlace } from '../data-root.ts'
import { removeTree } from '../remove-tree.ts'

export interface ImageCopy {
  /** The directory of the host that holds all of it. */
  dir: string
  /** Its layers, topmost first: paths of the host. */
  layers: string[]
  /** What `/layer` says in each of them, topmost first. */
  words: string[]
  /** The names that were added, changed or removed since, as `/etc/passwd`. */
  changes: () => string[]
  /** The check is over: the copy may serve the next one, if it is as it was. */
  release: () => Promise<void>
}

/** Where checks get their copies from. `close` removes what is there. */
export interface ImageCopies {
  take: () => ImageCopy
  close: () => Promise<void>
}

/** Copies of one image, each used by one check at a time. */
export function imageCopies(root: string, from: string[], isStacked: boolean): ImageCopies {
  const free: ImageCopy[] = []
  const take = () => {
    const copy = free.pop() ?? copyImage(root, from, isStacked)
    const release = async () => {
      if (copy.changes().length === 0) free.push(copy)
      else await copy.release()
    }
    return { ...copy, release }
  }
  const close = async () => {
    for (const { release } of free.splice(0)) await release()
  }
  return { take, close }
}

/**
 * A copy of the image with these layers. With `isStacked` it gets one more layer on top, so that
 * the order of layers can be seen; otherwise it is one directory, `rootfs`.
 */
export function copyImage(root: string, from: string[], isStacked: boolean): ImageCopy {
  const dir = mkdtempSync(join(makePlace(root, 'tmp'), 'image-'))
  const names = isStacked ? ['top', ...from.map((_, at) => `base${at}`)] : ['rootfs']
  const layers = names.map((name) => join(dir, name))
  if (isStacked) {
    mkdirSync(join(dir, 'top'), 0o755)
    chmodSync(join(dir, 'top'), 0o755)
    from.forEach((layer, at) => copyTree(layer, join(dir, `base${at}`)))
  } else for (const layer of from.toReversed()) copyTree(layer, join(dir, 'rootfs'))
  const words = names.map((name) => `${name} ${randomBytes(6).toString('hex')}`)
  const say = (layer: string, at: number) =>
    writeFileSync(join(layer, 'layer'), `${words[at]}\n`)
  if (isStacked) layers.forEach(say)
  const before = layers.map(statesIn)
  const release = async () => {
    await removeTree(dir)
  }
  const changes = () => layers.flatMap((layer, at) => differences(before[at], statesIn(layer)))
  return { dir, layers, words, changes, release }
}

/**
 * Copy a tree of directories, files and links. Names of one file stay names of one file, and links
 * to the same target become names of one link: busybox has 266 of them, and ext4 without a journal
 * takes 0.3 ms for a new file where many were deleted a moment ago.
 */
function copyTree(from: string, to: string, known = new Map<bigint | string, string>()): void {
  mkdirSync(to, { recursive: true })
  chmodSync(to, lstatSync(from).mode & 0o7777)
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)]
    const stat = lstatSync(source, { bigint: true })
    if (stat.isDirectory()) {
      copyTree(source, target, known)
      continue
    }
    const link = stat.isSymbolicLink() ? readlinkSync(source) : undefined
    const same = known.get(link ?? stat.ino)
    if (same !== undefined) linkSync(same, target)
    else if (link !== undefined) symlinkSync(link, target)
    else if (stat.isFile()) {
      copyFileSync(source, target)
      chmodSync(target, Number(stat.mode) & 0o7777)
    } else continue
    known.set(link ?? stat.ino, target)
  }
}

/** By name, what shows a change: type, mode, size, time, and the text of what is small. */
function statesIn(dir: string): Map<string, string> {
  const found = new Map<string, string>()
  const visit = (below: string) => {
    for (const name of readdirSync(join(dir, below))) {
      const path = `${below}/${name}`
      const stat = lstatSync(join(dir, path))
      const { mode, size, mtimeMs, rdev } = stat
      const state = stat.isDirectory() ? [mode] : [mode, size, mtimeMs, rdev]
      const text = stat.isFile() && size < 4096 ? readFileSync(join(dir, path), 'latin1') : ''
      found.set(path, [...state, text].join(' '))
      if (stat.isDirectory()) visit(path)
    }
  }
  visit('')
  return found
}

function differences(before = new Map<string, string>(), after: Map<string, string>): string[] {
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort()
}
