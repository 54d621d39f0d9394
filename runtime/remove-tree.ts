/**
 * Deletes trees, whatever a container has made in them: of any depth, with any names, with files
 * that are immutable. Each name is removed from the descriptor of its directory.
 */
import { rmdirSync, unlinkSync, type PathLike } from 'node:fs'
import { basename, dirname } from 'node:path'
import { descend } from './descent.ts'
import { errnoIn, isMissing } from './files.ts'
import { obstacles, type Obstacles } from './obstacles.ts'
import { entriesIn, inOpened } from './opened.ts'
import { quote } from './strace.ts'

/** The first thing in a tree that could not be deleted. */
export interface Remains {
  /** Its path below the tree; empty for the tree itself. */
  path: string
  cause: unknown
}

/**
 * Delete `tree`, a directory or a file. Never throws: gives what could not be deleted, after all
 * the rest is gone. Harmless if there is no such tree, or if another process deletes it too.
 *
 * Nothing is deleted through a link or a mount. What is mounted in a tree of `tmp/` is detached,
 * because nothing there is in use; elsewhere a mount stays, and what leads to it.
 */
export async function removeTree(tree: string): Promise<Remains | undefined> {
  const { clearFlags, detach, end } = obstacles()
  const keep = async () => false
  const means = { clearFlags, detach: basename(dirname(tree)) === 'tmp' ? detach : keep }
  try {
    for (;;) {
      const { removed, remains } = await removeOnce(tree, { ...means, removed: 0 })
      // If something was put into a directory after it was read, then it is read again.
      if (removed === 0 || errnoIn(remains?.cause) !== 'ENOTEMPTY') return remains
    }
  } catch (cause) {
    return isMissing(cause) ? undefined : { path: '', cause }
  } finally {
    await end()
  }
}

/** Delete `tree` as `removeTree` does. Throws, with what to type, if a part of it stays. */
export async function removeWholeTree(tree: string): Promise<void> {
  const remains = await removeTree(tree)
  if (remains) throw new Error(remainsInWords(tree, remains), { cause: remains.cause })
}

/** Why `tree` is still there, and what to type. */
export function remainsInWords(tree: string, { path, cause }: Remains): string {
  const { message, syscall } = cause as NodeJS.ErrnoException
  const code = errnoIn(cause)
  const name = path.length > 60 ? `…${path.slice(-59)}` : path
  const what = syscall && code ? `${syscall}(${quote(name || tree)}) = ${code}` : message
  const first = code === 'EPERM' ? `'chattr -R -i -a ${tree}', then ` : ''
  return `${tree} cannot be deleted: ${what}\n  to try again: ${first}'stepbox reset'`
}

/** A walk through a tree that deletes it. */
interface Removal extends Pick<Obstacles, 'clearFlags' | 'detach'> {
  /** How many names it has removed. */
  removed: number
  remains?: Remains
}

async function removeOnce(tree: string, removal: Removal): Promise<Removal> {
  const error = await remove(removal, { place: tree, kind: 'directory', reach: () => [tree] })
  if (!error) return removal
  if (errnoIn(error) === 'ENOTDIR') unlinkSync(tree)
  else if (!isEntered(error)) throw error
  else await removeContent(tree, removal)
  return removal
}

async function removeContent(tree: string, removal: Removal): Promise<void> {
  const note = (path: string[], cause: unknown) =>
    void (removal.remains ??= { path: path.join('/'), cause })
  for (const stop of descend(tree)) {
    const { left, fd, path, failure } = stop
    if (left !== undefined) {
      const error = await remove(removal, nameIn(fd, left, 'directory'))
      if (error) note([...path(), left], failure ?? error)
      continue
    }
    try {
      for (const entry of entriesIn(stop)) {
        const kind = entry.isDirectory() ? 'directory' : entry.isFile() ? 'file' : 'other'
        const found = remove(removal, nameIn(fd, entry.name, kind))
        const error = found instanceof Promise ? await found : found // most need not wait
        if (!error) continue
        if (kind === 'directory' && isEntered(error)) stop.into.push(entry.name)
        else note([...path(), entry.name], error)
      }
    } catch (cause) {
      note(path(), cause)
    }
  }
  if (!removal.remains) rmdirSync(tree)
}

/** Whether a directory that cannot be removed is entered. EBUSY: something is mounted on it. */
function isEntered(error: unknown): boolean {
  return ['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'].includes(errnoIn(error) ?? '')
}

/** A name to remove. */
interface Name {
  place: PathLike
  kind: 'directory' | 'file' | 'other'
  /** Paths for the native program: its own, and that of the directory it is in. */
  reach: () => string[]
}

function nameIn(fd: number, name: string, kind: Name['kind']): Name {
  // The native program reaches our descriptors through /proc, as we do.
  const above = `/proc/${process.pid}/fd/${fd}`
  return { place: inOpened(fd, name), kind, reach: () => [`${above}/${name}`, `${above}/`] }
}

/**
 * Remove one name, if it is that of a directory only if it is empty. rmdir(2) looks for a mount
 * before it looks for files, so no directory with a mount on it is ever entered.
 */
function remove(removal: Removal, name: Name): unknown | Promise<unknown> {
  const error = errorOfRemoving(name)
  if (error === undefined) removal.removed++
  const isKept = errnoIn(error) === 'EBUSY' || errnoIn(error) === 'EPERM'
  return isKept ? removeKept(removal, name, error) : error
}

/** Remove a name after what keeps it from being removed: mounts, or flags. */
async function removeKept(removal: Removal, name: Name, first: unknown): Promise<unknown> {
  const [own = '', above] = name.reach()
  let error = first
  while (errnoIn(error) === 'EBUSY' && (await removal.detach(own))) error = errorOfRemoving(name)
  for (const flagged of name.kind === 'other' ? [above] : [own, above])
    if (errnoIn(error) === 'EPERM' && flagged !== undefined) {
      await removal.clearFlags(flagged)
      error = errorOfRemoving(name)
    }
  if (error === undefined) removal.removed++
  return error
}

/** Undefined if it is removed, or gone. */
function errorOfRemoving({ place, kind }: Name): unknown {
  try {
    if (kind === 'directory') rmdirSync(place)
    else unlinkSync(place)
    return undefined
  } catch (error) {
    return errnoIn(error) === 'ENOENT' ? undefined : error
  }
}
