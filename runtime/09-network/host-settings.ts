/** Settings of the host under /proc/sys that a network needs, and what they were before. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePlace } from '../data-root.ts'
import { writeAside } from '../durable.ts'
import { tryRead } from '../files.ts'
import type { NetworkRecord } from './networks.ts'
import { hostDevices } from './interfaces.ts'

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

/** Write down what settings were, before they are changed for the first time. */
export function rememberSettings(root: string, changes: Setting[]): void {
  if (changes.length === 0) return
  const known = settingsBefore(root)
  const before = changes.map(([path]) => [path, readFileSync(path, 'latin1').trim()])
  const all = { ...Object.fromEntries(before), ...known }
  makePlace(root, 'networks')
  writeAside(makePlace(root, 'tmp'), fileIn(root), `${JSON.stringify(all, null, 2)}\n`)
}

/** Strike out a setting that is again as it was. */
export function forgetSettings(root: string, path: string): void {
  const { [path]: _, ...rest } = settingsBefore(root)
  writeAside(makePlace(root, 'tmp'), fileIn(root), `${JSON.stringify(rest, null, 2)}\n`)
}

/** What was changed on this host, and what it was before. */
export function settingsBefore(root: string): Record<string, string> {
  try {
    return JSON.parse(tryRead(fileIn(root)) ?? '{}') as Record<string, string>
  } catch {
    return {} // ignoring: a file that is damaged says nothing
  }
}

/** No network is called so. */
function fileIn(root: string): string {
  return join(root, 'networks', '.host-settings')
}
