/** Remove a container with all that it wrote. */
import { readdirSync, renameSync, rmdirSync, rmSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { rowsFor, type Runtime } from '../chapter.ts'
import { isMissing, namesIn } from '../files.ts'
import type { Container } from '../options.ts'
import { containerDir, linkedId, unlinkIfThere, unmark } from './state.ts'

/** Remove a container that does not run. False when another process was faster. */
export async function remove(runtime: Runtime, container: Container): Promise<boolean> {
  const { root } = runtime
  const dir = containerDir(root, container.id)
  const setting = { container, root, dir, layers: async () => [] }
  const rows = await rowsFor(runtime, container.chapter)
  for (const { removed } of rows.toReversed()) await removed?.(setting)
  return removeDirectory(root, container)
}

/** Remove a container and its mark: nothing of it was acknowledged, or it was started with `rm`. */
export async function discard(runtime: Runtime, container: Container): Promise<void> {
  await remove(runtime, container)
  unmark(runtime.root, container.id)
}

/**
 * Delete the directory and the name of a container of which no more is known than these. The
 * directory is renamed first, so that there is never half a container. False when it was gone.
 */
export function removeDirectory(root: string, { id, name }: { id: string; name: string }): boolean {
  const trash = join(root, 'tmp', `rm-${id}`)
  try {
    renameSync(containerDir(root, id), trash)
  } catch (error) {
    if (!isMissing(error)) throw error
    return false
  } finally {
    if (linkedId(root, name) === id) unlinkIfThere(join(root, 'names', name))
  }
  removeTree(trash)
  return true
}

/** The name that is reserved for container `id`; empty when there is none. */
export function reservedName(root: string, id: string): string {
  return namesIn(join(root, 'names')).find((name) => linkedId(root, name) === id) ?? ''
}

/**
 * Delete a directory and all in it. Several times faster than rmSync on the few files of an
 * ordinary container, which matters because it is part of every `run --rm`; where it fails, rmSync
 * decides.
 */
function removeTree(dir: string): void {
  try {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name)
      if (entry.isDirectory()) removeTree(path)
      else unlinkSync(path)
    }
    rmdirSync(dir)
  } catch {
    rmSync(dir, { recursive: true, force: true }) // ignoring the cause: if it lasts, this throws
  }
}
