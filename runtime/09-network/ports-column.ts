/** What `ps` and `inspect` say of ports, in Docker's form. */
import type { Container } from '../options.ts'
import type {} from './endpoints.ts'
import type { HeldPort } from './net-plan.ts'

/** `0.0.0.0:8080->80/tcp`, and what is only exposed: `443/tcp`. Nothing without a way out. */
export function portsColumn({ net, status, config }: Container): string | undefined {
  if (status !== 'running' && status !== 'restarting') return undefined
  if (!net || net.ends.every(({ isInternal }) => isInternal)) return undefined
  const { ports } = net
  const isPublished = (word: string) =>
    ports.some(({ to, protocol }) => `${to.port}/${protocol}` === word)
  const bare = Object.keys(config?.ExposedPorts ?? {}).filter((word) => !isPublished(word))
  return [...exposedInWords(bare), ...grouped(ports)].join(', ')
}

/** Neighbours are one entry. */
function exposedInWords(words: string[]): string[] {
  const all = words.map((word) => {
    const [port = '', protocol = 'tcp'] = word.split('/')
    return { port: Number(port), protocol }
  })
  const runs: { first: number; last: number; protocol: string }[] = []
  for (const { port, protocol } of all.sort(
    (a, b) => (a.protocol === b.protocol ? a.port - b.port : a.protocol < b.protocol ? -1 : 1),
  )) {
    const run = runs.at(-1)
    if (run && run.protocol === protocol && run.last + 1 === port) run.last = port
    else runs.push({ first: port, last: port, protocol })
  }
  return runs.map(({ first, last, protocol }) => `${rangeText(first, last)}/${protocol}`)
}

function rangeText(first: number, last: number): string {
  return first === last ? String(first) : `${first}-${last}`
}

/** Neighbours that lead to the same number are one entry. */
function grouped(ports: HeldPort[]): string[] {
  const runs: { first: HeldPort; last: HeldPort }[] = []
  const isSame = ({ port, to }: HeldPort) => port === to.port
  for (const each of ports.toSorted(inOrder)) {
    const { last } = runs.at(-1) ?? {}
    const isNext =
      last !== undefined && isSame(last) && isSame(each) && last.port + 1 === each.port &&
      last.protocol === each.protocol && last.address === each.address
    const run = runs.at(-1)
    if (isNext && run) run.last = each
    else runs.push({ first: each, last: each })
  }
  return runs.map(({ first, last }) => {
    const [outside, inside] = [
      rangeText(first.port, last.port),
      rangeText(first.to.port, last.to.port),
    ]
    return `${first.address}:${outside}->${inside}/${first.protocol}`
  })
}

function inOrder(a: HeldPort, b: HeldPort): number {
  if (a.protocol !== b.protocol) return a.protocol < b.protocol ? -1 : 1
  if (a.address !== b.address) return a.address < b.address ? -1 : 1
  return a.to.port - b.to.port || a.port - b.port
}
