/** Makes and changes networks on record: one process at a time, each whole or not at all. */
import { randomInt } from 'node:crypto'
import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { recordEvent } from '../06-lifecycle/events.ts'
import { newId } from '../container/create.ts'
import { makePlace } from '../data-root.ts'
import { putInPlace, syncDir, writeAside, writeDurably } from '../durable.ts'
import { namesIn } from '../files.ts'
import { removeTree } from '../remove-tree.ts'
import { inWords, makeStaging } from '../staging.ts'
import { moveToTrash } from '../trash.ts'
import { formatSubnet, overlap } from './addresses.ts'
import { interfaceIndex } from './interfaces.ts'
import { indexOfLink } from './seen-links.ts'
import { leasesOfRunning, withNetworks } from './leases.ts'
import { bridgeOption, checkBridgeName, gatewayOf, wellFormed } from './network-checks.ts'
import { bridgeNetworks, builtIn, checkNetworkName, defaultNetwork } from './networks.ts'
import { networkDir, readNetwork, readRecord } from './networks.ts'
import type { NetworkRecord, NetworkSubnet } from './networks.ts'
import { freePool, hostRoutes, isFree, localSubnet } from './subnets.ts'

/** What a new network is to be. Subnets that are missing are chosen. */
export type NewNetwork = Partial<Omit<NetworkRecord, 'version' | 'id' | 'created' | 'bridge'>> & {
  name: string
}

/** Make a network. Throws if there is one of that name, or its subnet overlaps with another's. */
export async function createNetwork(root: string, asked: NewNetwork): Promise<NetworkRecord> {
  const { name } = asked
  checkNetworkName(name)
  if ([defaultNetwork, 'default', ...builtIn.map((each) => each.name)].includes(name))
    throw new Error(`operation is not permitted on predefined ${name} network`)
  return withNetworks(root, async () => {
    if (readNetwork(root, name)) throw new Error(`network with name ${name} already exists`)
    checkBridgeName(root, asked.options?.[bridgeOption])
    return make(root, asked)
  })
}

/** The default network, which is made when it is asked for first. */
export async function theDefaultNetwork(root: string): Promise<NetworkRecord> {
  const found = readNetwork(root, defaultNetwork)
  if (found) return found
  makePlace(root, 'networks')
  const options = {
    'com.docker.network.bridge.default_bridge': 'true',
    'com.docker.network.bridge.enable_icc': 'true',
    'com.docker.network.bridge.enable_ip_masquerade': 'true',
    'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
    [bridgeOption]: defaultBridge,
  }
  return withNetworks(root, async () => {
    const now = readNetwork(root, defaultNetwork)
    return now ?? (await make(root, { name: defaultNetwork, options }))
  })
}

/** What the bridge of the default network is called, unless another data root's is called so. */
const defaultBridge = 'stepbox0'

async function make(root: string, asked: NewNetwork): Promise<NetworkRecord> {
  const id = newId()
  const hasIPv6 = asked.hasIPv6 ?? false
  const network: NetworkRecord = {
    ...{ version: 1, id, created: new Date().toISOString(), driver: 'bridge' },
    ...{ isInternal: false, isAttachable: false, options: {}, labels: {} },
    ...asked,
    hasIPv6,
    subnets: subnetsFor(root, { ...asked, id, hasIPv6 }),
    bridge: { name: bridgeName(id, asked), index: randomIndex() },
  }
  const staging = makeStaging(root)
  try {
    const dir = join(staging, 'network')
    for (const path of [dir, join(dir, 'leases')]) mkdirSync(path, { mode: 0o700 })
    writeDurably(join(dir, 'network.json'), textOf(network))
    syncDir(dir)
    putInPlace(dir, networkDir(root, network.name))
  } catch (error) {
    throw inWords(error, root, `network '${network.name}' was not made`)
  } finally {
    await removeTree(staging)
  }
  if (network.name !== defaultNetwork) announceNetwork(root, network, 'create') // as in Docker
  return network
}

function textOf(network: NetworkRecord): string {
  return `${JSON.stringify(network, null, 2)}\n`
}

function bridgeName(id: string, { name, options = {} }: NewNetwork): string {
  const asked = options[bridgeOption]
  const isTaken = name === defaultNetwork && interfaceIndex(defaultBridge) !== undefined
  return asked === undefined || isTaken ? `sb-${id.slice(0, 12)}` : asked
}

/**
 * A number for an interface: so large that the kernel, which counts from 1, never gives it, and
 * chosen from so many that no two meet.
 */
export function randomIndex(): number {
  return randomInt(firstIndex, 2 ** 30)
}

const firstIndex = 2 ** 24

/** Whether a number was chosen so, in this data root or in another one. */
export function isChosenIndex(index: number): boolean {
  return index >= firstIndex
}

