/** Freezes a container while its write layer is read. */
import { mkdirSync, readFileSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freeze, thaw } from '../02-cgroups/group-control.ts'
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
  for (const path of marksIn(join(root, 'tmp'))) {
    const mark = read(path)
    if (mark && isAlive(mark.by)) continue
    if (mark) thaw(mark.groups)
    unlinkSync(path)
  }
}

function marksIn(dir: string): string[] {
  try {
    const names = readdirSync(dir).filter((name) => name.startsWith('frozen-'))
    return names.map((name) => join(dir, name))
  } catch {
    return [] // ignoring: without tmp/ nothing was frozen
  }
}

/** Undefined for an incomplete mark: its process was killed before it froze anything. */
function read(path: string): Mark | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Mark
  } catch {
    return undefined // ignoring: an incomplete mark
  }
}
