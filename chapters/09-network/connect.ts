/** The lists of `network connect` and `network disconnect`: a cable more, and a cable less. */
import { closeInherited } from '../../runtime/01-namespaces/namespaces.ts'
import { enterNetwork, onSocket, unplug, ways } from '../../runtime/09-network/join.ts'
import { insideFd, ownNetworkFd } from '../../runtime/09-network/join.ts'
import { bridges, cables, interfaces } from '../../runtime/09-network/links.ts'
import { lendSockets, startResolver } from '../../runtime/09-network/resolver.ts'
import { typicalJoining, typicalLeaving } from '../../runtime/09-network/typical-join.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import type { Step } from '../../runtime/step.ts'

export function connectPlan(options: PlanOptions): Step[] {
  const { joining = typicalJoining } = options
  return [
    ...closeInherited(),
    ...open(bridges(options.net)),
    ...startResolver(options),
    ...enterNetwork(joining.member),
    ...open(cables(options, ownNetworkFd)),
    ...onSocket(insideFd, interfaces(options)),
    ...ways(joining),
    ...lendSockets(options),
  ]
}

/** Without the last line, which closes what nobody minds here. */
function open(steps: Step[]): Step[] {
  return steps.slice(0, -1)
}

export function disconnectPlan(options: PlanOptions): Step[] {
  const { leaving = typicalLeaving } = options
  return [...closeInherited(), ...unplug(leaving)]
}
