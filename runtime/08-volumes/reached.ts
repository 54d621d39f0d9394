/** What a container was given, where its files are reached from outside. */
import type { Reached, Setting } from '../chapter.ts'
import { attachVolumes, openTrees } from './attach.ts'
import { plannedVolumes } from './planned.ts'

/**
 * The trees of `container`, to be attached to a root that is held elsewhere, in a mount namespace
 * whose mounts are private; undefined if it has none. A file system in memory is left out: it is
 * the container's alone.
 */
export function reachedVolumes(
  { container, root }: Pick<Setting, 'container' | 'root'>,
  fd: number,
): Reached | undefined {
  const { volumes: all = [] } = plannedVolumes({ container, root })
  const volumes = all.filter(({ type }) => type === 'tree')
  if (volumes.length === 0) return undefined
  return { opened: openTrees({ volumes }, fd), attached: attachVolumes({ volumes }, fd) }
}
