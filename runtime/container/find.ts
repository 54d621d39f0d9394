/** Which containers there are, and which one a name or an id means. */
import { join } from 'node:path'
import { openRoot } from '../data-root.ts'
import { namesIn } from '../files.ts'
import { Missing } from '../missing.ts'
import type { Container } from '../options.ts'
import { idNamed } from './reservations.ts'
import { isId, keptState, markedState, UnreadableState } from './state.ts'

/** The containers that a process waits for, or whose end is not on record yet. */
export function runningContainers(root: string): Container[] {
  return readable(idsIn(root, 'running'), (id) => markedState(root, id)).containers
}

/** Every container, newest first; and, for each that cannot be read, why. */
export function everyContainer(root: string): { containers: Container[]; unreadable: Error[] } {
  const marked = readable(idsIn(root, 'running'), (id) => markedState(root, id))
  const isMarked = new Set(marked.containers.map(({ id }) => id))
  const others = idsIn(root, 'containers').filter((id) => !isMarked.has(id))
  const kept = readable(others, (id) => keptState(root, id))
  const containers = [...marked.containers, ...kept.containers]
  return {
    containers: containers.sort((a, b) => (a.created < b.created ? 1 : -1)),
    unreadable: [...marked.unreadable, ...kept.unreadable],
  }
}

/** Every container that can be read, newest first. */
export function listContainers(root: string): Container[] {
  return everyContainer(root).containers
}

/** By full name, full id, or a prefix of an id that only one container has. Throws otherwise. */
export function findContainer(root: string, nameOrId: string): Container {
  const named = idNamed(root, nameOrId)
  const byName = named && stateOf(root, named)
  if (byName && byName.name === nameOrId) return byName // not one that was renamed
  const isHex = /^[0-9a-f]{1,64}$/.test(nameOrId)
  const all = isHex ? idsIn(root, 'containers') : []
  const ids = all.filter((id) => id.startsWith(nameOrId))
  if (ids.length > 1)
    throw new Error(
      `'${nameOrId}' is the beginning of ${ids.length} container ids; give more of it`,
    )
  const byId = ids[0] && stateOf(root, ids[0])
  if (byId) return byId
  const names = listContainers(root).map(({ name }) => name)
  throw new Missing('container', nameOrId, names)
}

/** What is on record of container `id` now. */
export function stateOf(root: string, id: string): Container | undefined {
  return markedState(root, id) ?? keptState(root, id)
}

/** The ids in a directory of the data root. Other files are not of Stepbox. */
function idsIn(root: string, place: 'running' | 'containers'): string[] {
  openRoot(root)
  return namesIn(join(root, place)).filter(isId)
}

/** A container that cannot be read is left out of a list, and does not make the list fail. */
function readable(ids: string[], read: (id: string) => Container | undefined) {
  const containers: Container[] = []
  const unreadable: Error[] = []
  for (const id of ids)
    try {
      const container = read(id)
      if (container) containers.push(container)
    } catch (error) {
      if (!(error instanceof UnreadableState)) throw error
      unreadable.push(error)
    }
  return { containers, unreadable }
}

/**
 * The marks of containers, each with its state: undefined if a power cut came before it was on the
 * disk, or if the container has ended since. What cannot be read, because a newer Stepbox wrote it
 * or the disk fails, is left as it is.
 */
export function marks(root: string): { id: string; container: Container | undefined }[] {
  return idsIn(root, 'running').flatMap((id) => {
    const { containers, unreadable } = readable([id], () => markedState(root, id))
    return unreadable.length > 0 ? [] : [{ id, container: containers[0] }]
  })
}
