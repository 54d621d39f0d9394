/** The list so far: busybox as its own root, devices, a terminal. */
import { command, session } from '../../runtime/01-namespaces/command.ts'
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
import { dev } from '../../runtime/03-pivot-root/devices.ts'
import {
  bind,
  insideRoot,
  letGo,
  pivotRoot,
  readOnlyProc,
  sys,
} from '../../runtime/03-pivot-root/root.ts'
import { terminal, terminalChannel } from '../../runtime/03-pivot-root/terminal.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import type { Step } from '../../runtime/step.ts'

export function plan(options: PlanOptions): Step[] {
  return [
    ...closeInherited(),
    ...group(options.group),
    ...terminalChannel(options.terminal), // new
    ...processIds(),
    ...joinGroup(options.group),
    ...namespaces(options.network),
    ...privateMounts(),
    ...hostname(options.hostname),
    ...loopback(options.network),
    ...bind(options.root), // new
    ...pivotRoot(options.root), // new
    ...proc(),
    ...letGo(), // new
    ...readOnlyProc(), // new
    ...sys(), // new
    ...dev(), // new
    ...session(),
    ...terminal(options.terminal, options.user), // new
    ...insideRoot(options.cwd), // new; was: directory(options.cwd)
    ...command(options),
  ]
}
