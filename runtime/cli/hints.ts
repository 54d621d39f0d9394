/** What to type instead of a name that no image, container or volume has. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { findNamed } from '../05-commit/store/entry-names.ts'
import { readIndex } from '../05-commit/store/store.ts'
import { traitsOf, type Runtime } from '../chapter.ts'
import { idNamed } from '../container/reservations.ts'
import type { Missing } from '../missing.ts'
import { dockerCommands } from './docker-words.ts'
import { nearest } from '../nearest.ts'
import { usualRoots } from './data-roots.ts'

/** Lines for the message; `rootFlag` is what was given to --root, to be repeated. */
export function hintsFor(
  { kind, word, known }: Missing,
  { root, rows }: Runtime,
  rootFlag: string | undefined,
): string[] {
  const short = known.map((name) => name.replace(/:latest$/, ''))
  const near = nearest(word, [...known, ...short])
  if (near !== undefined) return [`did you mean '${near}'?`]
  const other = otherRoots(root).find((each) => isThere(kind, each, word))
  const elsewhere = other ? [`there is one in another data root: --root ${other}`] : []
  if (kind !== 'image' || traitsOf(rows).root === 'host') return elsewhere
  const stepbox = rootFlag === undefined ? 'stepbox' : `stepbox --root ${rootFlag}`
  const path = statSync(word, { throwIfNoEntry: false })
  if (path) return [`to make an image of this ${kindOf(path)}: ${stepbox} import ${word} NAME`]
  const isBusybox = /^busybox(:latest)?$/.test(word)
  const busybox = `to get busybox:latest: ${stepbox} import --busybox`
  const others = `to make one of a directory or a tar archive: ${stepbox} import FILE NAME`
  if (isBusybox) return [busybox, ...elsewhere]
  if (known.length === 0) return [busybox, others, ...elsewhere]
  return [...elsewhere, `${others}; 'pull' comes in chapter ${dockerCommands['pull']}`]
}

function kindOf(path: { isDirectory(): boolean }): string {
  return path.isDirectory() ? 'directory' : 'file'
}

/** The data roots of root and of this user, without the one in use. */
function otherRoots(root: string): string[] {
  return usualRoots().filter((other) => other !== root)
}

function isThere(kind: Missing['kind'], root: string, word: string): boolean {
  try {
    if (kind === 'container') return idNamed(root, word) !== undefined
    if (kind === 'volume') return existsSync(join(root, 'volumes', word))
    if (kind === 'network') return existsSync(join(root, 'networks', word))
    return findNamed(readIndex(root), word) !== undefined
  } catch {
    return false // ignoring: it cannot be read, and is not what was asked for
  }
}
