/** Freezes a container while its write layer is read, by one process or by several. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { freeze, isFrozen, thaw } from '../02-cgroups/group-control.ts'
import { isProcess } from '../container/sound.ts'
import { makePlace } from '../data-root.ts'
import { writeAside } from '../durable.ts'
import { namesIn, readRegular } from '../files.ts'
import type { Container, ProcessId } from '../options.ts'
import { identify, isAlive } from '../process.ts'
import { withLock } from './store/lock.ts'

/** The content of a file `tmp/frozen-…`: it says which process froze which control groups. */
interface MarkContent {
  by: ProcessId
  groups: string[]
}

/** A reader's mark on a container. */
export interface Mark {
  path: string
  /** The container's id. */
  id: string
  /** The groups that its process may have frozen. */
  groups: string[]
}

/**
 * Do `work` while no process of `container` runs (cgroup freezer). If the container is not
 * running, nothing needs to be frozen; one that is paused stays so. Several processes may do this
 * at once: each has a mark, and the last one to leave thaws the container.
 *
 * The mark is written before the group is frozen: if this process is killed in between, the next
 * command finds the mark and thaws the container, which would hang forever otherwise.
 */
export async function whileFrozen<T>(
  root: string,
  container: Container,
  work: () => Promise<T>,
): Promise<T> {
  const by = identify(process.pid)
  if (container.status !== 'running' || !by) return work()
  const { id, groups = [] } = container
  const path = join(root, 'tmp', `frozen-${id}-${by.pid}-${++readers}`)
  const tmp = makePlace(root, 'tmp')
  let toThaw = groups
  await withLock(tmp, async () => {
    if (isPaused(root, container)) toThaw = []
    writeAside(tmp, path, JSON.stringify({ by, groups: toThaw } satisfies MarkContent))
    await freeze(toThaw).catch((error: unknown) => {
      rmSync(path, { force: true })
      throw error
    })
  })
  try {
    return await work()
  } finally {
    const mark = { path, id, groups: toThaw }
    await release(root, mark).catch(() => {}) // ignoring: the next command does it
  }
}

/** Whether it was frozen before any reader came, and stays so when they leave. */
function isPaused(root: string, { id, groups = [] }: Container): boolean {
  const readers = marksIn(root).filter((each) => each.id === id)
  const wasFrozen = readers.some((each) => each.groups.length === 0)
  return isFrozen(groups) && (readers.length === 0 || wasFrozen)
}

/** The number of readers in this process so far. */
let readers = 0

/**
 * Thaw a container unless it has a reader other than that of `path`, and remove that mark. It may
 * be repeated. The lock: between our look for readers and the thaw, none may begin.
 */
export async function release(
  root: string,
  { id, groups, path }: Omit<Mark, 'path'> & { path?: string },
): Promise<void> {
  await withLock(join(root, 'tmp'), () => {
    if (!isHeld(root, id, path)) thaw(groups)
    if (path !== undefined) rmSync(path, { recursive: true, force: true })
  })
}

/** Thaw what killed processes have left frozen. It never fails the command that comes upon it. */
export async function thawAbandoned(root: string): Promise<void> {
  for (const mark of abandonedMarks(root))
    await release(root, mark).catch(() => {}) // ignoring: `reset` tries again, and says why
}

/** The marks of processes that were killed while they had a container frozen. */
export function abandonedMarks(root: string): Mark[] {
  return marksIn(root).filter(({ by }) => !by || !isAlive(by))
}

/** Whether a process that is alive has frozen the container `id`, by another mark than `own`. */
export function isHeld(root: string, id: string, own?: string): boolean {
  const others = marksIn(root).filter((each) => each.id === id && each.path !== own)
  return others.some(({ by }) => by && isAlive(by))
}

/** The files `tmp/frozen-<id>-<pid>-<number>`; which container it is, their names alone say. */
function marksIn(root: string): (Mark & { by?: ProcessId })[] {
  const names = namesIn(join(root, 'tmp')).filter((name) => name.startsWith('frozen-'))
  return names.map((name) => {
    const path = join(root, 'tmp', name)
    return { ...read(path), path, id: name.split('-')[1] ?? '' }
  })
}

/** No groups and no process for a mark that cannot be read: it has been removed, or is none. */
function read(path: string): Pick<Mark, 'groups'> & { by?: ProcessId } {
  try {
    const { by, groups } = JSON.parse(readRegular(path) ?? '') as Partial<MarkContent>
    const isSound = Array.isArray(groups) && groups.every((each) => typeof each === 'string')
    return { groups: isSound ? groups : [], ...(by && isProcess(by) ? { by } : {}) }
  } catch {
    return { groups: [] } // ignoring: the process that removed it has thawed the container
  }
}
