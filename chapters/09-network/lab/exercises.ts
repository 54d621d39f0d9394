/** The answers to the smaller exercises of chapter 9. */

/**
 * Write. Which address does the next container get? To a subnet of IPv4, such as 172.17.0.0/16, and
 * the addresses in it that somebody has: the lowest that is free, or '' if none is. The first
 * address of a subnet is the network's own name, and the last is for all of its members at once.
 */
export function freeAddress(subnet: string, taken: string[]): string {
  const [base = '', prefix = ''] = subnet.split('/')
  const first = toNumber(base)
  const last = first + 2 ** (32 - Number(prefix)) - 1
  for (let value = first + 1; value < last; value++) {
    const address = toText(value)
    if (!taken.includes(address)) return address
  }
  return ''
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

function toText(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}

/**
 * Read. To whom is a packet given? From what `ip route` says, to the interface by which a packet
 * for `address` leaves, and the address that is asked for there (ARP): `eth0 172.17.0.1`. '' if
 * there is no route.
 *
 * A line is `SUBNET dev INTERFACE …` or `SUBNET via GATEWAY dev INTERFACE …`; `default` is the
 * subnet of all addresses. Of several subnets with the address in it, the smallest counts.
 */
export function nextHop(routes: string, address: string): string {
  const found = routes.trim().split('\n').filter(Boolean).map(routeIn)
  const fitting = found.filter(({ subnet, prefix }) => {
    const size = 2 ** (32 - prefix)
    return Math.floor(toNumber(subnet) / size) === Math.floor(toNumber(address) / size)
  })
  const [best] = fitting.sort((a, b) => b.prefix - a.prefix)
  return best ? `${best.device} ${best.gateway ?? address}` : ''
}

function routeIn(line: string) {
  const [to = '', ...words] = line.split(' ')
  const [subnet = '', prefix = '32'] = (to === 'default' ? '0.0.0.0/0' : to).split('/')
  const after = (word: string) => words.find((_, at) => words[at - 1] === word)
  return { subnet, prefix: Number(prefix), device: after('dev'), gateway: after('via') }
}

/** What has been done on the host for port 8080, which is to lead to a container's port 80. */
export type Done =
  | 'prerouting' // destination NAT there
  | 'output' // the same at output
  | 'route_localnet' // switched on at the bridge
  | 'masquerade' // of what comes from 127.0.0.0/8 and goes to the bridge
  | 'drop' // a firewall drops at forward what goes to the bridge

/** Who asks for http://…:8080. */
export type Place = 'another host' | 'own address' | '127.0.0.1'

/**
 * Predict. Who gets an answer? The first two ask for the host's address, the last two are programs
 * of the host. In the order above.
 */
export function answered(done: Done[]): Place[] {
  const has = (...each: Done[]) => each.every((one) => done.includes(one))
  const places: Place[] = []
  if (has('prerouting') && !has('drop')) places.push('another host')
  if (has('output')) places.push('own address')
  if (has('output', 'route_localnet', 'masquerade')) places.push('127.0.0.1')
  return places
}
