/** Chapter 2. A control group of its own: the container cannot use more than it was given. */
import { controllers, type Cgroups, type Controller, type Hierarchy } from './cgroups.ts'
import { stepOf, type Step } from './step.ts'

const step = stepOf(2)

/** What a container may use at most; what is absent is not limited. */
export interface Limits {
  memoryBytes?: number
  /** Processor time, in processors: 0.5 is half of one. */
  cpus?: number
  /** Its part when others want the processors too, where 1024 is everybody's ordinary part. */
  cpuShares?: number
  /** The processors it may run on, as `0-1,3`. */
  cpusetCpus?: string
  /** Processes and threads. */
  pidsMax?: number
}

/** A group to be: its name, the trees it is made in, its limits. */
export interface Group {
  name: string
  cgroups: Cgroups
  limits: Limits
}

/**
 * Make the group and write its limits, before the container exists: it never runs without them.
 * Every group is a directory directly under a mount, so nothing that is shared is left behind.
 * Throws when a limit is asked for that this machine cannot keep.
 */
export function group(wanted: Group): Step[] {
  return placesOf(wanted).flatMap((place) => [
    ...enable(place),
    step(['mkdir', place.dir, 0o755], `to make a directory here is to make a group, ${for_(place)}`),
    ...(place.hierarchy.version === 1 ? limitsV1(place, wanted) : limitsV2(place, wanted)),
  ])
}

/**
 * Join the group, done by the container's first process itself; its children are born in it.
 *
 * In a version 1 tree it moves its one thread by way of `tasks`. The whole process, by way of
 * `cgroup.procs`, is the only way in version 2, and costs up to 20 ms after a quiet moment: the
 * kernel waits until no process is just forking or exiting (Linux commit 9a3284fad42f).
 */
export function joinGroup(wanted: Group): Step[] {
  return placesOf(wanted).map((place) => {
    const file = place.hierarchy.version === 1 ? 'tasks' : 'cgroup.procs'
    return step(['write', `${place.dir}/${file}`, '0'], `0 is whoever writes: from here on it is ${used(place)}`)
  })
}

/** The directories that `group` makes. */
export function groupDirs(wanted: Group): string[] {
  return placesOf(wanted).map(({ dir }) => dir)
}
