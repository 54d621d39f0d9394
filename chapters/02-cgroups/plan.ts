/** The list so far: a process that cannot use more than it was given. */
import { command, directory, session } from '../../runtime/01-namespaces/command.ts'
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

export function plan(options: PlanOptions): Step[] {
  return [
    ...closeInherited(),
    ...group(options.group), // new
    ...processIds(),
    ...joinGroup(options.group), // new
    ...namespaces(options.network),
    ...privateMounts(),
    ...hostname(options.hostname),
    ...loopback(options.network),
    ...proc(),
    ...session(),
    ...directory(options.cwd),
    ...command(options),
  ]
}
