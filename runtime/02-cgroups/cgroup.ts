/** The control group of a container: made, limited, joined. */
import type { Limits } from './limits.ts'
import { linesFor } from './lines.ts'
import { groupPlaces, prepareTree, uses, type GroupPlace, type Whereabouts } from './places.ts'
import { stepOf, type Step } from '../step.ts'

const step = stepOf(2)

/** A group to make: where it is, and its limits. */
export interface Group extends Whereabouts {
  /** The disks' scheduler is BFQ: see lines.ts. */
  hasBfq?: boolean
}

declare module '../options.ts' {
  interface ContainerOptions {
    limits?: Limits
    cgroupParent?: string
  }
  interface PlanOptions {
    group: Group
  }
  interface Container {
    /** The directories of its group, one in each tree. */
    groups?: string[]
    /** The directories that were made for `cgroupParent`, outermost first. */
    groupParents?: string[]
  }
}

/**
 * Make the group and write its limits before it has a process, so that the container never runs
 * without them: in each of its places (groupPlaces) the tree is prepared (prepareTree), the
 * directory is made, and the limits are written. The directories lie directly below the mounts, so
 * no parent directory is left behind, unless a parent is asked for.
 *
 * Throws if this machine cannot enforce one of the limits; groupPlaces does that.
 */
export function group(wanted: Group): Step[] {
  return groupPlaces(wanted).flatMap((place) => [
    ...prepareTree(place, wanted),
    step(['mkdir', place.dir, 0o755], `a new directory here is a new group, for ${uses(place)}`),
    ...writeLimits(place, wanted),
  ])
}

/** The limits of `group` in one tree: a write for each line of linesFor, in that order. */
export function writeLimits(place: GroupPlace, group: Group): Step[] {
  const { hierarchy, dir, wanted } = place
  const { version } = hierarchy
  return wanted.flatMap((controller) =>
    linesFor(version, controller, group).map(([file, value, why, ignoring]) =>
      step(['write', `${dir}/${file}`, value], why, ignoring),
    ),
  )
}

/**
 * Join the group, in each of its places. The container's first process joins it itself, before
 * anything else of the container exists; its children are born inside.
 *
 * Version 1 moves a single thread with `tasks`. Version 2 moves whole processes with
 * `cgroup.procs`, which takes up to 20 ms: the kernel waits until no process is forking or exiting.
 * (Since Linux commit 9a3284fad42f a single-threaded process does not have to wait.)
 */
export function joinGroup(wanted: Group): Step[] {
  return groupPlaces(wanted).map((place) => {
    const file = place.hierarchy.version === 1 ? 'tasks' : 'cgroup.procs'
    const use = uses(place)
    const why = `0 means the process that writes; its children will be in the group too, for ${use}`
    return step(['write', `${place.dir}/${file}`, '0'], why)
  })
}

/** The directories that `group` makes. */
export function groupDirs(wanted: Group): string[] {
  return groupPlaces(wanted).map(({ dir }) => dir)
}

