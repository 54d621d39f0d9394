/** Why pivot_root fails: which of its rules (pivot_root(2)) is broken. */
import type { FailedStep } from '../../chapter-tools.ts'
import type { Mount } from '../../mountinfo.ts'
import { mountsOf } from '../proc.ts'
import {
  find,
  isMountPoint,
  mountOf,
  placeOf,
  type CallOf,
} from './scene.ts'

/** The facts that the rules are about. A mount that the process cannot reach is undefined. */
export interface PivotFacts {
  /** The mount of the present root. */
  root: Mount | undefined
  rootParent: Mount | undefined
  /** The mount that the new root is, or is on. */
  fresh: Mount | undefined
  freshParent: Mount | undefined
  /** The new root is the root of its mount. */
  isMountPoint: boolean
  freshPath: string
  /** The mount that put_old is on, and its path. */
  old: Mount | undefined
  oldPath: string
}

/** A pivot_root failed. */
export function ofPivotRoot([, newRoot, putOld]: CallOf<'pivot_root'>, scene: FailedStep) {
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

/** The first broken rule, in the order in which the kernel checks them (fs/namespace.c). */
export function pivotCause(errno: string, facts: PivotFacts): string | undefined {
  const { root, fresh, freshPath, old, oldPath } = facts
  const notMount = 'the new root is not a mount point'
  if (errno === 'EBUSY') {
    if (fresh && fresh.id === root?.id)
      return `${notMount}: ${freshPath} is a directory of the mount on ${fresh.target}`
    if (old && old.id === root?.id)
      return `${oldPath}, for the old root, is on the present root's mount`
    return undefined
  }
  if (errno !== 'EINVAL') return undefined
  const shared = [old, facts.freshParent, facts.rootParent].find((each) => isShared(each))
  if (shared)
    return `the mount on ${shared.target} is shared (${shared.propagation}); make it private first`
  if (!root) return 'the present root is not a mount point but a directory, after a chroot'
  if (root.parent === root.id)
    return 'the present root is the initramfs (rootfs), which cannot be replaced'
  if (fresh && !facts.isMountPoint)
    return `${notMount}: ${freshPath} is a directory of the mount on ${fresh.target}`
  if (!isWithin(oldPath, freshPath)) return `${oldPath} is not under the new root`
  return undefined
}

function isShared(mount: Mount | undefined): mount is Mount {
  return mount?.propagation.includes('shared:') ?? false
}

/** `path` is `dir` or below it. */
export function isWithin(path: string, dir: string): boolean {
  return path === dir || path.startsWith(dir === '/' ? '/' : `${dir}/`)
}
