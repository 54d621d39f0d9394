/** What Docker says of a network. */
import { createHash } from 'node:crypto'
import { runningContainers } from '../container/find.ts'
import type { Container } from '../options.ts'
import type { NetworkEnd } from './net-plan.ts'
import { defaultNetwork, findNetwork, type NetworkRecord, type NetworkSubnet } from './networks.ts'

/** Throws Missing if there is none of that name or id. */
export function inspectNetwork(root: string, word: string): object {
  const network = findNetwork(root, word)
  const { name, id, created, driver, hasIPv6, isInternal, isAttachable } = network
  return {
    Name: name,
    Id: id,
    Created: created,
    Scope: 'local',
    Driver: driver,
    EnableIPv6: hasIPv6,
    IPAM: ipamOf(network),
    Internal: isInternal,
    Attachable: isAttachable,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(membersOf(root, network)),
    Options: sorted(network.options),
    Labels: sorted(network.labels),
  }
}

function ipamOf({ name, driver, subnets, ipamOptions = {} }: NetworkRecord): object {
  const isCustom = driver === 'bridge' && name !== defaultNetwork
  const options = isCustom ? sorted(ipamOptions) : null
  return { Driver: 'default', Options: options, Config: subnets.map(configOf) }
}

/** A gateway that was not asked for is shown where the subnet was not either, as in Docker. */
function configOf(each: NetworkSubnet): object {
  const { subnet, range, gateway, isGatewayChosen, auxiliary } = each
  return {
    Subnet: subnet,
    ...(range === undefined ? {} : { IPRange: range }),
    ...(gateway === undefined || isGatewayChosen ? {} : { Gateway: gateway }),
    ...(auxiliary ? { AuxiliaryAddresses: auxiliary } : {}),
  }
}

/** The containers that run. */
function membersOf(root: string, { id }: NetworkRecord): [id: string, member: object][] {
  return runningContainers(root).flatMap((container) =>
    (container.net?.ends ?? [])
      .filter(({ network }) => network === id)
      .map((end): [string, object] => [container.id, memberOf(container, end)]),
  )
}

function memberOf({ name, id }: Container, end: NetworkEnd): object {
  const { mac, addresses } = end.inside
  const text = (isSix: boolean) => {
    const found = addresses.find(({ address }) => address.includes(':') === isSix)
    return found ? `${found.address}/${found.prefix}` : ''
  }
  return {
    Name: name,
    EndpointID: endpointId(id, end.network),
    MacAddress: mac,
    IPv4Address: text(false),
    IPv6Address: text(true),
  }
}

/** A container's place in a network: the same as long as it is there. */
export function endpointId(container: string, network: string): string {
  return createHash('sha256').update(`${container} ${network}`).digest('hex')
}

function sorted(words: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(words).sort(([a], [b]) => (a < b ? -1 : 1)))
}