/** The subnets of a network, with what was not asked for chosen. */
function subnetsFor(
  root: string,
  { id, subnets = [], hasIPv6 }: NewNetwork & { id: string },
): NetworkSubnet[] {
  const others = bridgeNetworks(root).flatMap((each) => each.subnets)
  const taken = others.map(({ subnet }) => wellFormed(subnet))
  const all = [...subnets]
  const has = (family: 4 | 6) => all.some(({ subnet }) => wellFormed(subnet).family === family)
  const isChosen = true
  if (!has(4)) {
    const routed = hostRoutes().map((route) => route.subnet)
    all.unshift({ subnet: freePool([...taken, ...routed]), isChosen })
  }
  if (hasIPv6 && !has(6)) all.push({ subnet: localSubnet(id), isChosen })
  for (const each of subnets) {
    const found = taken.find((other) => overlap(other, wellFormed(each.subnet)))
    if (found)
      throw new Error(
        `Pool overlaps with other one on this address space: ${each.subnet} and ` +
          formatSubnet(found),
      )
  }
  return all.map(withGateway)
}

/** An internal network has a gateway too: the host's address in it. */
function withGateway(each: NetworkSubnet): NetworkSubnet {
  if (each.gateway !== undefined) return each
  const chosen = { ...each, gateway: gatewayOf(each) }
  return each.isChosen ? chosen : { ...chosen, isGatewayChosen: true }
}

/**
 * A network as it can be used now: if its bridge is not there, and its name or a subnet that was
 * chosen has been taken by somebody else since, others are chosen.
 */
export async function usable(root: string, network: NetworkRecord): Promise<NetworkRecord> {
  if (await isUsable(network)) return network
  return withNetworks(root, async () => {
    const now = readNetwork(root, network.name) ?? network
    if (await isUsable(now)) return now
    if (now.name !== defaultNetwork) checkIsFree(now)
    if (leasesOfRunning(root, now.name).length > 1) return now
    const asked = now.subnets.filter(({ isChosen }) => !isChosen)
    const { bridge: _, ...rest } = now
    const others = { ...rest, subnets: asked }
    const subnets = now.subnets.every((each) => isOurs(now, each))
      ? now.subnets
      : subnetsFor(root, others)
    const name = bridgeName(now.id, now)
    const changed: NetworkRecord = { ...now, subnets, bridge: { name, index: randomIndex() } }
    writeAside(makePlace(root, 'tmp'), join(networkDir(root, now.name), 'network.json'),
      textOf(changed))
    return changed
  })
}

async function isUsable(network: NetworkRecord): Promise<boolean> {
  const { bridge, subnets } = network
  const index = bridge && (await indexOfLink(bridge.name))
  if (index !== undefined) return index === bridge?.index
  return subnets.every((each) => isOurs(network, each))
}

/** Throws if the bridge of a network that has to have that name would be another's interface. */
function checkIsFree({ name, bridge }: NetworkRecord): void {
  if (!bridge || interfaceIndex(bridge.name) === undefined) return
  throw new Error(
    `the bridge of network '${name}' would be '${bridge.name}', and that is another's interface; ` +
      `to see it: ip link show ${bridge.name}; to rename it: ip link set ${bridge.name} name NEW`,
  )
}

/** Whether nobody else has a way to a subnet that was chosen. */
function isOurs({ bridge }: NetworkRecord, { subnet, isChosen }: NetworkSubnet): boolean {
  const others = hostRoutes().filter(({ device }) => device !== bridge?.name)
  return !isChosen || isFree(subnet, others.map((each) => each.subnet))
}

/** Where a network is while it is removed: no network is called so. */
function asideOf(root: string, id: string): string {
  return join(root, 'networks', `.${id}`)
}

/** Take a network off the record, to put it back or to remove it; the caller has the lock. */
export function setAside(root: string, { name, id }: NetworkRecord): string {
  const aside = asideOf(root, id)
  renameSync(networkDir(root, name), aside)
  return aside
}

/** Put back what killed processes have set aside: they had not removed it. */
export async function putBack(root: string): Promise<void> {
  const aside = () => namesIn(join(root, 'networks')).filter((name) => /^\.[\da-f]{64}$/.test(name))
  if (aside().length === 0) return
  await withNetworks(root, () => {
    for (const hidden of aside()) {
      const dir = join(root, 'networks', hidden)
      const name = readRecord(dir)?.name
      if (name === undefined || readNetwork(root, name)) takenOffRecord(root, dir)
      else renameSync(dir, networkDir(root, name))
    }
  })
}

/** Move what was set aside to the trash. Gives its name there. */
export function takenOffRecord(root: string, aside: string): string {
  const as = newId()
  makePlace(root, 'tmp')
  moveToTrash(root, aside, as)
  syncDir(join(root, 'networks'))
  return as
}

/** Say what has happened to a network, in Docker's words. */
export function announceNetwork(
  root: string,
  { id, name, driver }: NetworkRecord,
  action: 'create' | 'destroy',
): void {
  recordEvent(root, { action, thing: { type: 'network', id }, attributes: { name, type: driver } })
}
