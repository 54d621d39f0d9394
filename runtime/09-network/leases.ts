/**
 * Who has which address: for each one a symbolic link to the container's id, because that appears
 * whole, and only where there is none (symlink(2)). A lease lasts as long as its container is
 * marked as running, whoever was killed in between.
 */
import { existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from '../05-commit/store/lock.ts'
import { runningMark } from '../container/state.ts'
import { makePlace } from '../data-root.ts'
import { errnoIn, namesIn, tryReadlink, unlinkIfThere } from '../files.ts'
import { contains, formatAddress, lastOf, parseAddress, parseSubnet } from './addresses.ts'
import type { Subnet } from './addresses.ts'
import { hostsIn, isOfNetwork } from './network-checks.ts'
import { networkDir, type NetworkRecord, type NetworkSubnet } from './networks.ts'

/** An address, and the container that has it. */
export interface Lease {
  address: string
  container: string
}

/** Do `work` while no other process makes, changes or removes a network. */
export function withNetworks<T>(root: string, work: () => T | Promise<T>): Promise<T> {
  return withLock(makePlace(root, 'networks'), work)
}

/** What is leased in a network, also by containers that have ended since. */
export function leasesIn(root: string, name: string): Lease[] {
  return leasesBelow(networkDir(root, name))
}

/** The same of the network whose directory this is. */
export function leasesBelow(network: string): Lease[] {
  const dir = join(network, 'leases')
  return namesIn(dir).flatMap((address) => {
    const container = tryReadlink(join(dir, address))
    return container === undefined ? [] : [{ address, container }]
  })
}

/** The same of containers that run. */
export function leasesOfRunning(root: string, name: string): Lease[] {
  return leasesIn(root, name).filter(({ container }) => isMarked(root, container))
}

/** Whether this is the id of a container that is marked as running. */
export function isMarked(root: string, id: string): boolean {
  return /^[\da-f]{64}$/.test(id) && existsSync(runningMark(root, id))
}

/** Whose lease it is to be, and the addresses that were asked for. */
export interface LeaseWish {
  container: string
  four?: string
  six?: string
}

/**
 * Give a container, which is marked as running, an address of each family of a network: the lowest
 * that is free, unless it wishes for one. Throws if that one is not free, or none is.
 */
export async function lease(
  root: string,
  network: NetworkRecord,
  wish: LeaseWish,
): Promise<string[]> {
  const { name } = network
  const own = () => leasesIn(root, name).filter(({ container }) => container === wish.container)
  if (own().length > 0)
    await withNetworks(root, () => own().forEach(({ address }) => free(root, name, address)))
  const found: string[] = []
  try {
    for (const subnet of network.subnets)
      found.push(leaseOne({ root, network, wish }, subnet))
    return found
  } catch (error) {
    for (const address of found) free(root, name, address)
    throw error
  }
}

interface Asking {
  root: string
  network: NetworkRecord
  wish: LeaseWish
}

function leaseOne({ root, network, wish }: Asking, subnet: NetworkSubnet): string {
  const whole = parsed(subnet.subnet)
  const asked = whole.family === 4 ? wish.four : wish.six
  if (asked !== undefined) return leaseThis({ root, network, wish }, asked, whole)
  const taken = new Set(namesIn(leasesDir(root, network.name)))
  for (const own of [subnet.gateway, ...Object.values(subnet.auxiliary ?? {})])
    if (own !== undefined) taken.add(own)
  const range = subnet.range === undefined ? whole : parsed(subnet.range)
  const last = lastOf(range)
  const { family } = whole
  for (let value = range.base; value <= last; value++) {
    if (isOfNetwork(whole, { family, value })) continue
    const address = formatAddress({ family, value })
    if (!taken.has(address) && take(root, network, { address, container: wish.container }))
      return address
  }
  throw new Error(
    `no available IPv${family} addresses on network '${network.name}': ` +
      `all of ${subnet.range ?? subnet.subnet} are in use`,
  )
}

/** Lease an address that was asked for. */
function leaseThis({ root, network, wish }: Asking, asked: string, whole: Subnet): string {
  const parsedOne = parseAddress(asked)
  if (!parsedOne || !contains(whole, parsedOne))
    throw new Error(
      `${asked} is not in network '${network.name}', which has ` +
        network.subnets.map(({ subnet }) => subnet).join(' and '),
    )
  const address = formatAddress(parsedOne)
  if (isOfNetwork(whole, parsedOne)) {
    const [first, last] = hostsIn(whole)
    throw new Error(
      `Address already in use: ${address} stands for all of network '${network.name}'; ` +
        `take one from ${first} to ${last}`,
    )
  }
  const reserved = network.subnets.flatMap((each) => [each.gateway, ...auxiliaryOf(each)])
  if (!reserved.includes(address) && take(root, network, { address, container: wish.container }))
    return address
  throw new Error(`Address already in use: ${address} in network '${network.name}'`)
}

function auxiliaryOf({ auxiliary = {} }: NetworkSubnet): string[] {
  return Object.values(auxiliary)
}

function parsed(text: string): Subnet {
  const subnet = parseSubnet(text)
  if (subnet) return subnet
  throw new Error(`'${text}' is not a subnet such as 172.28.0.0/16`)
}

/** False if another one has it. A network that is removed meanwhile has no more leases. */
function take(root: string, { name }: NetworkRecord, { address, container }: Lease): boolean {
  try {
    symlinkSync(container, leaseFile(root, name, address))
    return true
  } catch (error) {
    if (errnoIn(error) === 'EEXIST') return false
    if (errnoIn(error) === 'ENOENT') throw new Error(`network '${name}' was removed just now`)
    throw error
  }
}

/** Give back an address, if it is this container's. */
export function giveBack(root: string, name: string, { address, container }: Lease): void {
  if (tryReadlink(leaseFile(root, name, address)) === container) free(root, name, address)
}

/**
 * Free what containers have that do not run. The mark is looked for before and after the lease is
 * read: a container that starts in between finds the lease, and waits for the lock.
 */
export async function freeStale(root: string, name: string): Promise<void> {
  const stale = () => leasesIn(root, name).filter(({ container }) => !isMarked(root, container))
  if (stale().length === 0) return
  await withNetworks(root, () => stale().forEach(({ address }) => free(root, name, address)))
}

function free(root: string, name: string, address: string): void {
  unlinkIfThere(leaseFile(root, name, address))
}

function leasesDir(root: string, name: string): string {
  return join(networkDir(root, name), 'leases')
}

/** No path is made of what is no address. */
function leaseFile(root: string, name: string, address: string): string {
  if (!parseAddress(address)) throw new Error(`'${address}' is not an address`)
  return join(leasesDir(root, name), address)
}
