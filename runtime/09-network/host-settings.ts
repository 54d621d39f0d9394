/** Settings of the host under /proc/sys that a network needs, and what they were before. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { makePlace } from '../data-root.ts'
import { writeAside } from '../durable.ts'
import { tryRead, tryReadlink, unlinkIfThere } from '../files.ts'
import type { NetworkRecord } from './networks.ts'
import { hostDevices } from './interfaces.ts'
import { changesScript, type ChangedSetting } from './settings-set.ts'

type Setting = [path: string, value: string]

const [four, six] = ['/proc/sys/net/ipv4/conf', '/proc/sys/net/ipv6/conf']

/** Of the bridge: they go with it. */
export function bridgeSettings({ bridge, hasIPv6 }: NetworkRecord): Setting[] {
  if (!bridge) return []
  const { name } = bridge
  const ofSix: Setting[] = hasIPv6
    ? [[`${six}/${name}/accept_ra`, '0']]
    : [[`${six}/${name}/disable_ipv6`, '1']]
  return [
    [`${four}/${name}/forwarding`, '1'],
    [`${four}/${name}/route_localnet`, '1'],
    ...(existsSync(six) ? ofSix : []),
  ]
}

/**
 * Of the other interfaces, by which packets for containers come in: they pass them on. IPv6 knows
 * this only for all interfaces; then one that takes its routes from a router goes on doing so with
 * accept_ra=2. Gives those that are not so already.
 */
export function uplinkSettings(networks: NetworkRecord[]): Setting[] {
  const open = networks.filter(({ isInternal }) => !isInternal)
  if (open.length === 0) return []
  const devices = hostDevices()
  const wanted: Setting[] = devices.map((name) => [`${four}/${name}/forwarding`, '1'])
  if (open.some(({ hasIPv6 }) => hasIPv6) && isZero(`${six}/all/forwarding`)) {
    const heard = devices.map((name) => `${six}/${name}/accept_ra`)
    const hearing = heard.filter((path) => valueOf(path) === '1')
    wanted.push(...hearing.map((path): Setting => [path, '2']))
    wanted.push([`${six}/all/forwarding`, '1'])
  }
  return wanted.filter(([path, value]) => existsSync(path) && valueOf(path) !== value)
}

function isZero(path: string): boolean {
  return valueOf(path) === '0'
}

function valueOf(path: string): string | undefined {
  return tryRead(path)?.trim()
}

/** With what settings are now: before they are changed. */
function changesTo(settings: Setting[]): ChangedSetting[] {
  return settings.map(([path, set]) => {
    const all = ofAll(path)
    return { path, before: valueOf(path) ?? '', set, ...(all === undefined ? {} : { all }) }
  })
}

/** Of `…/conf/eth0/forwarding`: what `…/conf/all/forwarding` says, which sets all of them. */
function ofAll(path: string): string | undefined {
  const general = path.replace(/conf\/[^/]+\/forwarding$/, 'conf/all/forwarding')
  return general === path ? undefined : valueOf(general)
}

/**
 * Write down what settings were, before they are changed. Gives the same for the packet filter,
 * where all data roots see it: the last one of them puts the settings back.
 */
export function rememberSettings(root: string, settings: Setting[]): string {
  if (settings.length === 0) return ''
  const changes = changesTo(settings)
  const known = ownChanges(root).filter(({ path }) => !changes.some((each) => each.path === path))
  makePlace(root, 'networks')
  const record: OnRecord = { network: networkHere(), changes: [...known, ...changes] }
  writeAside(makePlace(root, 'tmp'), fileIn(root), `${JSON.stringify(record, null, 2)}\n`)
  return changesScript(changes)
}

/** The file: what was changed, and in which network namespace of which boot. */
interface OnRecord {
  network: string
  changes: ChangedSetting[]
}

function networkHere(): string {
  const boot = tryRead('/proc/sys/kernel/random/boot_id')?.trim()
  return `${tryReadlink('/proc/self/ns/net')} ${boot}`
}

/** What is on record in a data root. Another network, or another boot, says nothing here. */
export function ownChanges(root: string): ChangedSetting[] {
  try {
    const { network, changes } = JSON.parse(tryRead(fileIn(root)) ?? '{}') as Partial<OnRecord>
    return network === networkHere() && Array.isArray(changes) ? changes : []
  } catch {
    return [] // ignoring: a file that is damaged says nothing
  }
}

/** Nothing is on record any more. */
export function forgetSettings(root: string): void {
  unlinkIfThere(fileIn(root))
}

/** Of changes that are on record here or there: those that nobody else has changed since. */
export function stillOurs(changes: ChangedSetting[]): ChangedSetting[] {
  const isFirst = ({ path }: ChangedSetting, at: number) =>
    at === changes.findIndex((each) => each.path === path)
  return changes.filter(isFirst).filter(({ path, before, set, all }) => {
    const isOpened = all === '0' && ofAll(path) === '1' // and stays so for whoever has done that
    return before !== set && valueOf(path) === set && !isOpened
  })
}

/** No network is called so. */
function fileIn(root: string): string {
  return join(root, 'networks', '.host-settings')
}
