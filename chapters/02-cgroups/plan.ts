/** The list so far: a process that cannot use more than it was given. */
import { command, directory, session } from '../../runtime/01-namespaces/command.ts'
import { inheritance } from '../../runtime/01-namespaces/inheritance.ts'
import {
  closeInherited,
  hostname,
  loopback,
  namespaces,
  privateMounts,
  proc,
  processIds,
} from '../../runtime/01-namespaces/namespaces.ts'
import { group, joinGroup } from '../../runtime/02-cgroups/cgroup.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import type { Step } from '../../runtime/step.ts'

/**
 * Chapter 1's list and two lines more. The group is made, and limited, while no process is in it.
 * The container's first process joins it, and the one that waits does not; only then it gets a
 * private view of groups, which begins at the group that it is in.
 */
export function plan(options: PlanOptions): Step[] {
  return [
    ...closeInherited(),
    ...group(options.group), // new
    ...processIds(options.pid),
    ...inheritance(options.oomScoreAdj),
    ...joinGroup(options.group), // new
    ...namespaces(options),
    ...privateMounts(),
    ...hostname(options),
    ...loopback(options.network),
    ...proc(),
    ...session(),
    ...directory(options.cwd),
    ...command(options),
  ]
}
