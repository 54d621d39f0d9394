/** `--cgroup-parent`: a group that the groups of containers are made in, made and removed. */
import { existsSync, rmdirSync } from 'node:fs'
import { parentPaths } from './hierarchies.ts'
import { isInTree } from './own-group.ts'
import { invalid } from './limits.ts'

/**
 * `/team/web` from `team/web` or `/team/web/`; undefined from `/` and from nothing. It stays below
 * the mount of each tree, and outside of the groups of containers, which are killed as a whole.
 */
export function parseParent(text: string): string | undefined {
  const names = text.split('/').filter((name) => name !== '')
  const isWrong = (name: string) =>
    name === '.' || name === '..' || /[\0-\x1f\x7f]/.test(name) || Buffer.byteLength(name) > 255
  if (names.some(isWrong) || names.length > 16)
    throw invalid('cgroup-parent', text, "a path of groups, as /team/web, without '.' and '..'")
  if (names.some((name) => name.startsWith('stepbox-')))
    throw invalid('cgroup-parent', text, "names without 'stepbox-', which containers' groups have")
  return names.length > 0 ? `/${names.join('/')}` : undefined
}

/** Which directories of `parent`, below the mounts of the trees, do not exist yet. */
export function missingParents(parent: string, mounts: string[]): string[] {
  const dirs = mounts.flatMap((mount) => parentPaths(parent).map((path) => `${mount}${path}`))
  return dirs.filter((dir) => !existsSync(dir))
}

/** Remove the directories that were made for a container, unless another one has a group there. */
export function removeParents(dirs: string[]): void {
  for (const dir of dirs.filter(isInTree).toReversed())
    try {
      rmdirSync(dir)
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (!['EBUSY', 'ENOENT', 'ENODEV'].includes(code)) throw error // ignoring: used, or gone
    }
}
