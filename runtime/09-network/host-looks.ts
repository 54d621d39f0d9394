/**
 * What of the host's network stands in the way of containers, found by reading alone. Each look is
 * a row of doctor: `no` if they cannot do what this chapter says, `part` with a reservation.
 */
import { accessSync, constants } from 'node:fs'
import { formatSubnet, overlap, parseSubnet } from './addresses.ts'
import type { HostFinding } from '../chapter-tools.ts'
import { namesIn, tryRead } from '../files.ts'
import { obstructions, type Obstruction } from './firewalls.ts'
import { hostDevices, interfaceIndex } from './interfaces.ts'
import { bridgeNetworks } from './networks.ts'
import { hostResolvConf } from './prepare-names.ts'
import { isStub, serversIn } from './resolv-conf.ts'
import { readChains } from './read-rules.ts'
import { hasFreePool, hostRoutes, wideRoutes, type Route } from './subnets.ts'

const ipv4 = '/proc/sys/net/ipv4'

/** Whether the host can pass packets on. Each bridge needs a setting, too. */
export function forwardingLook(): HostFinding {
  const devices = hostDevices()
  const shut = devices.filter((name) => tryRead(`${ipv4}/conf/${name}/forwarding`)?.trim() === '0')
  if (!isWritable(`${ipv4}/conf/all/forwarding`))
    return {
      state: 'no',
      found: `${ipv4}/… cannot be written`,
      why: 'the host has to pass packets on (forwarding), and its settings are read-only here',
      remedy: 'mount -o remount,rw /proc/sys',
    }
  const found = shut.length > 0 ? `off, and is switched on for ${shut.join(' ')}` : 'on'
  return { state: 'yes', found: devices.length > 0 ? found : 'no way out of this host' }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false // ignoring: that is what was asked
  }
}

/** Whether rules of others drop what containers send, or what is sent to them. */
export async function firewallLook(root: string): Promise<HostFinding> {
  const found = await obstructions(root)
  if (!found) return { state: 'unknown', found: 'nft list ruleset says nothing', why: unread }
  const [first] = found
  if (!first) return { state: 'yes', found: 'nobody drops what is passed on' }
  return { state: 'no', found: first.place, why: dropped(found, first), remedy: first.remedy }
}

const unread = 'the rules of the packet filter are shown to root, by the program nft'

function dropped(all: Obstruction[], { owner, bridge }: Obstruction): string {
  const more = all.length - 1
  const who = owner ?? 'a firewall'
  if (more === 0) return `${who} drops what ${bridge} sends or gets; that is final`
  return `${who} drops what ${bridge} sends or gets; that is final, and there are ${more} more`
}

/** Frames from one port of a bridge to another go through iptables too, if this is on. */
export async function bridgeFilterLook(root: string): Promise<HostFinding> {
  const path = '/proc/sys/net/bridge/bridge-nf-call-iptables'
  const value = tryRead(path)?.trim()
  if (value === undefined) return { state: 'yes', found: 'br_netfilter is not loaded' }
  if (value === '0') return { state: 'yes', found: 'bridge-nf-call-iptables is 0' }
  const isClosed = ((await obstructions(root)) ?? []).length > 0
  if (!isClosed) return { state: 'yes', found: 'on, and nobody drops what is passed on' }
  return {
    state: 'part',
    found: 'bridge-nf-call-iptables is 1',
    why: 'what containers of one network send to each other is dropped by the firewall, too',
    remedy: 'sysctl -w net.bridge.bridge-nf-call-iptables=0',
  }
}

/** Docker, podman and others that have networks of containers here. */
export function enginesLook(): HostFinding {
  const routes = hostRoutes().filter(({ device, subnet }) => isOfEngine(device, subnet.family))
  const daemons = ['dockerd', 'containerd', 'firewalld'].filter(isRunning)
  const subnets = routes.map(({ device, subnet }) => `${device} ${formatSubnet(subnet)}`)
  const found = [...daemons, ...subnets].join(', ')
  return { state: 'yes', found: found || 'none' }
}

function isOfEngine(device: string, family: 4 | 6): boolean {
  return family === 4 && /^(docker|br-|podman|cni|virbr|lxc|lxd|incus)/.test(device)
}

function isRunning(command: string): boolean {
  return namesIn('/proc').some((pid) => tryRead(`/proc/${pid}/comm`)?.trim() === command)
}

