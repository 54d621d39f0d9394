/** Remove a container with all that it wrote. */
import { rowsFor, type Runtime } from '../chapter.ts'
import type { Container } from '../options.ts'
import { deleteTrash, moveToTrash } from '../trash.ts'
import { amendmentsIn } from './amendments.ts'
import { announce } from './announce.ts'
import { free, type Named } from './reservations.ts'
import { containerDir, unmark } from './state.ts'

/**
 * Remove a container that does not run; with `isWhole` also what only it has used. False when
 * another process was faster.
 */
export async function remove(
  runtime: Runtime,
  container: Container,
  isWhole = false,
): Promise<boolean> {
  const last = { ...container, ...amendmentsIn(containerDir(runtime.root, container.id)) }
  const isRemoved = await removeParts(runtime, last, isWhole)
  if (isRemoved) announce(runtime, last, { action: 'destroy' })
  return isRemoved
}

async function removeParts(
  runtime: Runtime,
  container: Container,
  isWhole: boolean,
): Promise<boolean> {
  const { root, warn } = runtime
  const dir = containerDir(root, container.id)
  const setting = { container, root, dir, layers: async () => [], warn, isWhole }
  const rows = await rowsFor(runtime, container.chapter)
  for (const { removed } of rows.toReversed()) await removed?.(setting)
  free(root, { id: container.id, name: container.spareName ?? '' })
  return removeDirectory(runtime, container)
}

/** Remove a container and its mark: nothing of it was acknowledged, or it was started with `rm`. */
export async function discard(runtime: Runtime, container: Container): Promise<void> {
  await remove(runtime, container, true)
  unmark(runtime.root, container.id)
}

/** The same for one that was never there for others: nothing is said of it. */
export async function undo(runtime: Runtime, container: Container): Promise<void> {
  await removeParts(runtime, container, true)
  unmark(runtime.root, container.id)
}

/**
 * Delete the directory and the name of a container of which no more is known than these. The
 * directory is renamed first, so that there is never half a container. False when it was gone;
 * throws when it cannot be renamed.
 */
export async function removeDirectory(
  { root, warn }: Runtime,
  { id, name }: Named,
): Promise<boolean> {
  const isMoved = moveToTrash(root, containerDir(root, id), id)
  free(root, { id, name })
  if (isMoved) await deleteTrash(root, id, warn)
  return isMoved
}
