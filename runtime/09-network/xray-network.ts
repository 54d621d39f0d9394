/** What `x-ray` shows of a container's networks: each fact on the host, and inside. */
import { dirname } from 'node:path'
import type { XRayRow } from '../chapter-tools.ts'
import { runningContainers } from '../container/find.ts'
import type { Container } from '../options.ts'
import { decimalSize } from '../units.ts'
import type { NetworkEnd } from './net-plan.ts'
import { bridgeNetworks } from './networks.ts'
import { resolverRow } from './resolver-seen.ts'
import { seenFilter, type SeenRule } from './seen-filter.ts'
import { seenNetworks, type SeenLink, type SeenSide, type Traffic } from './seen-links.ts'
import { connectionsOf, type SeenConnection } from './tracked.ts'
import type {} from './endpoints.ts'

/** The rows of a container that runs; none for one without a network of its own. */
export async function networkRows(container: Container, dir: string): Promise<XRayRow[]> {
  const { net, init } = container
  if (!net || net.ends.length === 0 || !init) return []
  const root = dirname(dirname(dir))
  const [[host, inside], rules] = await Promise.all([seenNetworks(init.pid), seenFilter()])
  if (!host || !inside) return []
  const nameOf = new Map(bridgeNetworks(root).map(({ id, name }) => [id, name]))
  const others = runningContainers(root).filter(({ id }) => id !== container.id)
  const sides = { host, inside, rules, others }
  const rows = net.ends.flatMap((end) => {
    const name = nameOf.get(end.network) ?? end.network.slice(0, 12)
    const part = `network ${name}`
    return ofEnd(end, sides).map((each) => ({ part, ...each }))
  })
  const addresses = net.ends.flatMap((end) => end.inside.addresses.map(({ address }) => address))
  const connections = connectionsOf(addresses)
  const more = connections.length - mostConnections
  const shared = [
    ...rules.filter(({ comment }) => comment === container.id).flatMap(portRow),
    ...resolverRow(init.pid),
    ...connections.slice(0, mostConnections).flatMap(connectionRows),
    ...(more > 0 ? [{ name: '', host: `${more} more connections`, container: '' }] : []),
  ]
  return [...rows, ...shared.map((each) => ({ part: 'ports and names', ...each }))]
}

/** A page is for reading: of more, the number is said. */
const mostConnections = 6
const mostNeighbours = 4

interface Sides {
  host: SeenSide
  inside: SeenSide
  rules: SeenRule[]
  others: Container[]
}

/** A drawing in two columns: the bridge, the cables that are plugged into it, what they carry. */
function ofEnd(end: NetworkEnd, { host, inside, rules, others }: Sides): XRayRow[] {
  const byName = (side: SeenSide, name: string) => side.links.find((link) => link.name === name)
  const own = byName(inside, end.inside.name)
  const outer = host.links.find(({ index }) => index === own?.other)
  const bridge = host.links.find(({ index }) => index === outer?.master)
  const ports = host.links.filter(({ master, index }) => {
    return master === bridge?.index && index !== outer?.index
  })
  const more = ports.length - mostNeighbours
  const subnets = host.routes.filter(({ index, via }) => index === bridge?.index && !via)
  const isOut = ({ set = '', text }: SeenRule) =>
    set.startsWith('outbound') && subnets.some(({ to }) => to === text)
  return [
    { name: 'bridge', host: shown(bridge), container: '' },
    { name: 'cable', host: `${joint}${cable(outer?.name)}`, container: `${plug}${shown(own)}` },
    ...ports.slice(0, mostNeighbours).map((port) => ({
      name: '',
      host: `${joint}${cable(port.name)}`,
      container: `${plug}${ownerOf(port, others)}`,
    })),
    ...(more > 0 ? [{ name: '', host: `├─ ${more} more cables`, container: '' }] : []),
    { name: 'number', host: numbers(outer), container: numbers(own) },
    ...pairs('address', bridge?.addresses, own?.addresses),
    { name: 'MAC address', host: outer?.mac ?? '', container: own?.mac ?? '' },
    ...pairs('route', routesBy(host, bridge), routesBy(inside, own)),
    { name: 'received', host: traffic(outer?.received), container: traffic(own?.received) },
    { name: 'sent', host: traffic(outer?.sent), container: traffic(own?.sent) },
    ...rules.filter(isOut).map(({ text }) => ({
      name: 'masquerade',
      host: text,
      container: "leaves with the host's address",
    })),
  ]
}

/** Columns of the page: 25 characters on the left. */
const leftColumns = 25
const [joint, plug] = ['├─ ', '══ ']

function cable(name = '?'): string {
  return `${name} `.padEnd(leftColumns - joint.length - 1, '═')
}

function ownerOf(port: SeenLink, others: Container[]): string {
  for (const { name, net } of others)
    for (const { veth, inside } of net?.ends ?? [])
      if (veth.name === port.name) return `${inside.name} of ${name}`
  return 'not of a container of this data root'
}

function shown(link: SeenLink | undefined): string {
  return link ? `${link.name} ${link.isUp ? 'up' : 'down'}` : 'gone'
}

function numbers(link: SeenLink | undefined): string {
  if (!link) return '?'
  const { index, other = 0 } = link
  return `${index}, other end ${other}`
}

function pairs(name: string, left: string[] = [], right: string[] = []): XRayRow[] {
  const length = Math.max(left.length, right.length)
  return Array.from({ length }, (_, at) => ({
    name: at === 0 ? name : '',
    host: left[at] ?? '',
    container: right[at] ?? '',
  }))
}

function routesBy({ routes }: SeenSide, link: SeenLink | undefined): string[] {
  const own = routes.filter(({ index }) => index === link?.index)
  return own.map(({ to, via }) => (via ? `${to} via ${via}` : to))
}

function traffic(count: Traffic | undefined): string {
  if (!count) return ''
  const [size, { packets }] = [decimalSize(count.bytes), count]
  return `${size}, ${packets} packets`
}

/** An element of a map: `tcp . 8080 : 172.17.0.2 . 80`, with an address before it or not. */
function portRow({ set = '', text }: SeenRule): XRayRow[] {
  if (!/^(anywhere|published)/.test(set)) return []
  const [from = '', to = ''] = text.split(' : ')
  const [port = '', protocol = '', address = set.endsWith('6') ? '[::]' : '0.0.0.0'] = from
    .split(' . ')
    .reverse()
  return [
    {
      name: 'published',
      host: `${address}:${port}/${protocol}`,
      container: to.replace(' . ', ':'),
    },
  ]
}

function connectionRows({ protocol, state, outside, inside, traffic: count }: SeenConnection) {
  const counted = count ? `, ${traffic(count)}` : ''
  return [
    {
      name: `${protocol} ${state}`,
      host: `from ${outside.from}`,
      container: `from ${inside.from}`,
    },
    { name: '', host: `to ${outside.to}`, container: `to ${inside.to}${counted}` },
  ]
}
