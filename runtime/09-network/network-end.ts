/** A container's place in a network, from what was leased and chosen for it. */
import { bytesOf, parseAddress, parseSubnet } from './addresses.ts'
import type { NetworkEnd, PlacedAddress } from './net-plan.ts'
import type { NetworkRecord } from './networks.ts'

/** What is leased and chosen, or stands in for it in a list that is only printed. */
export interface ChosenEnd {
  /** One of each subnet of the network, in their order. */
  addresses: string[]
  /** The number of the interface on the host. */
  index: number
  mtu: number
  mac?: string | undefined
  linkLocal?: string[] | undefined
}

/** The end of container `id` in its network number `at`, from 0. */
export function networkEnd(
  { id, network, at }: { id: string; network: NetworkRecord; at: number },
  { addresses, index, mtu, mac, linkLocal }: ChosenEnd,
): NetworkEnd {
  const { name, bridge, subnets, isInternal } = network
  if (!bridge) throw new Error(`network '${name}' is not one that can be joined`)
  const gateways = subnets.flatMap(({ gateway, subnet }) =>
    gateway ? placed(gateway, subnet) : [],
  )
  const via = (isSix: boolean) =>
    gateways.find(({ address }) => address.includes(':') === isSix)?.address
  const [gateway, gateway6] = [via(false), via(true)]
  const inside = `eth${at}`
  return {
    network: network.id,
    ...(isInternal ? { isInternal } : {}),
    bridge: { ...bridge, addresses: gateways, mtu },
    veth: {
      name: `sbv${id.slice(0, 11)}${at === 0 ? '' : at.toString(36)}`,
      index,
      alias: `${id}-${inside}`,
    },
    inside: {
      name: inside,
      index: 2 + at,
      mac: mac ?? macFrom(addresses[0] ?? ''),
      addresses: addresses.map((each, place) => placed(each, subnets[place]?.subnet ?? '')),
      ...(linkLocal ? { linkLocal: linkLocal.map(onCable) } : {}),
      ...(gateway ? { gateway } : {}),
      ...(gateway6 ? { gateway6 } : {}),
    },
  }
}

function placed(address: string, subnet: string): PlacedAddress {
  return { address, prefix: parseSubnet(subnet)?.prefix ?? 0 }
}

function onCable(address: string): PlacedAddress {
  return { address, prefix: address.includes(':') ? 64 : 16 }
}

/** As Docker's: who has the address now has the same MAC address as who had it before. */
function macFrom(address: string): string {
  const bytes = bytesOf(parseAddress(address)?.value ?? 0n, 4)
  return ['02', '42', ...bytes.map((byte) => byte.toString(16).padStart(2, '0'))].join(':')
}

/** There is one way to everywhere: by the first network that leads out, else by the first. */
export function withOneRoute(ends: NetworkEnd[], networks: NetworkRecord[]): NetworkEnd[] {
  const open = networks.findIndex(({ isInternal }) => !isInternal)
  return ends.map((end, at) => {
    if (at === Math.max(open, 0)) return end
    const { gateway: _, gateway6: __, ...inside } = end.inside
    return { ...end, inside }
  })
}
