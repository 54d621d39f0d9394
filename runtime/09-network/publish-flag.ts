/** `-p` and `--expose`, taken apart by Docker's rules and in its words. */
import { parseAddress } from './addresses.ts'
import type { HeldPort } from './net-plan.ts'

export type Protocol = HeldPort['protocol']

/** First and last, the same if it is one port. */
export type PortRange = [first: number, last: number]

/** A port of the container that is to be published. */
export interface AskedPort {
  port: number
  protocol: Protocol
  /** The host's address; absent for all. */
  address?: string
  /** The host's port, or several of which a free one is taken; absent for any. */
  host?: PortRange
}

/** `[ADDRESS:][PORT[-LAST]:]PORT[-LAST][/PROTOCOL]`, or in words: `published=8080,target=80`. */
export function parsePublish(text: string): AskedPort[] {
  return text.includes('=') ? [inWordsOf(text)] : parseShort(text)
}

function parseShort(text: string): AskedPort[] {
  const { address: raw, host: hostText, container } = partsOf(text)
  const [portText = '', protocolText = 'tcp'] = container.split('/')
  const address = addressIn(raw)
  if (portText === '') throw new Error(`No port specified: ${text}<empty>`)
  const [first, last] = portRangeIn(portText) ?? invalid('containerPort', portText)
  const host =
    hostText === '' ? undefined : (portRangeIn(hostText) ?? invalid('hostPort', hostText))
  const count = last - first
  const isParallel = host !== undefined && host[1] - host[0] === count
  if (host && !isParallel && count > 0)
    throw new Error(
      `Invalid ranges specified for container and host Ports: ${portText} and ${hostText}`,
    )
  const protocol = protocolIn(protocolText)
  return Array.from({ length: count + 1 }, (_, at) => ({
    port: first + at,
    protocol,
    ...(address === undefined ? {} : { address }),
    ...(host ? { host: isParallel ? one(host[0] + at) : host } : {}),
  }))
}

function one(port: number): PortRange {
  return [port, port]
}

/** The last two parts are ports; what is before them is an address, which may have colons. */
function partsOf(text: string): { address: string; host: string; container: string } {
  const parts = text.split(':')
  const container = parts.pop() ?? ''
  const host = parts.pop() ?? ''
  return { address: parts.join(':'), host, container }
}

function addressIn(raw: string): string | undefined {
  if (raw === '') return undefined
  const bare = raw.replace(/^\[(.*)\]$/, '$1')
  if (!parseAddress(bare) || (bare.includes(':') && bare === raw))
    throw new Error(`Invalid ip address: ${raw}`)
  return bare
}

export function portRangeIn(text: string): PortRange | undefined {
  const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? []
  const range: PortRange = [Number(first), Number(last)]
  return first !== '' && range[0] <= range[1] && range[1] <= 65535 ? range : undefined
}

function invalid(what: string, text: string): never {
  throw new Error(`Invalid ${what}: ${text}`)
}

function protocolIn(text: string): Protocol {
  const protocol = text.toLowerCase()
  if (protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp') return protocol
  throw new Error(`Invalid proto: ${text}`)
}

function inWordsOf(text: string): AskedPort {
  let asked: Partial<AskedPort> = { protocol: 'tcp' }
  for (const field of text.split(',')) {
    const [key = '', value = ''] = field.toLowerCase().split('=')
    const range = portRangeIn(value)
    if (key === 'protocol') asked = { ...asked, protocol: protocolIn(value) }
    else if (key === 'target' && range) asked = { ...asked, port: range[0] }
    else if (key === 'published' && range) asked = { ...asked, host: range }
    else if (key !== 'mode' || !['host', 'ingress'].includes(value))
      throw new Error(`invalid field ${field} in -p '${text}': target, published, protocol, mode`)
  }
  const { port, protocol = 'tcp', host } = asked
  if (port === undefined) throw new Error(`missing mandatory field "target" in -p '${text}'`)
  return { port, protocol, ...(host ? { host } : {}) }
}

/** `PORT[-LAST][/PROTOCOL]`, as one word for each port: `80/tcp`. */
export function parseExpose(text: string): string[] {
  if (text.includes(':')) throw new Error(`invalid port format for --expose: ${text}`)
  const [portText = '', protocolText = 'tcp'] = text.split('/')
  const range = portRangeIn(portText)
  if (!range)
    throw new Error(`invalid range format for --expose: ${text}, error: a port, or two with -`)
  const protocol = protocolIn(protocolText)
  return Array.from({ length: range[1] - range[0] + 1 }, (_, at) => `${range[0] + at}/${protocol}`)
}
