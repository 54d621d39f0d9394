/** What is in `tmp/` and has no owner any more: it is deleted, or left with a word, once. */
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { ownerOfStaged } from './durable.ts'
import { namesIn, unlessMissing } from './files.ts'
import { isAlive } from './process.ts'
import { remainsInWords, removeTree } from './remove-tree.ts'

type Warn = (text: string) => void

/**
 * Move `path` to `tmp/rm-<name>`, so that it goes away at once and whole; `emptyTrash` deletes it
 * if this process is killed before it has. False if it is gone.
 */
export function moveToTrash(root: string, path: string, name: string): boolean {
  const isMoved = unlessMissing(() => {
    renameSync(path, join(root, 'tmp', `rm-${name}`))
    return true
  })
  return isMoved ?? false
}

/** The names of what was moved to the trash and is not deleted yet. */
export function trashed(root: string): string[] {
  const all = namesIn(join(root, 'tmp')).filter((name) => name.startsWith('rm-'))
  return all.map((name) => name.slice('rm-'.length))
}

/** Delete `tmp/rm-<name>`. What cannot be deleted is left, as by `emptyTrash`. */
export function deleteTrash(root: string, name: string, warn: Warn): Promise<void> {
  return deleteOrLeave(root, `rm-${name}`, warn)
}

/** Why something in `tmp/` has no owner any more. Its name says which process works on it. */
export function whyStale(name: string): string | undefined {
  const owner = ownerOfStaged(name)
  if (owner && !isAlive(owner)) return 'the process that was writing it was killed'
  return name.startsWith('rm-') ? 'the process that was removing it was killed' : undefined
}

/** Whether something in `tmp/` could not be deleted before. */
export function isLeft(name: string): boolean {
  return name.startsWith('left-')
}

/**
 * Delete everything in `tmp/` that is stale. What cannot be deleted is renamed, so that it is met
 * once: `warn` gets why it stays, and only `reset` tries again.
 */
export async function emptyTrash(root: string, warn: Warn): Promise<void> {
  for (const name of namesIn(join(root, 'tmp')))
    if (whyStale(name)) await deleteOrLeave(root, name, warn)
}

async function deleteOrLeave(root: string, name: string, warn: Warn): Promise<void> {
  const remains = await removeTree(join(root, 'tmp', name))
  if (remains) warn(remainsInWords(setAside(root, name), remains))
}

/** Gives the path that it has then. */
function setAside(root: string, name: string): string {
  const [path, aside] = [join(root, 'tmp', name), join(root, 'tmp', `left-${name}`)]
  try {
    renameSync(path, aside)
    return aside
  } catch {
    return path // ignoring: on a read-only file system it is met, and named, again
  }
}

/**
 * Delete what killed processes were writing. What cannot be deleted stays for `emptyTrash`.
 */
export async function clearStaging(root: string): Promise<void> {
  for (const name of namesIn(join(root, 'tmp')))
    if (ownerOfStaged(name) && whyStale(name)) await removeTree(join(root, 'tmp', name))
}
