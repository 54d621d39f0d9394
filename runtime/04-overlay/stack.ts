/** The directories of an overlay on disk, and the marks that overlayfs leaves in them. */
import { readdirSync, type BigIntStats } from 'node:fs'
import { join } from 'node:path'
import { toBytes } from '../bytes.ts'

/** The directories of an overlay, as `layOut` makes them (init-layer.ts). */
export interface Stack {
  upper: string
  /** The image's layers, topmost first. */
  lowers: string[]
  /** The container-init layer, which lies between `upper` and `lowers`. */
  init?: string
}

/** The stack of the container whose directory is `dir`. */
export function stackIn(dir: string): Stack {
  const isLower = (name: string) => /^lower\d+$/.test(name)
  const names = readdirSync(dir).filter(isLower)
  const lowers = names.map((_, at) => join(dir, `lower${at}`))
  return { upper: join(dir, 'upper'), lowers, init: join(dir, 'init') }
}

/** Whether a file is a whiteout: a character device 0:0, which marks a deleted name. */
export function isWhiteout(stat: BigIntStats): boolean {
  return stat.isCharacterDevice() && stat.rdev === 0n
}

/** The attribute that makes a directory opaque: it hides the directories of its name below. */
export const opaqueMark = 'trusted.overlay.opaque'

/**
 * False for the attributes that overlayfs keeps its own notes in. Without root they are
 * `user.overlay.*` (mount option `userxattr`).
 */
export function isOrdinaryXattr(name: string): boolean {
  return !/^(trusted|user)\.overlay\./.test(name)
}

/** `path` as node:fs needs it: Node encodes strings as UTF-8, other names must be bytes. */
export function fsPath(path: string): string | Buffer {
  return /[\udc80-\udcff]/.test(path) ? toBytes(path) : path
}
