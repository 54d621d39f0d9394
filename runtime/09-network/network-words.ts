/** The flags of `run` that say which network a container gets, and what they ask for. */
import { isIP, isIPv4, isIPv6 } from 'node:net'
import { UsageError, valueOf, type Flag, type Typed } from '../command-line.ts'
import type { ContainerOptions } from '../options.ts'
import type { AskedEndpoint } from './endpoints.ts'
import { listContainers } from '../container/find.ts'
import { findNetwork } from './networks.ts'

/** Of `run` and of `network connect`. */
export const linkLocalFlag: Flag = {
  ...{ long: 'link-local-ip', value: 'ADDRESS', many: true },
  text: 'an address of its cable alone: 169.254.X.Y',
}

export const networkFlags: Flag[] = [
  {
    ...{ long: 'network', value: 'NETWORK', many: true },
    text: 'by its name; none, host or container:X',
  },
  { long: 'net', value: 'NETWORK', many: true, text: 'the same as --network' },
  { long: 'ip', value: 'ADDRESS', text: 'its address in the network' },
  { long: 'ip6', value: 'ADDRESS', text: 'the same for IPv6' },
  linkLocalFlag,
  { long: 'mac-address', value: 'MAC', text: 'the hardware address of its interface' },
]

/**
 * The network, under the name that is on record, and what is wished for in it. Of several, the
 * flags about addresses and names mean the first.
 */
export function askedNetwork(typed: Typed): Partial<ContainerOptions> {
  const words = [...(typed.values.get('network') ?? []), ...(typed.values.get('net') ?? [])]
  const [{ network, ...named } = { network: 'bridge' }, ...others] = words.map(namedIn)
  checkConflicts(network, typed)
  if (others.length > 0) checkTogether([network, ...others.map((each) => each.network)])
  const [four, six, mac] = ['ip', 'ip6', 'mac-address'].map((flag) => valueOf(typed, flag))
  const wishes = { ...(four ? { four } : {}), ...(six ? { six } : {}), ...(mac ? { mac } : {}) }
  const own = typed.values.get('link-local-ip') ?? []
  const linkLocal = [...new Set([...own, ...(named.linkLocal ?? [])])]
  const endpoint = checked({
    ...{ network, ...named, ...wishes },
    ...(linkLocal.length > 0 ? { linkLocal } : {}),
  })
  const isJoined = !isOthers(network) && network !== 'none'
  if (words.length > 0 && (!isJoined || network === 'bridge')) checkAliases(typed)
  const isPlain = Object.keys(endpoint).length === 1 && others.length === 0
  return {
    ...(words.length === 0 ? {} : { network }),
    ...(isJoined && !isPlain ? { endpoints: [endpoint, ...others.map(checked)] } : {}),
  }
}

/** Docker ignores aliases on the default network if it was not named. */
function checkAliases({ values }: Typed): void {
  if (values.has('network-alias') || values.has('net-alias'))
    throw new UsageError('network-scoped aliases are only supported for user-defined networks')
}

/** Throws unless all are networks that somebody has made, and each is another one. */
function checkTogether(networks: string[]): void {
  const isBuiltIn = (name: string) => isOthers(name) || name === 'none' || name === 'bridge'
  if (networks.some(isBuiltIn))
    throw new UsageError(
      'conflicting options: cannot attach both user-defined and non-user-defined network-modes',
    )
  const twice = networks.find((name, at) => networks.indexOf(name) !== at)
  if (twice !== undefined) throw new UsageError(`network '${twice}' is specified multiple times`)
}

/** Whether the container has the network of the host or of another container. */
function isOthers(network: string): boolean {
  return network === 'host' || network.startsWith('container:')
}

/** `name=back,alias=db,ip=172.28.0.9`, or a name alone. */
function namedIn(word: string): AskedEndpoint {
  if (word === '') throw new UsageError('no name set for network')
  if (!word.includes('=')) return { network: word === 'default' ? 'bridge' : word }
  const endpoint: AskedEndpoint = { network: '' }
  for (const field of word.split(',')) {
    const [key = '', ...rest] = field.split('=')
    const value = rest.join('=')
    if (key === 'name') endpoint.network = value
    else if (key === 'ip') endpoint.four = value
    else if (key === 'ip6') endpoint.six = value
    else if (key === 'mac-address') endpoint.mac = value
    else if (key === 'link-local-ip') endpoint.linkLocal = [...(endpoint.linkLocal ?? []), value]
    else if (key === 'driver-opt')
      endpoint.driverOptions = { ...endpoint.driverOptions, ...driverOptionsIn([value]) }
    else if (key === 'alias') endpoint.aliases = [...(endpoint.aliases ?? []), value]
    else throw new UsageError(`invalid --network '${word}': ${key}=…; have: ${keys}`)
  }
  if (endpoint.network) return endpoint
  throw new UsageError(`invalid --network '${word}': it has no name=…`)
}

