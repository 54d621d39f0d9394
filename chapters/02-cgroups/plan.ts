/** Chapter 2. The list so far: a process that cannot use more than it was given. */
import { group, joinGroup, type Group } from '../../runtime/02-cgroups/cgroup.ts'
import { command, directory, session, type Command } from '../../runtime/01-namespaces/command.ts'
import {
  closeInherited,
  hostname,
  loopback,
  namespaces,
  privateMounts,
  proc,
  processIds,
  type Network,
} from '../../runtime/01-namespaces/namespaces.ts'
import type { Step } from '../../runtime/step.ts'

export interface Options extends Command {
  hostname: string
  network: Network
  group: Group
}

export function plan(options: Options): Step[] {
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
