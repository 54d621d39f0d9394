/** What a process that was killed left half-made in the data root. */
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { runningContainers } from '../../container/find.ts'
import { removeDirectory, reservedName } from '../../container/remove.ts'
import { containerDir, linkedId } from '../../container/state.ts'
import { namesIn } from '../../files.ts'
import { identify } from '../../process.ts'
import { whyStale } from '../../container/tidy.ts'
import type { Leftover } from '../../chapter-tools.ts'
import { place, type ResetScope } from './leftover.ts'

export function fileLeftovers(scope: ResetScope): Leftover[] {
  return [...halfMade(scope), ...brokenMarks(scope), ...staleNames(scope), ...temporary(scope)]
}

/** A container is marked as running before it has a directory, and keeps its state there after. */
function halfMade({ root }: ResetScope): Leftover[] {
  return namesIn(place(root, 'containers')).flatMap((id): Leftover[] => {
    const dir = containerDir(root, id)
    const isKnown = () => isMarked(root, id) || existsSync(join(dir, 'state.json'))
    if (isKnown()) return []
    const remove = () => {
      mkdirSync(place(root, 'tmp'), { recursive: true, mode: 0o711 })
      if (!isKnown()) removeDirectory(root, { id, name: reservedName(root, id) })
    }
    return [{ kind: 'directory', what: dir, why: 'a container was begun, and never ran', remove }]
  })
}

function isMarked(root: string, id: string): boolean {
  return runningContainers(root).some((each) => each.id === id)
}

function brokenMarks({ root }: ResetScope): Leftover[] {
  const marks = namesIn(place(root, 'running'))
  const whole = new Set(runningContainers(root).map(({ id }) => id))
  return marks
    .filter((id) => !whole.has(id))
    .map((id) => join(place(root, 'running'), id))
    .filter((path) => existsSync(path)) // it may have ended meanwhile
    .map((path) => file(path, 'it says nothing that can be read'))
}

/** A name is a link to the id of its container, made when that is marked as running. */
function staleNames({ root, ending }: ResetScope): Leftover[] {
  return namesIn(place(root, 'names')).flatMap((name): Leftover[] => {
    const path = join(place(root, 'names'), name)
    const isTaken = () => {
      const id = linkedId(root, name)
      return id !== undefined && (isMarked(root, id) || existsSync(containerDir(root, id)))
    }
    if (isTaken() || ending.has(linkedId(root, name) ?? '')) return []
    const remove = () => {
      if (!isTaken()) rmSync(path, { force: true })
    }
    return [{ kind: 'name', what: name, why: 'no container has it any more', remove }]
  })
}

function temporary({ root }: ResetScope): Leftover[] {
  return namesIn(place(root, 'tmp')).flatMap((name): Leftover[] => {
    const path = join(place(root, 'tmp'), name)
    const why = whyStale(name)
    return why === undefined ? [] : [file(path, why)]
  })
}

function file(path: string, why: string): Leftover {
  const kind = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? 'directory' : 'file'
  return { kind, what: path, why, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** A process with this number is there, whoever it is. */
export function isRunning(pid: number): boolean {
  return identify(pid) !== undefined
}
