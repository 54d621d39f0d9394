/** Freezes a container while its write layer is read. */
import { mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freeze, thaw } from '../02-cgroups/group-control.ts'
import { namesIn } from '../files.ts'
import type { Container } from '../options.ts'
import { identify, isAlive, type ProcessId } from '../process.ts'

/** The content of a file `tmp/frozen-…`: it says which process froze which control groups. */
interface Mark {
  by: ProcessId
  groups: string[]
}

/**
 * Do `work` while no process of `container` runs (cgroup freezer). If the container is not
 * running, nothing needs to be frozen.
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
  const mark = join(root, 'tmp', `frozen-${container.id}-${by.pid}`)
  mkdirSync(join(root, 'tmp'), { recursive: true })
  writeFileSync(mark, JSON.stringify({ by, groups: container.groups ?? [] } satisfies Mark))
  try {
    await freeze(container.groups ?? [])
    return await work()
  } finally {
    thaw(container.groups ?? [])
    unlinkSync(mark)
  }
}

/** Thaw what killed processes have left frozen. */
export function thawAbandoned(root: string): void {
  abandonedMarks(root).forEach(release)
}

/** The mark of a process that was killed, and the groups that it may have frozen. */
export interface AbandonedMark {
  path: string
  /** The container's id. */
  id: string
  groups: string[]
}

/** The marks of processes that were killed while they had a container frozen. */
export function abandonedMarks(root: string): AbandonedMark[] {
  return marksIn(root).flatMap(({ path, id, mark }) =>
    mark && isAlive(mark.by) ? [] : [{ path, id, groups: mark?.groups ?? [] }],
  )
}

/** Thaw what the process of a mark had frozen. It may be repeated. */
export function release({ path, groups }: AbandonedMark): void {
  thaw(groups)
  rmSync(path, { force: true })
}

/** Whether a process that is alive has frozen the container `id`. */
export function isHeld(root: string, id: string): boolean {
  return marksIn(root).some((each) => each.id === id && each.mark && isAlive(each.mark.by))
}

/** The files `tmp/frozen-<id>-<pid>`. */
function marksIn(root: string): { path: string; id: string; mark: Mark | undefined }[] {
  const names = namesIn(join(root, 'tmp')).filter((name) => name.startsWith('frozen-'))
  return names.map((name) => {
    const path = join(root, 'tmp', name)
    return { path, id: name.split('-')[1] ?? '', mark: read(path) }
  })
}

/** Undefined for a partial mark: its process was killed before it froze anything. */
function read(path: string): Mark | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Mark
  } catch {
    return undefined // ignoring: an incomplete mark
  }
}
