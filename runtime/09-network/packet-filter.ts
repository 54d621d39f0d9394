/**
 * The packet filter, as scripts for nft(8). All rules are made once and do not depend on
 * containers: they look into sets and maps, and a network or a container only adds elements to
 * these. So a thousand published ports cost a packet one look, and what a container leaves is found
 * by the comment at its elements, which is its id.
 */
import { addressFamily } from '../rtnetlink.ts'
import { linkLocal, parseAddress } from './addresses.ts'
import type { HeldPort, HostEnd, InsideEnd, NetworkEnd } from './net-plan.ts'

/**
 * A packet's way:
 *
 *     loopback     the bridges have route_localnet, so that 127.0.0.1 can be answered from a
 *                  container; what comes from a cable and is for 127.0.0.0/8 is dropped
 *                  (CVE-2020-8558). On every cable: a port that is published on 127.0.0.1 is sent
 *                  on below, before the kernel could see that this address has no business there
 *     prerouting   from outside and from containers, for a published port: to its container
 *     output       the same from the host; from ::1 nothing could come back (no route_localnet)
 *     local        so ::1 is refused; TCP by the held socket, which does not listen, UDP here
 *     forward      within a network and out of it; into it only answers, and what was published
 *     postrouting  out of a network: from the host's address; so that the answer comes back this
 *                  way also from 127.0.0.1, and from a container to a published port of its network
 *     sources      from a container's end: only with its own addresses, and only IP and ARP. The
 *                  last word is drop: a tag of a VLAN would hide an address from the lines before.
 *                  A neighbour solicitation (IPv6's ARP) is answered for its own addresses alone,
 *                  and no container says that it is a router (CVE-2020-13401)
 *     between      from one container to another, if the network has enable_icc=false
 */
const base = `
table inet stepbox {}
table bridge stepbox {}
flush table inet stepbox
flush table bridge stepbox
table inet stepbox {
  set bridges { type ifname; }
  set internal { type ifname; }
  map within { type ifname . ifname : verdict; }
  set loopback6 { type inet_service; }
  set outbound4 { type ipv4_addr; flags interval; }
  set outbound6 { type ipv6_addr; flags interval; }
  set near4 { type ifname . ipv4_addr; flags interval; }
  set near6 { type ifname . ipv6_addr; flags interval; }
  map anywhere4 { type inet_proto . inet_service : ipv4_addr . inet_service; }
  map anywhere6 { type inet_proto . inet_service : ipv6_addr . inet_service; }
  map published4 {
    type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service;
  }
  map published6 {
    type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service;
  }
  chain published {
    dnat ip to ip daddr . meta l4proto . th dport map @published4
    dnat ip6 to ip6 daddr . meta l4proto . th dport map @published6
    meta nfproto ipv4 dnat ip to meta l4proto . th dport map @anywhere4
    meta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @anywhere6
  }
  chain loopback {
    type filter hook prerouting priority raw;
    iifname != "lo" ip daddr 127.0.0.0/8 drop
  }
  chain prerouting {
    type nat hook prerouting priority dstnat;
    fib daddr type local jump published
  }
  chain output {
    type nat hook output priority -100;
    ip6 daddr ::1 return
    fib daddr type local jump published
  }
  chain local {
    type filter hook output priority filter;
    ip6 daddr ::1 udp dport @loopback6 reject
  }
  chain forward {
    type filter hook forward priority filter;
    ct state established,related accept
    iifname . oifname vmap @within
    iifname @internal drop
    oifname @internal drop
    ct status dnat accept
    iifname @bridges oifname != @bridges accept
    oifname @bridges drop
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ip saddr @outbound4 oifname != @bridges masquerade
    ip6 saddr @outbound6 oifname != @bridges masquerade
    ip saddr 127.0.0.0/8 oifname @bridges masquerade
    ct status dnat oifname . ip saddr @near4 masquerade
    ct status dnat oifname . ip6 saddr @near6 masquerade
  }
}
table bridge stepbox {
  set ends { type ifname; }
  set own { type ifname . ether_addr; }
  set own4 { type ifname . ether_addr . ipv4_addr; }
  set own6 { type ifname . ether_addr . ipv6_addr; }
  set targets { typeof iifname . @th,64,128; }
  set closed { type ifname; }
  chain sources {
    type filter hook prerouting priority dstnat;
    iifname != @ends accept
    iifname . ether saddr != @own drop
    iifname . arp saddr ether . arp saddr ip @own4 accept
    arp saddr ip 0.0.0.0 accept
    iifname . ether saddr . ip saddr @own4 accept
    icmpv6 type { nd-router-advert, nd-redirect } drop
    icmpv6 type nd-neighbor-advert iifname . @th,64,128 != @targets drop
    iifname . ether saddr . ip6 saddr @own6 accept
    ip6 saddr :: meta l4proto ipv6-icmp accept
    drop
  }
  chain between {
    type filter hook forward priority filter;
    iifname @closed oifname @closed drop
  }
}
`

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
  return [base.trim(), ...elements.map((each) => `add element ${each}`), ''].join('\n')
}

/** Takes a container's elements away, also if some are gone already. Needs the table. */
export function withoutContainer(container: FilteredContainer): string {
  return away([...ofContainer(container), ...closed(container)])
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

function ofContainer({ id, ends, ports }: FilteredContainer): string[] {
  const comment = `comment "${id}"`
  return [
    ...ends.flatMap(({ veth, inside }) => {
      const own = `"${veth.name}" . ${inside.mac}`
      return [
        `bridge stepbox ends { "${veth.name}" ${comment} }`,
        `bridge stepbox own { ${own} ${comment} }`,
        ...ownAddresses(inside).flatMap((address) => [
          `bridge stepbox own${digitOf(address)} { ${own} . ${address} ${comment} }`,
          ...target(veth, address, comment),
        ]),
      ]
    }),
    ...ports.flatMap((port) => published(port, comment)),
  ]
}

/** Its ends at a bridge, or all. */
function closed({ id, ends }: FilteredContainer, name?: string): string[] {
  const own = ends.filter(({ bridge }) => name === undefined || bridge.name === name)
  return own.map(({ veth }) => `bridge stepbox closed { "${veth.name}" comment "${id}" }`)
}

/** Those that were leased, and what the kernel makes of its MAC address for IPv6 (RFC 4291). */
function ownAddresses({ addresses, mac }: InsideEnd): string[] {
  const all = addresses.map(({ address }) => address)
  return all.some((each) => digitOf(each) === 6) ? [...all, linkLocal(mac)] : all
}

/** nftables knows the field of such a packet by its place alone, so what is in it is a number. */
function target({ name }: HostEnd, address: string, comment: string): string[] {
  if (digitOf(address) === 4) return []
  const digits = (parseAddress(address)?.value ?? 0n).toString(16)
  return [`bridge stepbox targets { "${name}" . 0x${digits} ${comment} }`]
}

function published({ address, port, protocol, to }: HeldPort, comment: string): string[] {
  const isAnywhere = address === '0.0.0.0' || address === '::'
  const map = `${isAnywhere ? 'anywhere' : 'published'}${digitOf(address)}`
  const key = `${isAnywhere ? '' : `${address} . `}${protocol} . ${port}`
  const loopback = `inet stepbox loopback6 { ${port} ${comment} }`
  return [
    `inet stepbox ${map} { ${key} ${comment} : ${to.address} . ${to.port} }`,
    ...(address === '::' && protocol === 'udp' ? [loopback] : []),
  ]
}

function digitOf(address: string): 4 | 6 {
  return addressFamily(address.replace(/\/.*/, '')) === 10 ? 6 : 4
}
