/** Step by step. Why pivot_root fails: which of its rules (pivot_root(2)) does not hold here. */
import type { Mount } from '../../mountinfo.ts'
import { mountsOf } from '../proc.ts'
import {
  find,
  isMountPoint,
  mountOf,
  placeOf,
  type CallOf,
  type FailureScene,
} from './scene.ts'

/** All that the rules are about. A mount that the process cannot reach is undefined. */
export interface PivotFacts {
  /** What the present root is mounted from. */
  root: Mount | undefined
  rootParent: Mount | undefined
  /** The mount that the new root lies on, or is. */
  fresh: Mount | undefined
  freshParent: Mount | undefined
  /** The new root is the top of its mount. */
  isMountPoint: boolean
  freshPath: string
  /** The mount that put_old lies on, and its path. */
  old: Mount | undefined
  oldPath: string
}

export function ofPivotRoot([, newRoot, putOld]: CallOf<'pivot_root'>, scene: FailureScene) {
  const [fresh, old] = [find(scene, newRoot), find(scene, putOld)]
  if (fresh.is !== 'there' || old.is !== 'there') return undefined
  const all = mountsOf(scene.pid)
  const parentOf = (mount: Mount | undefined) => all.find(({ id }) => id === mount?.parent)
  const root = mountOf(scene, `/proc/${scene.pid}/root/.`)
  const freshMount = mountOf(scene, fresh.real)
  return pivotCause(scene.errno, {
    root,
    rootParent: parentOf(root),
    fresh: freshMount,
    freshParent: parentOf(freshMount),
    isMountPoint: isMountPoint(fresh.real),
    freshPath: placeOf(fresh.real).path,
    old: mountOf(scene, old.real),
    oldPath: placeOf(old.real).path,
  })
}

/** In the order in which the kernel looks (fs/namespace.c). */
export function pivotCause(errno: string, facts: PivotFacts): string | undefined {
  const { root, fresh, freshPath, old, oldPath } = facts
  const notOwn = 'the new root is not a mount of its own'
  if (errno === 'EBUSY') {
    if (fresh && fresh.id === root?.id)
      return `${notOwn}: ${freshPath} is a directory of the mount on ${fresh.target}`
    return old && old.id === root?.id ? `${oldPath}, for the old root, lies on it` : undefined
  }
  if (errno !== 'EINVAL') return undefined
  const shared = [old, facts.freshParent, facts.rootParent].find((each) => isShared(each))
  if (shared)
    return `the mount on ${shared.target} is shared (${shared.propagation}); make it private first`
  if (!root) return 'the present root is no mount but a directory, by an earlier chroot'
  if (root.parent === root.id)
    return 'the present root is the initramfs (rootfs), which cannot be exchanged'
  if (fresh && !facts.isMountPoint)
    return `${notOwn}: ${freshPath} is a directory of the mount on ${fresh.target}`
  if (!isWithin(oldPath, freshPath)) return `${oldPath} does not lie under the new root`
  return undefined
}

function isShared(mount: Mount | undefined): mount is Mount {
  return mount?.propagation.includes('shared:') ?? false
}

export function isWithin(path: string, dir: string): boolean {
  return path === dir || path.startsWith(dir === '/' ? '/' : `${dir}/`)
}