/** Interfaces of VPNs, by the names that their programs give them. */
const ofTunnel = /^(tun|tap|wg|ppp|ipsec|vti|tailscale|nordlynx|proton|zt|utun|mullvad|gpd)/

/** Where packets go that leave the host, and whether there is room for networks of containers. */
export async function routesLook(root: string): Promise<HostFinding> {
  if (!hasFreePool())
    return {
      state: 'no',
      found: 'all from 172.17 to 172.31 and 192.168 is routed',
      why: 'each subnet that a network could be given has a route of the host already',
      remedy: 'stepbox network create --subnet 10.201.0.0/24 NAME',
    }
  const clash = clashIn(root)
  if (clash) return clash
  const vpn = await vpnHere()
  if (!vpn) return { state: 'yes', found: wideRoutes()[0]?.device ?? 'no default route' }
  return {
    state: 'part',
    found: `${vpn} takes all that leaves`,
    why: `this looks like a VPN: what containers send leaves by ${vpn}, if that lets it through`,
    remedy: `ip link set ${vpn} down`,
  }
}

/** A network whose addresses somebody else has, too. */
function clashIn(root: string): HostFinding | undefined {
  const routes = hostRoutes()
  for (const { name, bridge, subnets } of bridgeNetworks(root))
    for (const { subnet, isChosen } of subnets) {
      const own = parseSubnet(subnet)
      const isFixed = !isChosen || (bridge && interfaceIndex(bridge.name) !== undefined)
      const isOther = (route: Route) => own && overlap(own, route.subnet)
      const other = routes.find((route) => route.device !== bridge?.name && isOther(route))
      if (isFixed && other) return clash(name, subnet, other)
    }
  return undefined
}

function clash(name: string, subnet: string, { device, subnet: other }: Route): HostFinding {
  return {
    state: 'part',
    found: `${subnet} and ${device} ${formatSubnet(other)}`,
    why: `network '${name}' has addresses to which ${device} is a way, too`,
    remedy: name === 'bridge' ? 'stepbox reset' : `stepbox network rm ${name}`,
  }
}

/** The interface of a VPN that takes everything; wg-quick(8) does so by rules of its own. */
async function vpnHere(): Promise<string | undefined> {
  const [first] = wideRoutes()
  if (first && (first.subnet.prefix === 1 || ofTunnel.test(first.device))) return first.device
  const tables = ((await readChains()) ?? []).map(({ table }) => table)
  return tables.find((table) => table.startsWith('wg-quick-'))?.slice('wg-quick-'.length)
}

/** A strict rp_filter drops what comes in by an interface by which the answer would not leave. */
export async function returnLook(): Promise<HostFinding> {
  const used = hostRoutes().map(({ device }) => device)
  const strict = hostDevices().filter((name) => used.includes(name) && isStrict(name))
  const way = (await vpnHere()) ?? wideRoutes()[0]?.device
  const others = strict.filter((name) => name !== way)
  const [first] = others
  if (way === undefined || first === undefined) {
    const found = strict.length > 0 ? `strict, for ${strict.join(' ')}` : 'not strict'
    return { state: 'yes', found }
  }
  return {
    state: 'part',
    found: `rp_filter of ${first} is 1`,
    why: `published ports get no packet from afar by ${first}: the answer would leave by ${way}`,
    remedy: `sysctl -w net.ipv4.conf.${first}.rp_filter=2`,
  }
}

/** The kernel takes the larger of both (ip-sysctl.rst); 1 is strict, 2 is loose. */
function isStrict(device: string): boolean {
  const values = ['all', device].map((name) => Number(tryRead(`${ipv4}/conf/${name}/rp_filter`)))
  return Math.max(...values) === 1
}

/** Whom containers ask for names. */
export function resolversLook(): HostFinding {
  const own = tryRead('/etc/resolv.conf') ?? ''
  const behind = serversIn(hostResolvConf())
  const reached = behind.filter((address) => !/^(127\.|::1$)/.test(address))
  const named = `127.0.0.53, and behind it ${reached.join(' ')}`
  if (reached.length > 0) return { state: 'yes', found: isStub(own) ? named : reached.join(' ') }
  return {
    state: 'part',
    found: behind.join(' ') || 'no nameserver in /etc/resolv.conf',
    why: "a container cannot ask the host's own loopback, so it asks 8.8.8.8, as in Docker",
    remedy: 'stepbox run --dns ADDRESS …',
  }
}