const keys = 'name, alias, ip, ip6, link-local-ip, mac-address, driver-opt'

/** `KEY=VALUE` each, as `--driver-opt` has them. */
export function driverOptionsIn(words: string[]): Record<string, string> {
  const pairs = words.map((word): [string, string] => {
    const [key = '', ...rest] = word.split('=')
    if (key && rest.length > 0) return [key, rest.join('=')]
    throw new UsageError(`invalid --driver-opt '${word}': KEY=VALUE`)
  })
  return Object.fromEntries(pairs)
}

function checked(endpoint: AskedEndpoint): AskedEndpoint {
  const { network, four, six, linkLocal, mac } = endpoint
  const isOwn = !isOthers(network) && network !== 'none'
  if ((four !== undefined || six !== undefined) && (network === 'bridge' || !isOwn))
    throw new UsageError('user specified IP address is supported on user defined networks only')
  checkAddresses({ four, six, linkLocal })
  return mac === undefined ? endpoint : { ...endpoint, mac: macIn(mac) }
}

interface Wishes {
  four: string | undefined
  six: string | undefined
  linkLocal: string[] | undefined
}

/** Throws unless they are addresses. */
export function checkAddresses({ four, six, linkLocal = [] }: Wishes): void {
  if (four !== undefined && !isIPv4(four)) throw new UsageError(`invalid IPv4 address: ${four}`)
  if (six !== undefined && !isIPv6(six)) throw new UsageError(`invalid IPv6 address: ${six}`)
  for (const word of linkLocal) {
    const isOfCable = isIPv4(word) ? word.startsWith('169.254.') : /^fe[89ab]/i.test(word)
    if (!isOfCable || isIP(word) === 0)
      throw new UsageError(`invalid link-local IP address: ${word}; such as 169.254.7.7 or fe80::7`)
  }
}

/** Six bytes in hexadecimal digits. The lowest bit of the first is set in addresses of groups. */
function macIn(text: string): string {
  const bytes = text.toLowerCase().split(/[:-]/)
  const isMac = bytes.length === 6 && bytes.every((byte) => /^[\da-f]{2}$/.test(byte))
  if (!isMac) throw new UsageError(`${text} is not a valid mac address, such as 02:42:ac:11:00:02`)
  if (parseInt(bytes[0] ?? '', 16) & 1)
    throw new UsageError(`invalid mac address ${text}: an odd first byte is for groups of machines`)
  if (bytes.every((byte) => byte === '00'))
    throw new UsageError(`invalid mac address ${text}: it means that there is none`)
  return bytes.join(':')
}

/** What makes no sense in another's network, in Docker's words. */
const conflicts = {
  hostname: 'hostname and the network mode',
  dns: 'dns and the network mode',
  'add-host': 'custom host-to-IP mapping and the network mode',
  'mac-address': 'mac-address and the network mode',
  publish: 'port publishing and the container type network mode',
  'publish-all': 'port publishing and the container type network mode',
  expose: 'port exposing and the container type network mode',
  link: "container type network can't be used with links",
}

function checkConflicts(network: string, { values, switches }: Typed): void {
  if (network === 'container:')
    throw new UsageError('invalid network mode: invalid container format container:<name|id>')
  for (const [flag, words] of Object.entries(conflicts)) {
    const isGiven = values.has(flag) || switches.has(flag)
    const isConflict = network.startsWith('container:')
    const isOfHost = network === 'host' && flag === 'mac-address'
    if (isGiven && flag === 'link' && (network === 'host' || network === 'none'))
      throw new UsageError('links are only supported for user-defined networks')
    if (isGiven && (isConflict || isOfHost)) throw new UsageError(`conflicting options: ${words}`)
  }
}

/** Throws unless a container can be given a network of that name. */
export function checkNetwork(root: string, name: string): void {
  if (name.startsWith('container:')) return
  try {
    findNetwork(root, name)
  } catch (error) {
    if (!isContainer(root, name)) throw error
    const [said] = (error as Error).message.split('; ')
    throw new Error(`${said}\n  the network of container '${name}' is --network container:${name}`)
  }
}

/** Whether a container is called so. */
export function isContainer(root: string, name: string): boolean {
  return listContainers(root).some((each) => each.name === name)
}
