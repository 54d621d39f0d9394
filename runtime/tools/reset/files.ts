/** Leftovers in the data root: what killed processes had begun to write. */
import { existsSync, lstatSync } from 'node:fs'
import { join } from 'node:path'
import { runningContainers } from '../../container/find.ts'
import { removeDirectory } from '../../container/remove.ts'
import { free, idNamed, reservedName } from '../../container/reservations.ts'
import { containerDir, isId } from '../../container/state.ts'
import { makePlace } from '../../data-root.ts'
import { namesIn } from '../../files.ts'
import { removeWholeTree } from '../../remove-tree.ts'
import { isLeft, whyStale } from '../../trash.ts'
import type { Leftover, ResetScope } from '../../chapter-tools.ts'

/** Partial containers, unreadable marks, names without a container, temporary files. */
export function fileLeftovers(scope: ResetScope): Leftover[] {
  const searches = [partialContainers, brokenMarks, staleNames, temporary]
  return searches.flatMap((search) => search(scope))
}

/** A container has a mark before its directory exists, and its state in the directory after. */
function partialContainers({ runtime, root }: ResetScope): Leftover[] {
  return namesIn(join(root, 'containers')).filter(isId).flatMap((id): Leftover[] => {
    const dir = containerDir(root, id)
    const isKnown = () => isMarked(root, id) || existsSync(join(dir, 'state.json'))
    if (isKnown()) return []
    const remove = async () => {
      makePlace(root, 'tmp')
      if (isKnown()) return
      await removeDirectory(runtime, { id, name: reservedName(root, id) })
    }
    return [{ kind: 'directory', what: dir, why: 'a container was begun, and never ran', remove }]
  })
}

function isMarked(root: string, id: string): boolean {
  return runningContainers(root).some((each) => each.id === id)
}

function brokenMarks({ root }: ResetScope): Leftover[] {
  const marks = namesIn(join(root, 'running'))
  const whole = new Set(runningContainers(root).map(({ id }) => id))
  return marks
    .filter((id) => !whole.has(id))
    .map((id) => join(root, 'running', id))
    .filter((path) => existsSync(path)) // the container may have ended meanwhile
    .map((path) => file(path, 'it cannot be read'))
}

/** A name holds the id of its container, and is reserved after the container has its mark. */
function staleNames({ root, ending }: ResetScope): Leftover[] {
  return namesIn(join(root, 'names')).flatMap((name): Leftover[] => {
    const path = join(root, 'names', name)
    const isTaken = () => {
      const id = idNamed(root, name)
      return id !== undefined && (isMarked(root, id) || existsSync(containerDir(root, id)))
    }
    const id = idNamed(root, name)
    if (isTaken() || ending.has(id ?? '')) return []
    const remove = async () => {
      if (id !== undefined) free(root, { id, name })
      else if (!isTaken()) await removeWholeTree(path)
    }
    return [{ kind: 'name', what: name, why: 'its container is gone', remove }]
  })
}

function temporary({ root }: ResetScope): Leftover[] {
  return namesIn(join(root, 'tmp')).flatMap((name): Leftover[] => {
    const path = join(root, 'tmp', name)
    const why = isLeft(name) ? 'it could not be deleted before' : whyStale(name)
    return why === undefined ? [] : [file(path, why)]
  })
}

function file(path: string, why: string): Leftover {
  const kind = lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ? 'directory' : 'file'
  return { kind, what: path, why, remove: () => removeWholeTree(path) }
}
