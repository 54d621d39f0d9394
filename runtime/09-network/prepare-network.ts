/** From the networks that a container asks for to what its list has of them. */
import type { Setting } from '../chapter.ts'
import { amendContainer, amendmentsIn } from '../container/amendments.ts'
import { runningContainers } from '../container/find.ts'
import { saveRunning } from '../container/state.ts'
import { makePlace } from '../data-root.ts'
import type { Container, PlanOptions } from '../options.ts'
import { randomIndex, theDefaultNetwork, usable } from './change-networks.ts'
import { claimBridge } from './claim.ts'
import { endpointsOf, type AskedEndpoint } from './endpoints.ts'
import { bridgeSettings, rememberSettings, uplinkSettings } from './host-settings.ts'
import { hostPorts } from './host-ports.ts'
import { uplinkMtu } from './interfaces.ts'
import { lease, withNetworks } from './leases.ts'
import type { HeldPort, NetPlan, NetworkEnd } from './net-plan.ts'
import { networkEnd, withOneRoute } from './network-end.ts'
import { defaultNetwork, findNetwork, type NetworkRecord } from './networks.ts'
import { filterScript, type FilteredNetwork } from './packet-filter.ts'
import type { AskedPort, Protocol } from './publish-flag.ts'

/**
 * Lease addresses, choose names, numbers and ports, and put them on record. Of a container that
 * runs it is what it has.
 */
export async function prepareNetwork(setting: Setting): Promise<Partial<PlanOptions>> {
  const { container, root } = setting
  const asked = endpointsOf(container)
  const isLeft = container.endpoints?.length === 0 && (container.published ?? []).length > 0
  if (asked.length === 0 && !isLeft) {
    if (container.network === 'host' && container.status === 'created') warnOfPorts(setting)
    if (container.status === 'created') forgetChanges(setting)
    delete container.net
    return {}
  }
  const networks: NetworkRecord[] = []
  for (const { network } of asked) networks.push(await networkFor(root, network))
  const isRunning = container.status !== 'created' && container.net !== undefined
  if (!isRunning) {
    forgetChanges(setting)
    await join(setting, asked, networks)
  }
  const { ends = [], ports = [], idle = [] } = container.net ?? {}
  const changes = uplinkSettings(networks)
  const remembered = isRunning ? '' : rememberSettings(root, changes)
  const rules = filterScript(networks.map(filtered), { id: container.id, ends, ports })
  const script = `${rules}${remembered}`
  const sysctls = [...networks.flatMap(bridgeSettings), ...changes]
  const net: NetPlan = { ends, ports: [...ports, ...idle], script, sysctls }
  return { net }
}

function warnOfPorts({ container: { published = [] }, warn }: Setting): void {
  if (published.length > 0) warn('published ports are discarded when using host network mode')
}

/** The network called `name`, or with that id, as it can be used now. */
export async function networkFor(root: string, name: string): Promise<NetworkRecord> {
  const isDefault = name === defaultNetwork
  const network = isDefault ? await theDefaultNetwork(root) : findNetwork(root, name)
  await claimBridge(network)
  return usable(root, network)
}

/** What `network connect` has changed of a container that runs is about that life of it. */
export function forgetChanges({ root, dir }: Pick<Setting, 'root' | 'dir'>): void {
  if (amendmentsIn(dir).net) amendContainer(makePlace(root, 'tmp'), dir, { net: undefined })
}

/** What the packet filter has to know of a network. */
export function filtered({ bridge, subnets, isInternal, options }: NetworkRecord): FilteredNetwork {
  return {
    bridge: bridge?.name ?? '',
    subnets: subnets.map(({ subnet }) => subnet),
    isInternal,
    isMasqueraded: options['com.docker.network.bridge.enable_ip_masquerade'] !== 'false',
    isClosed: options['com.docker.network.bridge.enable_icc'] === 'false',
  }
}

