/** A container's network for a list that is only printed: nothing is leased, made or held. */
import type { Setting } from '../chapter.ts'
import { firstPortFd } from '../descriptors.ts'
import type { Container, PlanOptions } from '../options.ts'
import { formatAddress, parseAddress } from './addresses.ts'
import { endpointsOf, type AskedEndpoint } from './endpoints.ts'
import { bridgeSettings } from './host-settings.ts'
import type { HeldPort, NetworkEnd } from './net-plan.ts'
import { networkEnd, withOneRoute } from './network-end.ts'
import { defaultNetwork, findNetwork, readNetwork, type NetworkRecord } from './networks.ts'
import { filterScript } from './packet-filter.ts'
import { filtered } from './prepare-network.ts'

/** Of a container that has a network of its own: numbers and addresses as they could be. */
export function plannedNetwork({
  container,
  root,
}: Pick<Setting, 'container' | 'root'>): Partial<PlanOptions> {
  const asked = endpointsOf(container)
  if (asked.length === 0) return {}
  const { id } = container
  const networks = asked.map(({ network }) => recordOf(root, network))
  const ends = withOneRoute(
    networks.map((network, at) => plannedEnd({ id, network, at }, asked[at])),
    networks,
  )
  const ports = portsOf(container, ends)
  const script = filterScript(networks.map(filtered), { id, ends, ports })
  return { net: { ends, ports, script, sysctls: networks.flatMap(bridgeSettings) } }
}

/** The end of container `id` in its network number `at`, as it could be. */
export function plannedEnd(
  { id, network, at }: Parameters<typeof networkEnd>[0],
  asked?: Partial<AskedEndpoint>,
): NetworkEnd {
  return networkEnd({ id, network, at }, {
    addresses: addressesIn(network, asked),
    index: firstIndex + 1 + at,
    mtu: Number(network.options['com.docker.network.driver.mtu']) || 1500,
    mac: asked?.mac,
    linkLocal: asked?.linkLocal,
  })
}

/** Numbers of interfaces that are chosen begin here. */
const firstIndex = 2 ** 24

/** A network that is not there: made with the subnet of the default one. */
export function unmadeNetwork(name: string): NetworkRecord {
  return { ...unmade, name }
}

/** The default network is made by the first container in it. */
function recordOf(root: string, name: string): NetworkRecord {
  if (name !== defaultNetwork) return findNetwork(root, name)
  return readNetwork(root, name) ?? unmadeNetwork(name)
}

const unmade: Omit<NetworkRecord, 'name'> = {
  ...{ version: 1, id: '<network>', created: '', driver: 'bridge', options: {}, labels: {} },
  ...{ hasIPv6: false, isInternal: false, isAttachable: false },
  subnets: [{ subnet: '172.17.0.0/16', gateway: '172.17.0.1' }],
  bridge: { name: 'stepbox0', index: firstIndex },
}

/** Those that were asked for, or the ones after the gateways. */
function addressesIn({ subnets }: NetworkRecord, asked?: Partial<AskedEndpoint>): string[] {
  return subnets.map(({ subnet, gateway }) => {
    const isSix = subnet.includes(':')
    const wish = isSix ? asked?.six : asked?.four
    const first = parseAddress(gateway ?? subnet.split('/')[0] ?? '')
    return wish ?? (first ? formatAddress({ ...first, value: first.value + 1n }) : '')
  })
}

function portsOf({ published = [] }: Container, ends: NetworkEnd[]): HeldPort[] {
  const to = ends[0]?.inside.addresses[0]?.address ?? ''
  return published.map(({ address = '0.0.0.0', port, protocol, host }, at) => {
    const outside = host?.[0] || 32768 + at
    return { address, port: outside, protocol, to: { address: to, port }, fd: firstPortFd + at }
  })
}
