/** What `ps` says of ports and asks about them, in Docker's form. */
import { UsageError } from '../command-line.ts'
import type { Container } from '../options.ts'
import type {} from './endpoints.ts'
import { portRangeIn, type PortRange } from './publish-flag.ts'

/** A port of a container, and the host's that leads to it, if one does. */
interface ShownPort {
  inside: number
  protocol: string
  address: string
  outside?: number
}

/** `0.0.0.0:8080->80/tcp`, and what is only exposed: `443/tcp`. Nothing without a way out. */
export function portsColumn(container: Container): string | undefined {
  const ports = shownPorts(container)
  return ports && inWords(ports).join(', ')
}

/** Undefined if the container does not run, or nobody outside can reach it. */
function shownPorts({ net, status, config }: Container): ShownPort[] | undefined {
  if (status !== 'running' && status !== 'restarting') return undefined
  if (!net || net.ends.every(({ isInternal }) => isInternal)) return undefined
  const published = net.ports.map(({ to, protocol, address, port }): ShownPort => {
    return { inside: to.port, protocol, address, outside: port }
  })
  const isPublished = (word: string) =>
    published.some(({ inside, protocol }) => `${inside}/${protocol}` === word)
  const bare = Object.keys(config?.ExposedPorts ?? {}).filter((word) => !isPublished(word))
  const exposed = bare.map((word): ShownPort => {
    const [port = '', protocol = 'tcp'] = word.split('/')
    return { inside: Number(port), protocol, address: '' }
  })
  return [...exposed, ...published].sort(inOrder)
}

function inOrder(a: ShownPort, b: ShownPort): number {
  const byText = (one: string, other: string) => (one === other ? 0 : one < other ? -1 : 1)
  return (
    a.inside - b.inside || byText(a.address, b.address) ||
    (a.outside ?? 0) - (b.outside ?? 0) || byText(a.protocol, b.protocol)
  )
}

/**
 * Neighbours are one entry, unless the host has another number for them; those come last. Groups
 * that are over come before those that are not, as in Docker.
 */
function inWords(ports: ShownPort[]): string[] {
  const over: string[] = []
  const mapped: string[] = []
  const open = new Map<string, { first: ShownPort; last: ShownPort }>()
  for (const each of ports) {
    const { inside, protocol, address, outside } = each
    if (outside !== undefined && outside !== inside) {
      mapped.push(`${address}:${outside}->${inside}/${protocol}`)
      continue
    }
    const key = `${address}/${protocol}`
    const group = open.get(key)
    if (group?.last.inside === inside - 1) group.last = each
    else {
      if (group) over.push(rangeText(group))
      open.set(key, { ...group, first: each, last: each })
    }
  }
  return [...over, ...[...open.values()].map(rangeText), ...mapped]
}

function rangeText({ first, last }: { first: ShownPort; last: ShownPort }): string {
  const { inside, address, protocol } = first
  const range = inside === last.inside ? `${inside}` : `${inside}-${last.inside}`
  return `${address === '' ? '' : `${address}:${range}->`}${range}/${protocol}`
}

/** `ps --filter publish=8080-8090/tcp`: a port of the host leads to it. */
export function publishes(value: string): (container: Container) => boolean {
  return having('publish', value, ({ outside }) => outside)
}

/** `ps --filter expose=80`: it has such a port, published or not. */
export function exposes(value: string): (container: Container) => boolean {
  return having('expose', value, ({ inside }) => inside)
}

function having(
  key: string,
  value: string,
  numberOf: (port: ShownPort) => number | undefined,
): (container: Container) => boolean {
  const { range, protocol } = wantedIn(key, value)
  const isWanted = (port: ShownPort) => {
    const number = numberOf(port) ?? 0
    return port.protocol === protocol && range[0] <= number && number <= range[1]
  }
  return (container) => shownPorts(container)?.some(isWanted) ?? false
}

function wantedIn(key: string, value: string): { range: PortRange; protocol: string } {
  const [ports = '', protocol = 'tcp', ...rest] = value.split('/')
  const range = portRangeIn(ports)
  const isProtocol = ['tcp', 'udp', 'sctp'].includes(protocol) && rest.length === 0
  if (range && isProtocol) return { range, protocol }
  throw new UsageError(`invalid --filter '${key}=${value}': a port, as 80, 80/udp or 80-90/tcp`)
}
