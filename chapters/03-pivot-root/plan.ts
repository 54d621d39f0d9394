/** The list so far: busybox as its own root, devices, a terminal. */
import { command, session } from '../../runtime/01-namespaces/command.ts'
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
import { dev } from '../../runtime/03-pivot-root/devices.ts'
import {
  bind,
  insideRoot,
  letGo,
  pivotRoot,
  readOnlyProc,
  sys,
} from '../../runtime/03-pivot-root/root.ts'
import { channels, standardStreams } from '../../runtime/03-pivot-root/streams.ts'
import { takeSharedMemory } from '../../runtime/03-pivot-root/shared-memory.ts'
import { sysctls } from '../../runtime/03-pivot-root/sysctls.ts'
import { ulimits } from '../../runtime/03-pivot-root/ulimits.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import type { Step } from '../../runtime/step.ts'

export function plan(options: PlanOptions): Step[] {
  return [
    ...closeInherited(),
    ...group(options.group),
    ...channels(options), // new
    ...processIds(options.pid),
    ...inheritance(options.oomScoreAdj),
    ...joinGroup(options.group),
    ...namespaces(options),
    ...privateMounts(),
    ...hostname(options),
    ...loopback(options.network),
    ...takeSharedMemory(options), // new
    ...bind(options.root), // new
    ...pivotRoot(options.root), // new
    ...proc(),
    ...letGo(), // new
    ...sysctls(options), // new
    ...readOnlyProc(), // new
    ...sys(), // new
    ...dev(options), // new
    ...session(),
    ...insideRoot(options.cwd), // new; was: directory(options.cwd)
    ...standardStreams(options), // new
    ...ulimits(options.ulimits), // new
    ...command(options),
  ]
}
