/**
 * Networks on record: a name, subnets, and the bridge that stands for it on the host.
 *
 *     networks/<name>/network.json       what it is
 *     networks/<name>/leases/<address>   a link to the id of the container that has it
 *
 * A network appears whole, by one rename, and disappears by another.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { openRoot } from '../data-root.ts'
import { namesIn, readRegular } from '../files.ts'
import { Missing } from '../missing.ts'

/** Addresses of a network; its members get theirs from `range`, if there is one. */
export interface NetworkSubnet {
  subnet: string
  /** The bridge's own address; absent in a network that has none. */
  gateway?: string
  range?: string
  /** It was not asked for, unlike the subnet. */
  isGatewayChosen?: boolean
  /** Addresses that are given to nobody, by what has them. */
  auxiliary?: Record<string, string>
  /** It was chosen and not asked for, and is chosen anew if somebody else has it by then. */
  isChosen?: boolean
}

export interface NetworkRecord {
  version: 1
  /** 64 hexadecimal digits. */
  id: string
  name: string
  /** ISO 8601. */
  created: string
  driver: 'bridge' | 'host' | 'null'
  subnets: NetworkSubnet[]
  hasIPv6: boolean
  /** Nothing outside is reached from it, and it from nowhere. */
  isInternal: boolean
  isAttachable: boolean
  /** `com.docker.network.…` */
  options: Record<string, string>
  /** Of `--ipam-opt`: kept on record. */
  ipamOptions?: Record<string, string>
  labels: Record<string, string>
  /** The interface on the host; absent without one. The kernel knows whether it is there. */
  bridge?: { name: string; index: number }
}

/** The network that containers are given when none is named. */
export const defaultNetwork = 'bridge'

/** Networks that are no bridges: they are always there, and not on the disk. */
export const builtIn: NetworkRecord[] = [
  plain('host', 'host'),
  plain('none', 'null'),
]

function plain(name: string, driver: 'host' | 'null'): NetworkRecord {
  const id = createHash('sha256').update(`stepbox network ${name}`).digest('hex')
  const no = { hasIPv6: false, isInternal: false, isAttachable: false, options: {}, labels: {} }
  return { version: 1, id, name, created: '1970-01-01T00:00:00Z', driver, subnets: [], ...no }
}

/** The directory of a network; no path is made of a name that is not checked. */
export function networkDir(root: string, name: string): string {
  checkNetworkName(name)
  return join(root, 'networks', name)
}

/** Throws unless this can be the name of a network. */
export function checkNetworkName(name: string): void {
  if (name.length > 255) throw new Error(`a network name of ${name.length} characters; at most 255`)
  if (!isNameOfNetwork(name))
    throw new Error(
      `'${name}' is not the name of a network: letters and digits, and ._- behind the first`,
    )
}

function isNameOfNetwork(name: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)
}

/** The bridge network called `name`; undefined if there is none, or its file is damaged. */
export function readNetwork(root: string, name: string): NetworkRecord | undefined {
  openRoot(root)
  return isNameOfNetwork(name) ? readRecord(networkDir(root, name)) : undefined
}

/** The network whose directory this is; undefined if there is none, or its file is damaged. */
export function readRecord(dir: string): NetworkRecord | undefined {
  try {
    const text = readRegular(join(dir, 'network.json'))
    const found = JSON.parse(text ?? 'null') as NetworkRecord | null
    return found?.version === 1 && /^[\da-f]{64}$/.test(found.id) ? found : undefined
  } catch {
    return undefined // ignoring: a file that is damaged is reported by reset
  }
}

/** The bridge networks on record, oldest first. */
export function bridgeNetworks(root: string): NetworkRecord[] {
  openRoot(root)
  const all = namesIn(join(root, 'networks')).flatMap((name) => readNetwork(root, name) ?? [])
  return all.sort((a, b) => (a.created < b.created ? -1 : 1))
}

/** All networks, by name. */
export function listNetworks(root: string): NetworkRecord[] {
  return [...bridgeNetworks(root), ...builtIn].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** By name, id or the beginning of an id that only one has. Throws Missing if there is none. */
export function findNetwork(root: string, word: string): NetworkRecord {
  const byName = builtIn.find(({ name }) => name === word) ?? readNetwork(root, word)
  if (byName) return byName
  const all = listNetworks(root)
  const found = /^[\da-f]{1,64}$/.test(word) ? all.filter(({ id }) => id.startsWith(word)) : []
  if (found.length > 1)
    throw new Error(`'${word}' is the beginning of ${found.length} network ids; give more of it`)
  if (found[0]) return found[0]
  throw new Missing('network', word, all.map(({ name }) => name))
}
