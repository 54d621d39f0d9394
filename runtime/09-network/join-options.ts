/** What the lists of `network connect` and `network disconnect` are made of. */
import { tryRead } from '../files.ts'
import type { Container, PlanOptions } from '../options.ts'
import { pidHere } from '../process.ts'
import type { PendingEnd } from './endpoints.ts'
import { bridgeSettings } from './host-settings.ts'
import type { Member } from './join.ts'
import type { HeldPort, NetworkEnd } from './net-plan.ts'
import { defaultNetwork, type NetworkRecord } from './networks.ts'
import { elementsOf, filterScript } from './packet-filter.ts'
import { withoutContainer, withoutPorts } from './packet-filter.ts'
import { resolverOf } from './prepare-names.ts'
import { filtered } from './prepare-network.ts'
import { isSamePort, newWays, withoutWays } from './redirect.ts'

interface Change {
  container: Container
  member: Member
  root: string
  network: NetworkRecord
  /** What it has before, and with the new end last. */
  before: NetworkEnd[]
  after: NetworkEnd[]
  /** Ports that lead to the new end. */
  moved: HeldPort[]
}

/** Of a container that gets another end. It gets a resolver if it needs one and has none. */
export function joiningOptions(change: Change): Partial<PlanOptions> {
  const { container, member, root, network, before, after, moved } = change
  const ends = after.slice(-1).map(withoutWays)
  const script = filterScript([filtered(network)], { id: container.id, ends, ports: moved })
  const isNamed = network.name !== defaultNetwork
  const resolver = { ...resolverOf(root, container), serves: member.pid }
  return {
    net: { ends, ports: [], script, sysctls: bridgeSettings(network) },
    joining: { member, ways: newWays(before, after) },
    ...(isNamed && !hasResolver(member) ? { resolver } : {}),
  }
}

/** Of one that loses an end; `container` is as it is without. */
export function leavingOptions(
  container: Container,
  { end, moved }: PendingEnd,
): Partial<PlanOptions> {
  const { id, net } = container
  const { ends = [], ports = [] } = net ?? {}
  const leads = ports.filter((each) => moved.some((other) => isSamePort(each, other)))
  const { gateway, gateway6 } = end.inside
  const ways = ends.flatMap(({ inside }) => [
    ...(gateway !== undefined && inside.gateway !== undefined ? [inside.gateway] : []),
    ...(gateway6 !== undefined && inside.gateway6 !== undefined ? [inside.gateway6] : []),
  ])
  return {
    leaving: {
      link: end.veth.name,
      without: withoutContainer({ id, ends: [end], ports: [] }).join(''),
      ...(moved.length > 0 ? { strikes: withoutPorts(moved) } : {}),
      ...(leads.length > 0 ? { leads: elementsOf({ id, ends: [], ports: leads }) } : {}),
      ...(ways.length > 0 ? { member: memberOf(container) } : {}),
      ways,
    },
  }
}

/** Throws if it does not run, or cannot be seen from here. */
export function memberOf({ init, name }: Pick<Container, 'init' | 'name'>): Member {
  const pid = init && pidHere(init)
  if (init && typeof pid === 'number') return { pid, start: init.start }
  throw new Error(`container '${name}' is not running`)
}

/** The port of a resolver that is bound there already: see resolver.ts. */
const bound = /^ *\d+: 0B00007F:A0C1 /m

function hasResolver({ pid }: Member): boolean {
  return bound.test(tryRead(`/proc/${pid}/net/udp`) ?? '')
}
