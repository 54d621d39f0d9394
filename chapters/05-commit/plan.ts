/** The list so far, unchanged: an image is made after the container, from its upper. */
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
  insideRoot,
  letGo,
  pivotRoot,
  readOnlyProc,
  sys,
} from '../../runtime/03-pivot-root/root.ts'
import { terminal, terminalChannel } from '../../runtime/03-pivot-root/terminal.ts'
import { overlay, readOnlyRoot } from '../../runtime/04-overlay/overlay.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import type { Step } from '../../runtime/step.ts'

export function plan(options: PlanOptions): Step[] {
  return [
    ...closeInherited(),
    ...group(options.group),
    ...terminalChannel(options.terminal),
    ...processIds(),
    ...joinGroup(options.group),
    ...namespaces(options.network),
    ...privateMounts(),
    ...hostname(options.hostname),
    ...loopback(options.network),
    ...overlay(options.layers, options.dir),
    ...pivotRoot('merged'),
    ...proc(),
    ...letGo(),
    ...readOnlyProc(),
    ...sys(),
    ...dev(),
    ...session(),
    ...terminal(options.terminal, options.user),
    ...insideRoot(options.cwd),
    ...readOnlyRoot(options.readOnly),
    ...command(options),
  ]
}
