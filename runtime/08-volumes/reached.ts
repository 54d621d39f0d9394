/** What a container was given, where its files are reached from outside. */
import type { Reached, Setting } from '../chapter.ts'
import { attachVolumes, openTrees } from './attach.ts'
import type { PlannedTree } from './mounts.ts'
import { plannedVolumes } from './planned.ts'

/**
 * The trees of `container`, to be attached to a root that is held elsewhere; undefined if it has
 * none. What is mounted there must appear nowhere else, so each copy is private, whatever the
 * container's is. A file system in memory is left out: it is the container's alone.
 */
export function reachedVolumes(
  { container, root }: Pick<Setting, 'container' | 'root'>,
  fd: number,
): Reached | undefined {
  const { volumes = [] } = plannedVolumes({ container, root })
  const trees = { volumes: volumes.filter((each) => each.type === 'tree').map(apart) }
  if (trees.volumes.length === 0) return undefined
  return { opened: openTrees(trees, fd), attached: attachVolumes(trees, fd) }
}

function apart(tree: PlannedTree): PlannedTree {
  return { ...tree, propagation: 'rprivate' }
}