/** Give a container its places in networks, and its ports. */
async function join(
  { container, root }: Setting,
  asked: AskedEndpoint[],
  networks: NetworkRecord[],
): Promise<void> {
  const places: NetworkEnd[] = []
  for (const [at, network] of networks.entries())
    places.push(await placeIn({ root, id: container.id, network, at }, asked[at]))
  const ends = withOneRoute(places, networks)
  container.net = { ends, ports: [] }
  const reached = ends.filter((_, at) => !networks[at]?.isInternal)
  const isReached = reached.length > 0 // else the ports are held for a network that leads out
  const wanted = publishedOf(container)
  if (wanted.length === 0) return
  const isNamed = wanted.every(({ host }) => host && host[0] === host[1] && host[0] !== 0)
  const choose = async () => {
    const others = heldByOthers(root, container)
    const to = isReached ? reached : nowhere
    const held = await hostPorts({ asked: wanted, ends: to, others })
    container.net = isReached ? { ends, ports: held } : { ends, ports: [], idle: held }
    saveRunning(root, container) // whoever chooses a port next sees this one
  }
  await (isNamed ? choose() : withNetworks(root, choose))
}

/** A container that nobody can reach keeps its ports, for the next network that it joins. */
const nowhere = [{ inside: { addresses: [{ address: '0.0.0.0', prefix: 0 }] } }]

function heldByOthers(root: string, { id }: Container): HeldPort[] {
  const others = runningContainers(root).filter((each) => each.id !== id)
  return others.flatMap(({ net }) => [...(net?.ports ?? []), ...(net?.idle ?? [])])
}

/** With -P what is exposed is published too, unless it is already. */
function publishedOf({ published = [], publishesAll, config }: Container): AskedPort[] {
  if (!publishesAll) return published
  const isAsked = (port: number, protocol: string) =>
    published.some((each) => each.port === port && each.protocol === protocol)
  const all = Object.keys(config?.ExposedPorts ?? {}).map((word) => {
    const [port = '', protocol = 'tcp'] = word.split('/')
    return { port: Number(port), protocol: protocol as Protocol }
  })
  return [...published, ...all.filter(({ port, protocol }) => !isAsked(port, protocol))]
}

/** Throws unless a container can wish for such addresses in the network. */
export function checkAddressWish(
  { name, subnets }: NetworkRecord,
  { four, six }: Pick<AskedEndpoint, 'four' | 'six'>,
): void {
  if ((four || six) && name === defaultNetwork)
    throw new Error('user specified IP address is supported on user defined networks only')
  const isFixed = (isSix: boolean) =>
    subnets.some(({ subnet, isChosen }) => subnet.includes(':') === isSix && !isChosen)
  if ((four && !isFixed(false)) || (six && !isFixed(true)))
    throw new Error(
      'user specified IP address is supported only when connecting to networks with user ' +
        `configured subnets: network '${name}' was created without such a --subnet`,
    )
}

interface Place {
  root: string
  id: string
  network: NetworkRecord
  /** Of its networks, from 0. */
  at: number
}

/** A new end in a network. */
export async function placeIn(
  { root, id, network, at }: Place,
  asked: Omit<AskedEndpoint, 'network'> = {},
): Promise<NetworkEnd> {
  const { name, bridge, options } = network
  if (!bridge) throw new Error(`network '${network.name}' is not one that can be joined`)
  const { four, six } = name === defaultNetwork ? {} : asked // ignored there, as in Docker
  checkAddressWish(network, { ...(four ? { four } : {}), ...(six ? { six } : {}) })
  const wish = { container: id, ...(four ? { four } : {}), ...(six ? { six } : {}) }
  const addresses = await lease(root, network, wish)
  const mtu = Number(options['com.docker.network.driver.mtu']) || uplinkMtu()
  const { mac, linkLocal } = asked
  return networkEnd({ id, network, at }, { addresses, index: randomIndex(), mtu, mac, linkLocal })
}
