/** Where a container's default routes and its ports lead, when it has joined or left a network. */
import type { HeldPort, NetworkEnd } from './net-plan.ts'

const families = ['gateway', 'gateway6'] as const

/**
 * For each family of addresses one end is the way to everywhere: that which is so already, unless
 * another leads out and it does not; then the first that can.
 */
export function withWays(ends: NetworkEnd[]): NetworkEnd[] {
  return families.reduce((all, family) => withWay(all, family), ends)
}

function withWay(ends: NetworkEnd[], family: (typeof families)[number]): NetworkEnd[] {
  const able = ends.filter((end) => gatewayOf(end, family) !== undefined)
  const open = able.filter(({ isInternal }) => !isInternal)
  const among = open.length > 0 ? open : able
  const way = among.find(({ inside }) => inside[family] !== undefined) ?? among[0]
  return ends.map((end) => {
    const { [family]: _, ...inside } = end.inside
    const gateway = end === way ? gatewayOf(end, family) : undefined
    return { ...end, inside: gateway === undefined ? inside : { ...inside, [family]: gateway } }
  })
}

function gatewayOf({ bridge }: NetworkEnd, family: (typeof families)[number]): string | undefined {
  const isSix = family === 'gateway6'
  return bridge.addresses.find(({ address }) => address.includes(':') === isSix)?.address
}

/** The gateways that have to be made the way: those of `after` that `before` does not have. */
export function newWays(before: NetworkEnd[], after: NetworkEnd[]): string[] {
  const of = (ends: NetworkEnd[]) =>
    ends.flatMap(({ inside }) => families.flatMap((family) => inside[family] ?? []))
  const known = of(before)
  return of(after).filter((gateway) => !known.includes(gateway))
}

/** End without its part in the default routes. */
export function withoutWays(end: NetworkEnd): NetworkEnd {
  const { gateway: _, gateway6: __, ...inside } = end.inside
  return { ...end, inside }
}

/**
 * Where ports that are held lead: where they did, if that end is still there, else to the network
 * that is the way out. Those that lead nowhere are idle.
 */
export function redirected(
  held: HeldPort[],
  ends: NetworkEnd[],
): { ports: HeldPort[]; idle: HeldPort[] } {
  const open = ends.filter(({ isInternal }) => !isInternal)
  const [ports, idle]: [HeldPort[], HeldPort[]] = [[], []]
  for (const port of held) {
    const isSix = port.address.includes(':')
    const way = open.find(({ inside }) => inside[isSix ? 'gateway6' : 'gateway'] !== undefined)
    const all = [...(way ? [way] : []), ...open].flatMap(({ inside }) => inside.addresses)
    const able = all.map(({ address }) => address).filter((each) => each.includes(':') === isSix)
    const address = able.includes(port.to.address) ? port.to.address : able[0]
    if (address === undefined) idle.push(port)
    else ports.push({ ...port, to: { ...port.to, address } })
  }
  return { ports, idle }
}

/** Whether both are the same port of the host. */
export function isSamePort(a: HeldPort, b: HeldPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && a.address === b.address
}
