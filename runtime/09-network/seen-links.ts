/** The links, addresses and routes of a network namespace, as the kernel lists them. */
import { closeInherited } from '../01-namespaces/namespaces.ts'
import { perform } from '../native.ts'
import { toAddress } from '../net-address.ts'
import { toolStep, type Step } from '../step.ts'
import { interfaceIndex } from './interfaces.ts'
import { dumpRequest, heardAttributes, heardIn, plainRequest } from './netlink-read.ts'
import type { HeardMessage } from './netlink-read.ts'

export interface SeenLink {
  index: number
  name: string
  /** `bridge`, `veth`; empty for hardware and lo. */
  kind: string
  isUp: boolean
  mac: string
  /** The number of the bridge that it is a port of. */
  master?: number
  /** The number of the other end, in the namespace that has it. */
  other?: number
  received: Traffic
  sent: Traffic
  /** `172.17.0.2/16`; without those of one link (fe80::/10), which the kernel makes by itself. */
  addresses: string[]
}

/** What an interface has counted. */
export interface Traffic {
  bytes: number
  packets: number
}

export interface SeenRoute {
  /** `default` or a subnet. */
  to: string
  via?: string
  /** The number of the interface. */
  index: number
}

export interface SeenSide {
  links: SeenLink[]
  /** Of the main table. */
  routes: SeenRoute[]
  /** A number that changes with each change of the packet filter; absent without nf_tables. */
  generation?: number
}

/** RTM_GETLINK, RTM_GETADDR and RTM_GETROUTE with their fixed parts: rtnetlink(7). */
const kinds: [type: number, fixed: number][] = [[18, 16], [22, 8], [26, 12]]

/** NFT_MSG_GETGEN of nf_tables.h, and the number in its answer. */
const [getGeneration, generationId] = [(10 << 8) | 16, 1]

/**
 * This network namespace, and that of process `pid` if one is given. Throws as perform does: it
 * takes root to look into another one.
 */
export async function seenNetworks(pid?: number): Promise<SeenSide[]> {
  const dumps: Step[] = [
    ...kinds.map(([type, fixed]) =>
      toolStep(['netlink_dump', 'NETLINK_ROUTE', dumpRequest(type, fixed)], 'all there is'),
    ),
    toolStep(
      ['netlink_dump', 'NETLINK_NETFILTER', plainRequest(getGeneration, 4)],
      'has the packet filter changed?',
      'EINVAL', // no nf_tables in the kernel
    ),
  ]
  const there = pid === undefined ? [] : [...inNetworkOf(pid), ...dumps]
  const plan = [...closeInherited(), ...dumps, ...there]
  const reports = await perform(plan)
  const heard = reports.flatMap(({ index, answer }) =>
    plan[index]?.call[0] === 'netlink_dump' ? [heardIn(answer)] : [],
  )
  const sides = [heard.slice(0, dumps.length), heard.slice(dumps.length)]
  return sides.slice(0, pid === undefined ? 1 : 2).map(networkFrom)
}

/** The interfaces of this network namespace, without their addresses. Any user may ask. */
export async function seenLinks(): Promise<SeenLink[]> {
  const [links] = kinds
  if (!links) return []
  const all = toolStep(['netlink_dump', 'NETLINK_ROUTE', dumpRequest(...links)], 'all there is')
  const plan = [...closeInherited(), all]
  const reports = await perform(plan)
  const answer = reports.find(({ index }) => plan[index] === all)?.answer
  return answer ? heardIn(answer).map((each) => linkFrom(each, [])) : []
}

/** The number of an interface, also of one that is down; undefined if there is none. */
export async function indexOfLink(name: string): Promise<number | undefined> {
  const shown = interfaceIndex(name)
  if (shown !== 0) return shown
  return (await seenLinks()).find((each) => each.name === name)?.index
}

/** Go to another network namespace. */
export function inNetworkOf(pid: number): Step[] {
  return [toolStep(['setns', `/proc/${pid}/ns/net`, 'CLONE_NEWNET'], 'the other side')]
}

function networkFrom([links = [], addresses = [], routes = [], filter = []]: HeardMessage[][]) {
  const generation = filter[0]?.attributes.get(generationId)?.readUInt32BE(0)
  return {
    links: links.map((each) => linkFrom(each, addresses)),
    routes: routes.flatMap(routeFrom),
    ...(generation === undefined ? {} : { generation }),
  }
}

/** Numbers of linux/if_link.h, and of struct ifinfomsg and rtnl_link_stats64. */
function linkFrom({ fixed, attributes }: HeardMessage, addresses: HeardMessage[]): SeenLink {
  const index = fixed.readInt32LE(4)
  const info = heardAttributes(attributes.get(18) ?? Buffer.alloc(0))
  const [master, other] = [10, 5].map((type) => attributes.get(type)?.readUInt32LE(0))
  const count = (at: number) => Number(attributes.get(23)?.readBigUInt64LE(8 * at) ?? 0)
  return {
    index,
    name: textIn(attributes.get(3)),
    kind: textIn(info.get(1)),
    isUp: (fixed.readUInt32LE(8) & 1) !== 0,
    mac: Array.from(attributes.get(1) ?? [], hex).join(':'),
    ...(master ? { master } : {}),
    ...(other ? { other } : {}),
    received: { packets: count(0), bytes: count(2) },
    sent: { packets: count(1), bytes: count(3) },
    addresses: addresses.flatMap((each) => addressFrom(each, index)),
  }
}

/** Numbers of linux/if_addr.h: what is its own (IFA_LOCAL), else IFA_ADDRESS. */
function addressFrom({ fixed, attributes }: HeardMessage, index: number): string[] {
  const bytes = attributes.get(2) ?? attributes.get(1)
  if (fixed.readUInt32LE(4) !== index || !bytes) return []
  const address = toAddress(bytes)
  return isOfLink(address) ? [] : [`${address}/${fixed.readUInt8(1)}`]
}

function isOfLink(address: string): boolean {
  return /^fe[89ab]/.test(address)
}

/** Numbers of linux/rtnetlink.h: routes of the main table (254) to others (RTN_UNICAST, 1). */
function routeFrom({ fixed, attributes }: HeardMessage): SeenRoute[] {
  const [prefix, table, type] = [1, 4, 7].map((at) => fixed.readUInt8(at))
  const [to, index, via] = [attributes.get(1), attributes.get(4), attributes.get(5)]
  if (table !== 254 || type !== 1 || !index) return []
  if (to && /^(fe[89ab]|ff)/.test(toAddress(to))) return []
  const where = via ? { via: toAddress(via) } : {}
  return [
    { to: to ? `${toAddress(to)}/${prefix}` : 'default', ...where, index: index.readUInt32LE(0) },
  ]
}

function textIn(bytes: Buffer | undefined): string {
  return bytes?.toString('latin1').replace(/\0.*$/s, '') ?? ''
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
