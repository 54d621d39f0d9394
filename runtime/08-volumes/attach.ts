/**
 * Trees of the host in the container's root.
 *
 * They are opened while the host's mounts are still there, and before these are made private: a
 * copy of a shared mount is one of its peers, a copy of a private one is nobody's. Each copy is
 * mounted nowhere and has a descriptor. It is attached when the host's files are out of reach, so
 * whatever links the image has on the way to a target, they lead to a place inside the root.
 */
import { afterStreams, nextFd } from '../03-pivot-root/streams.ts'
import { firstTreeFd } from '../descriptors.ts'
import type { PlanOptions } from '../options.ts'
import { stepOf, type Step } from '../step.ts'
import type { PlannedMount, PlannedTmpfs, PlannedTree } from './mounts.ts'

const step = stepOf(8)

/** Fewer slashes first, so that a mount below another is made later, and is not hidden. */
function inOrder(volumes: PlannedMount[] = []): PlannedMount[] {
  const depth = ({ target }: PlannedMount) => target.split('/').length
  return volumes.toSorted((a, b) => depth(a) - depth(b))
}

/** Before the mounts are made private: a copy of each tree, which no path leads to. */
export function openTrees(options: MountOptions, fd = nextFd(options)): Step[] {
  const trees = inOrder(options.volumes).filter((each) => each.type === 'tree')
  return trees.flatMap((tree, at) => {
    const treeFd = firstTreeFd + at
    const isPart = tree.within !== undefined
    const whole = () => [openTree(tree.source, treeFd, tree)]
    return [...(isPart ? openPart(tree, { fd, treeFd }) : whole()), ...setTree(tree, treeFd)]
  })
}

export type MountOptions = Pick<PlanOptions, 'volumes' | 'terminal' | 'streams'>

function openTree(path: string, treeFd: number, { isRecursive }: PlannedTree): Step {
  const all = isRecursive ? (['AT_RECURSIVE'] as const) : []
  const what = isRecursive ? 'with those below it' : 'and of it alone'
  return step(
    ['open_tree_as', path, ['OPEN_TREE_CLONE', ...all, 'OPEN_TREE_CLOEXEC'], treeFd],
    `a copy of that mount, ${what}, which no path leads to so far`,
  )
}

/** What is in a volume, containers have made: a link in it leads to a place in it. */
function openPart(tree: PlannedTree, { fd, treeFd }: Record<'fd' | 'treeFd', number>): Step[] {
  return [
    step(['chdir', tree.source], 'the part that was asked for is looked up from here'),
    find(tree.within ?? '', `the part, as ${fd}: whatever links are on the way, it is inside`),
    openTree(`/proc/self/fd/${fd}`, treeFd, tree),
    step(['close', fd], 'later lines count on this number'),
  ]
}

function setTree(tree: PlannedTree, fd: number): Step[] {
  const { isRecursive, propagation, readOnly, isWritableBelow } = tree
  const all = isRecursive ? (['AT_RECURSIVE'] as const) : []
  const [top, below] = kinds[propagation]
  const wide = isWritableBelow ? [] : [...all]
  return [
    ...(below ? [step(['mount_setattr_tree', fd, [...all], [], [below]], reasons[below])] : []),
    ...(top ? [step(['mount_setattr_tree', fd, [], [], [top]], reasons[top])] : []),
    ...(readOnly
      ? [
          step(
            ['mount_setattr_tree', fd, wide, ['MOUNT_ATTR_RDONLY'], []],
            isWritableBelow ? 'read-only itself, as was asked for' : readOnlyAll,
          ),
        ]
      : []),
  ]
}

const readOnlyAll = 'read-only before anybody can reach it, and with all that is mounted below'

/** Of the top mount alone, then of all in the tree; what is shared stays so without a line. */
const kinds = {
  private: ['MS_PRIVATE', 'MS_SLAVE'],
  rprivate: [undefined, 'MS_PRIVATE'],
  slave: [undefined, 'MS_SLAVE'],
  rslave: [undefined, 'MS_SLAVE'],
  shared: [undefined, undefined],
  rshared: [undefined, undefined],
} as const

const reasons = {
  MS_PRIVATE: 'what is mounted in it later, on either side, does not appear on the other',
  MS_SLAVE: 'what the host mounts in it later appears here, and not the other way round',
}

/** After the streams, and before the working directory, which may be in one of them. */
export function attachVolumes(options: MountOptions, fd = afterStreams(options)): Step[] {
  let treeFd = firstTreeFd
  return inOrder(options.volumes).flatMap((each, at) => [
    ...(at > 0 ? [step(['close', fd], 'the next target takes this number again')] : []),
    ...place(each),
    find(each.target, `the place, as ${fd}: whatever links are on the way, it is inside the root`),
    ...(each.type === 'tmpfs' ? inMemory(each, fd) : [attach(treeFd++, fd)]),
  ])
}

/** What it is mounted on, in the write layer, or in the volume above. */
function place(volume: PlannedMount): Step[] {
  const isFile = volume.type === 'tree' && volume.isFile
  return [
    isFile
      ? step(['mknod_parents', volume.target, 0o755], 'a file takes its place on a file', 'EEXIST')
      : step(['mkdir_parents', volume.target, 0o755], 'a place for it, if there is none', 'EEXIST'),
  ]
}

/** AT_FDCWD: the working directory, which is taken for the root of all paths. */
const cwdFd = -100

function find(path: string, why: string): Step {
  const inside = ['RESOLVE_IN_ROOT', 'RESOLVE_NO_MAGICLINKS'] as const
  return step(['openat2', cwdFd, path, ['O_PATH', 'O_CLOEXEC'], [...inside]], why)
}

function attach(treeFd: number, fd: number): Step {
  return step(['move_mount_to', treeFd, fd], 'from here on, the container and the host share it')
}

/** mount(2) takes a path, and "." is one that nobody can exchange. */
function inMemory({ flags, data }: PlannedTmpfs, fd: number): Step[] {
  return [
    step(['fchdir', fd], 'the place becomes ".", which nobody can exchange for another'),
    step(['mount', 'tmpfs', '.', 'tmpfs', flags, data], 'files in memory, gone with the container'),
    step(['chdir', '/'], 'the next place is looked up from the root'),
  ]
}
