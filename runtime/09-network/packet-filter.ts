/**
 * The packet filter, as scripts for nft(8). All rules are made once and do not depend on
 * containers: they look into sets and maps, and a network or a container only adds elements to
 * these. So a thousand published ports cost a packet one look, and what a container leaves is found
 * by the comment at its elements, which is its id.
 */
import { addressFamily } from '../rtnetlink.ts'
import { linkLocal, parseAddress } from './addresses.ts'
import { rules } from './filter-rules.ts'
import type { HeldPort, HostEnd, InsideEnd, NetworkEnd } from './net-plan.ts'

/** What the packet filter has to know of a network. */
export interface FilteredNetwork {
  /** The name of its bridge. */
  bridge: string
  subnets: string[]
  isInternal: boolean
  /** What leaves it gets an address of the host. */
  isMasqueraded: boolean
  /** Its containers do not reach each other. */
  isClosed: boolean
}

/** And of a container. */
export interface FilteredContainer {
  id: string
  ends: NetworkEnd[]
  ports: HeldPort[]
}

/** The rules, and the elements of a container and of its networks. May be carried out again. */
export function filterScript(networks: FilteredNetwork[], container: FilteredContainer): string {
  const elements = [
    ...networks.flatMap(ofNetwork),
    ...ofContainer(container),
    ...networks.flatMap(({ isClosed, bridge }) => (isClosed ? closed(container, bridge) : [])),
  ]
  return [rules.trim(), ...elements.map((each) => `add element ${each}`), ''].join('\n')
}

/**
 * Scripts that take a container's elements away, also if some are gone already; the first one is
 * about its ends, the others about a port each. Such a one is refused (EEXIST) if the port is
 * another container's by now. They may be joined. They need the table.
 */
export function withoutContainer(container: FilteredContainer): string[] {
  const { id, ends, ports } = container
  const own = away([...ofEnds(container), ...closed({ id, ends })])
  return [own, ...ports.map((port) => away(published(port, `comment "${id}"`)))]
}

/** Adds a container's elements to a table that is there. */
export function elementsOf(container: FilteredContainer): string {
  return ofContainer(container).map((each) => `add element ${each}\n`).join('')
}

/** Takes ports out of the maps, wherever they lead by now. Needs all of them to be there. */
export function withoutPorts(ports: HeldPort[]): string {
  return ports.map((port) => `delete element inet stepbox ${placeOf(port)} }\n`).join('')
}

/** The same of a network. */
export function withoutNetwork(network: FilteredNetwork): string {
  return away(ofNetwork(network))
}

/** An element that is added for a second time is no mistake; one that is missing would be. */
function away(elements: string[]): string {
  const lines = elements.flatMap((each) => [`add element ${each}`, `delete element ${each}`])
  return lines.map((line) => `${line}\n`).join('')
}

/** `TABLE SET { ELEMENT }` each. */
function ofNetwork(network: FilteredNetwork): string[] {
  const { subnets, isInternal, isMasqueraded, isClosed } = network
  const bridge = `"${network.bridge}"`
  const outbound = isMasqueraded && !isInternal ? subnets : []
  return [
    `inet stepbox bridges { ${bridge} }`,
    `inet stepbox within { ${bridge} . ${bridge} : ${isClosed ? 'drop' : 'accept'} }`,
    ...(isInternal ? [`inet stepbox internal { ${bridge} }`] : []),
    ...subnets.map((each) => `inet stepbox near${digitOf(each)} { ${bridge} . ${each} }`),
    ...outbound.map((subnet) => `inet stepbox outbound${digitOf(subnet)} { ${subnet} }`),
  ]
}

function ofContainer(container: FilteredContainer): string[] {
  const { id, ports } = container
  return [
    ...ofEnds(container),
    ...ports.flatMap((port) => published(port, `comment "${id}"`)),
  ]
}

type WithEnds = Omit<FilteredContainer, 'ports'>

function ofEnds({ id, ends }: WithEnds): string[] {
  const comment = `comment "${id}"`
  return ends.flatMap(({ veth, inside }) => {
    const own = `"${veth.name}" . ${inside.mac}`
    return [
      `bridge stepbox ends { "${veth.name}" ${comment} }`,
      `bridge stepbox own { ${own} ${comment} }`,
      ...ownAddresses(inside).flatMap((address) => [
        `bridge stepbox own${digitOf(address)} { ${own} . ${address} ${comment} }`,
        ...target(veth, address, comment),
      ]),
    ]
  })
}

/** Its ends at a bridge, or all. */
function closed({ id, ends }: WithEnds, name?: string): string[] {
  const own = ends.filter(({ bridge }) => name === undefined || bridge.name === name)
  return own.map(({ veth }) => `bridge stepbox closed { "${veth.name}" comment "${id}" }`)
}

/** All, and what the kernel makes of its MAC address for IPv6 (RFC 4291). */
function ownAddresses({ addresses, linkLocal: asked = [], mac }: InsideEnd): string[] {
  const all = [...addresses, ...asked].map(({ address }) => address)
  return all.some((each) => digitOf(each) === 6) ? [...all, linkLocal(mac)] : all
}

/** nftables knows the field of such a packet by its place alone, so what is in it is a number. */
function target({ name }: HostEnd, address: string, comment: string): string[] {
  if (digitOf(address) === 4) return []
  const digits = (parseAddress(address)?.value ?? 0n).toString(16)
  return [`bridge stepbox targets { "${name}" . 0x${digits} ${comment} }`]
}

function published(port: HeldPort, comment: string): string[] {
  const { address, protocol, to } = port
  const loopback = `inet stepbox loopback6 { ${port.port} ${comment} }`
  return [
    `inet stepbox ${placeOf(port)} ${comment} : ${to.address} . ${to.port} }`,
    ...(address === '::' && protocol === 'udp' ? [loopback] : []),
  ]
}

/** `MAP { KEY`. Of all addresses of a family there is one map, of single ones another. */
function placeOf({ address, port, protocol }: HeldPort): string {
  const isAnywhere = address === '0.0.0.0' || address === '::'
  const map = `${isAnywhere ? 'anywhere' : 'published'}${digitOf(address)}`
  return `${map} { ${isAnywhere ? '' : `${address} . `}${protocol} . ${port}`
}

function digitOf(address: string): 4 | 6 {
  return addressFamily(address.replace(/\/.*/, '')) === 10 ? 6 : 4
}
