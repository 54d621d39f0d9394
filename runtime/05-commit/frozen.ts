/** Chapter 5. A container held still while somebody reads what it wrote, then let go. */
import { mkdirSync, readFileSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Container } from '../options.ts'
import { freeze, thaw } from '../02-cgroups/group-control.ts'
import { identify, isAlive, type ProcessId } from '../process.ts'

interface Mark {
  by: ProcessId
  groups: string[]
}

/** Do `work` while no process of `container` runs. One that has ended holds still by itself. */
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

/** Let go of what a process froze that has been killed meanwhile. */
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
    return [] // ignoring: nothing was ever made there
  }
}

/** A mark that is not whole was written by a process killed before it froze anything. */
function read(path: string): Mark | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Mark
  } catch {
    return undefined // ignoring: see above
  }
}
