/** What cannot be a network: subnets, gateways, MTUs and names of bridges that never work. */
import { contains, formatAddress, lastOf, overlap, parseAddress } from './addresses.ts'
import { parseSubnet, type Address, type Subnet } from './addresses.ts'
import { interfaceIndex } from './interfaces.ts'
import { bridgeNetworks, type NetworkSubnet } from './networks.ts'

/** The subnet that `text` is. Throws if it is none. */
export function wellFormed(text: string): Subnet {
  const subnet = parseSubnet(text)
  if (subnet) return subnet
  throw new Error(`invalid subnet '${text}': an address and a prefix, such as 172.28.0.0/16`)
}

/** Throws unless the parts of an asked subnet fit together, and containers can live in it. */
export function checkSubnet(asked: NetworkSubnet): void {
  const { subnet, gateway, range, auxiliary = {} } = asked
  const whole = wellFormed(subnet)
  checkPurpose(whole, subnet)
  const inside = (text: string) => {
    const address = parseAddress(text)
    return address !== undefined && contains(whole, address)
  }
  if (range !== undefined && !inside(range.split('/')[0] ?? ''))
    throw new Error(`no matching subnet for range ${range}`)
  if (range !== undefined && wellFormed(range).prefix < whole.prefix)
    throw new Error(`no matching subnet for range ${range}`)
  if (gateway !== undefined && !inside(gateway))
    throw new Error(`no matching subnet for gateway ${gateway}`)
  for (const address of Object.values(auxiliary))
    if (!inside(address)) throw new Error(`no matching subnet for aux-address ${address}`)
  checkRoom(asked, whole)
}

/** Addresses that mean something else to every kernel. */
const purposes: [pool: string, purpose: string][] = [
  ['0.0.0.0/8', 'hosts that do not know their address yet'],
  ['127.0.0.0/8', 'the loopback of each host'],
  ['169.254.0.0/16', 'addresses of one cable alone (link-local)'],
  ['224.0.0.0/3', 'groups of hosts (multicast), or reserved'],
  ['::/127', 'the loopback of each host'],
  ['::ffff:0:0/96', 'addresses of IPv4 in programs'],
  ['fe80::/10', 'addresses of one cable alone (link-local)'],
  ['ff00::/8', 'groups of hosts (multicast), or reserved'],
]

function checkPurpose(whole: Subnet, subnet: string): void {
  const example = whole.family === 4 ? '172.28.0.0/16' : 'fd00:28::/64'
  for (const [pool, purpose] of purposes)
    if (overlap(wellFormed(pool), whole))
      throw new Error(
        `invalid subnet ${subnet}: ${pool} is for ${purpose}; take one such as ${example}`,
      )
}

/** The first of all addresses is the network's, in IPv4 the last is too, and one the gateway's. */
function checkRoom(asked: NetworkSubnet, whole: Subnet): void {
  const { subnet, range, auxiliary = {} } = asked
  const { family, prefix } = whole
  const most = family === 4 ? 30 : 126
  if (prefix > most)
    throw new Error(
      `No available addresses on this pool: ${subnet} has no room for a gateway and a container; ` +
        `take a prefix of at most ${most}`,
    )
  const gateway = gatewayOf(asked)
  const own = parseAddress(gateway)
  if (own && isOfNetwork(whole, own)) {
    const [first, last] = hostsIn(whole)
    throw new Error(
      `failed to allocate gateway (${gateway}): Address already in use: the first and the last ` +
        `address of ${subnet} are no host's; take one from ${first} to ${last}`,
    )
  }
  for (const [name, address] of Object.entries(auxiliary))
    if (parseAddress(address)?.value === own?.value)
      throw new Error(
        `failed to allocate secondary ip address (${name}:${address}): Address already in use: ` +
          'it is the gateway; to choose another one: --gateway ADDRESS',
      )
  const from = range === undefined ? whole : wellFormed(range)
  const named = [gateway, ...Object.values(auxiliary)].flatMap((text) => parseAddress(text) ?? [])
  const ends = [whole.base, lastOf(whole)].map((value): Address => ({ family, value }))
  const reserved = [...named, ...ends.filter((each) => isOfNetwork(whole, each))]
  const taken = reserved.filter((each) => contains(from, each)).map(({ value }) => value)
  if (lastOf(from) - from.base + 1n > BigInt(new Set(taken).size)) return
  throw new Error(
    `no available IPv${family} addresses on this network's address pools: ` +
      `${range ?? subnet} has none left for a container; take a shorter prefix`,
  )
}

/** The host's address: the first of those that its members get, unless another one is asked for. */
export function gatewayOf({ subnet, range, gateway }: NetworkSubnet): string {
  if (gateway !== undefined) return gateway
  const { family, base } = wellFormed(range ?? subnet)
  return formatAddress({ family, value: base === wellFormed(subnet).base ? base + 1n : base })
}

/** Whether an address is no host's: the first of its subnet, or in IPv4 the last (broadcast). */
export function isOfNetwork(whole: Subnet, { family, value }: Address): boolean {
  return value === whole.base || (family === 4 && value === lastOf(whole))
}

/** The first and the last address of a subnet that a host can have. */
export function hostsIn(whole: Subnet): [first: string, last: string] {
  const { family, base } = whole
  const last = lastOf(whole) - (family === 4 ? 1n : 0n)
  return [formatAddress({ family, value: base + 1n }), formatAddress({ family, value: last })]
}

/** RFC 791 and RFC 8200: what every link has to carry. The kernel says the same. */
const leastMtu = { four: 68, six: 1280 }

/** Throws unless packets of a network can be so large. */
export function checkMtu(mtu: string | undefined, hasSix: boolean): void {
  if (mtu === undefined || mtu === '0') return // as in Docker, 0 is none that was asked for
  if (!/^-?\d+$/.test(mtu))
    throw new Error(`failed to parse com.docker.network.driver.mtu value: ${mtu}`)
  const least = hasSix ? leastMtu.six : leastMtu.four
  if (Number(mtu) >= least && Number(mtu) <= 65535) return
  if (hasSix)
    throw new Error(`invalid MTU number: ${mtu}; with IPv6 it is from ${least} to 65535`)
  throw new Error(`invalid MTU number: ${mtu}; it is from ${least} to 65535`)
}

/** The option that says what the bridge of a network is called. */
export const bridgeOption = 'com.docker.network.bridge.name'

/** Throws unless a new network can call its bridge so. */
export function checkBridgeName(root: string, name: string | undefined): void {
  if (name === undefined) return
  if (!/^\w[\w.-]{0,14}$/.test(name))
    throw new Error(
      `'${name}' is not the name of an interface: at most 15 letters and digits, ` +
        'and ._- behind the first',
    )
  if (name === 'all' || name === 'default')
    throw new Error(`'${name}' is the name of no interface in /proc/sys/net: take another`)
  if (/^(sb-|sbv)/.test(name) || name === 'stepbox0')
    throw new Error(
      `'${name}' cannot be the name of a bridge: Stepbox chooses stepbox0, and what begins with ` +
        'sb- or sbv, by itself; take another',
    )
  const other = bridgeNetworks(root).find(({ bridge }) => bridge?.name === name)
  if (other)
    throw new Error(
      `conflicts with network ${other.name} (${name}): networks have same bridge name; ` +
        'take another',
    )
  if (interfaceIndex(name) !== undefined)
    throw new Error(
      `existing interface ${name} is not a network's: take another name; to see which there ` +
        'are: ip link',
    )
}
