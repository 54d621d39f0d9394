/** The list so far: a container that has an address. */
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
import { overlay, readOnlyRoot } from '../../runtime/04-overlay/overlay.ts'
import { listen } from '../../runtime/06-lifecycle/attach.ts'
import { withInit } from '../../runtime/06-lifecycle/init.ts'
import { openLog } from '../../runtime/06-lifecycle/log.ts'
import { monitor } from '../../runtime/06-lifecycle/monitor.ts'
import { checkHealth } from '../../runtime/07-exec/health.ts'
import { attachVolumes, openTrees } from '../../runtime/08-volumes/attach.ts'
import { holdPorts } from '../../runtime/09-network/hold-ports.ts'
import { bridges, cables, hostLinks, interfaces } from '../../runtime/09-network/links.ts'
import { attachEtc, openEtc } from '../../runtime/09-network/etc-files.ts'
import { lendSockets, startResolver } from '../../runtime/09-network/resolver.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import type { Step } from '../../runtime/step.ts'

export function plan(options: PlanOptions): Step[] {
  return [
    ...closeInherited(),
    ...checkHealth(options),
    ...holdPorts(options.net), // new
    ...monitor(options.monitor),
    ...openLog(options.log),
    ...listen(options.listening),
    ...group(options.group),
    ...bridges(options.net), // new
    ...startResolver(options), // new
    ...channels(options),
    ...processIds(options.pid),
    ...inheritance(options.oomScoreAdj),
    ...joinGroup(options.group),
    ...hostLinks(options), // new
    ...namespaces(options),
    ...cables(options), // new
    ...openTrees(options),
    ...privateMounts(),
    ...openEtc(options), // new
    ...hostname(options),
    ...loopback(options.network),
    ...interfaces(options), // new
    ...lendSockets(options), // new
    ...takeSharedMemory(options),
    ...overlay(options.layers, options.dir),
    ...pivotRoot('merged'),
    ...proc(),
    ...letGo(),
    ...sysctls(options),
    ...readOnlyProc(),
    ...sys(),
    ...dev(options),
    ...session(),
    ...standardStreams(options),
    ...attachVolumes(options),
    ...attachEtc(options), // new
    ...insideRoot(options.cwd),
    ...readOnlyRoot(options.readOnly),
    ...ulimits(options.ulimits),
    ...withInit(command(options), options.hasInit),
  ]
}
