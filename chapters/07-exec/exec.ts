/** The list of `exec`: a newcomer becomes like a process of the container. */
import { command, session } from '../../runtime/01-namespaces/command.ts'
import { inheritance } from '../../runtime/01-namespaces/inheritance.ts'
import { closeInherited } from '../../runtime/01-namespaces/namespaces.ts'
import { channels, nextFd } from '../../runtime/03-pivot-root/streams.ts'
import { ulimits } from '../../runtime/03-pivot-root/ulimits.ts'
import {
  child,
  directoryInside,
  enterNamespaces,
  joinGroups,
  outliveCaller,
} from '../../runtime/07-exec/enter.ts'
import { typicalTarget } from '../../runtime/07-exec/typical-target.ts'
import { newcomersStreams } from '../../runtime/07-exec/newcomer-streams.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import type { Step } from '../../runtime/step.ts'

export function execPlan(options: PlanOptions): Step[] {
  const { target = typicalTarget(options.group) } = options
  return [
    ...closeInherited(),
    ...outliveCaller(options.outliving),
    ...channels(options),
    ...child(),
    ...inheritance(options.oomScoreAdj),
    ...joinGroups(target),
    ...enterNamespaces(target, nextFd(options)),
    ...session(),
    ...directoryInside(options.cwd),
    ...newcomersStreams(options),
    ...ulimits(options.ulimits),
    ...command(options),
  ]
}
