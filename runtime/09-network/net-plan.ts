/**
 * What the plan of a container's network is made of. All numbers and names in it are chosen before
 * the list is made, and are on record: planners only write them down.
 */

/** An address with the length of its network's prefix in bits: 172.17.0.2 and 16. */
export interface PlacedAddress {
  address: string
  prefix: number
}

/** The bridge of a network, on the host. Whoever comes first makes it. */
export interface Bridge {
  /** At most 15 characters (IFNAMSIZ, netdevice(7)). */
  name: string
  /** Its interface number (ifi_index, rtnetlink(7)). */
  index: number
  /** Its own addresses, which are the gateways of the network; none if it is to have none. */
  addresses: PlacedAddress[]
  mtu: number
}

/** The end of a veth pair that is on the host, a port of the bridge. */
export interface HostEnd {
  name: string
  index: number
  /** The container's whole id and the name of the end inside: `<64 digits>-eth0`. */
  alias: string
}

/** The end in the container's network namespace: eth0, eth1 … */
export interface InsideEnd {
  name: string
  /** 2 and up: 1 is lo. */
  index: number
  /** `02:42:ac:11:00:02` */
  mac: string
  addresses: PlacedAddress[]
  /** Those that were asked for beside them, of this cable alone. */
  linkLocal?: PlacedAddress[]
  /** Where its default route leads; absent on all networks but one, and on internal ones. */
  gateway?: string
  gateway6?: string
}

/** A container's place in one network. */
export interface NetworkEnd {
  /** The network's id. */
  network: string
  /** Nothing outside of the network is reached by it, and nobody outside reaches it. */
  isInternal?: true
  bridge: Bridge
  veth: HostEnd
  inside: InsideEnd
}

/** A port of the host that leads to one of the container's. A bound socket holds it. */
export interface HeldPort {
  /** The host's address: `0.0.0.0` and `::` are all of their family. */
  address: string
  port: number
  protocol: 'tcp' | 'udp' | 'sctp'
  to: { address: string; port: number }
  /** The descriptor of the socket. */
  fd: number
}

export interface NetPlan {
  /** One for each network, in the order of the interfaces inside. */
  ends: NetworkEnd[]
  ports: HeldPort[]
  /** What `nft -f -` reads: the table, and this container's elements. */
  script: string
  /** Files under /proc/sys, and what is written into them. */
  sysctls: [path: string, value: string][]
}

declare module '../options.ts' {
  interface PlanOptions {
    /** Absent without a network, and on somebody else's: the host's or a container's. */
    net?: NetPlan
  }
}
