/** What `inspect` and `ps` say of a container's networks, in Docker's words. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { containerDir } from '../container/state.ts'
import type { Container } from '../options.ts'
import { shortId } from '../options.ts'
import { endpointsOf, type AskedEndpoint } from './endpoints.ts'
import { etcNames } from './etc-files.ts'
import { endpointId } from './inspect-network.ts'
import type { NetworkEnd } from './net-plan.ts'
import { builtIn, defaultNetwork, readNetwork } from './networks.ts'

/** The names of its networks, in the order of its interfaces. */
export function networkNames(container: Parameters<typeof endpointsOf>[0]): string[] {
  const { network = 'none', endpoints } = container
  if (!endpoints && (network === 'none' || network === 'host')) return [network]
  return endpointsOf(container).map((each) => each.network)
}

/** `NetworkSettings`. What it has only while it runs is empty at other times. */
export function networkSettings(root: string, container: Container): object {
  const { ends = [] } = container.net ?? {}
  const asked = endpointsOf(container)
  const networks = networkNames(container).map((name) => {
    const id = builtIn.find((each) => each.name === name)?.id ?? readNetwork(root, name)?.id ?? ''
    const end = ends.find(({ network }) => network === id)
    const wish = asked.find(({ network }) => network === name)
    const parts = { NetworkID: id, ...partsOf(container, end) }
    return [name, { ...wishesIn(container, name, wish), ...parts }] as const
  })
  const first = ends.find((end) => end.network === readNetwork(root, defaultNetwork)?.id)
  return {
    Bridge: '',
    SandboxID: '',
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    Ports: portsOf(container),
    SandboxKey: container.net && container.init ? `/proc/${container.init.pid}/ns/net` : '',
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    ...partsOf(container, first),
    Networks: Object.fromEntries(
      networks.map(([name, parts]) => [name, { ...parts, DriverOpts: optionsOf(asked, name) }]),
    ),
  }
}

function wishesIn({ id }: Container, name: string, wish?: AskedEndpoint): object {
  const { four, six, linkLocal, aliases = [], links, isJoined } = wish ?? {}
  const isUsers = wish !== undefined && name !== defaultNetwork
  const config = {
    ...(four === undefined ? {} : { IPv4Address: four }),
    ...(six === undefined ? {} : { IPv6Address: six }),
    ...(linkLocal === undefined ? {} : { LinkLocalIPs: linkLocal }),
  }
  return {
    IPAMConfig: isJoined || Object.keys(config).length > 0 ? config : null,
    Links: links ?? null,
    Aliases: isUsers ? [...aliases, shortId(id)] : isJoined ? aliases : null,
  }
}

function optionsOf(asked: AskedEndpoint[], name: string): object | null {
  const { isJoined, driverOptions } = asked.find(({ network }) => network === name) ?? {}
  return driverOptions ?? (isJoined ? {} : null)
}

function partsOf({ id }: Container, end: NetworkEnd | undefined): object {
  const { mac = '', addresses = [] } = end?.inside ?? {}
  const gateways = end?.bridge.addresses ?? []
  const four = addresses.find(({ address }) => !address.includes(':'))
  const six = addresses.find(({ address }) => address.includes(':'))
  const via = (isSix: boolean) =>
    gateways.find(({ address }) => address.includes(':') === isSix)?.address ?? ''
  return {
    EndpointID: end ? endpointId(id, end.network) : '',
    Gateway: via(false),
    GlobalIPv6Address: six?.address ?? '',
    GlobalIPv6PrefixLen: six?.prefix ?? 0,
    IPAddress: four?.address ?? '',
    IPPrefixLen: four?.prefix ?? 0,
    IPv6Gateway: via(true),
    MacAddress: mac,
  }
}

/** For each port of the container where it leads from; null if it is only exposed. */
function portsOf({ net, config, status }: Container): object {
  if (status !== 'running' || !net || net.ends.every(({ isInternal }) => isInternal)) return {}
  const { ports } = net
  const published: Record<string, { HostIp: string; HostPort: string }[] | null> = {}
  for (const word of Object.keys(config?.ExposedPorts ?? {})) published[word] = null
  for (const { address, port, protocol, to } of ports) {
    const word = `${to?.port}/${protocol}`
    published[word] = [...(published[word] ?? []), { HostIp: address, HostPort: String(port) }]
  }
  return published
}

/** `PortBindings`: what was asked for, whether it runs or not. */
export function portBindings({ published = [] }: Container): object {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {}
  for (const { port, protocol, address = '', host } of published) {
    const word = `${port}/${protocol}`
    const HostPort = host ? [...new Set(host)].join('-') : ''
    bindings[word] = [...(bindings[word] ?? []), { HostIp: address, HostPort }]
  }
  return bindings
}

/** The part of `HostConfig` about names: what was asked for. */
export function namesAsked(container: Container): object {
  const { name: own, dns = {}, extraHosts, links } = container
  const isDefault = endpointsOf(container)[0]?.network === defaultNetwork
  const linked = links?.map(([name, alias]) => `/${name}:/${own}/${alias}`)
  return {
    Dns: dns.servers ?? [],
    DnsOptions: dns.options ?? [],
    DnsSearch: dns.search ?? [],
    ExtraHosts: extraHosts?.map((words) => words.join(':')) ?? null,
    Links: (isDefault && linked) || null,
  }
}

/** Where the files are that it has in its /etc; empty before its first start. */
export function etcPaths(root: string, { id }: Container): object {
  const pathOf = (name: (typeof etcNames)[number]) => {
    const path = join(containerDir(root, id), name)
    return existsSync(path) ? path : ''
  }
  return {
    ResolvConfPath: pathOf('resolv.conf'),
    HostnamePath: pathOf('hostname'),
    HostsPath: pathOf('hosts'),
  }
}
