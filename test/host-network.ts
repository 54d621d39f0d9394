/**
 * Tests. The machine's own network as things and their values: interfaces, addresses, routes,
 * settings, tables of the packet filter. Tests have another network, and leave all of these alone.
 */
import { spawnSync } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'

/** A thing such as `interface eth0`, and what there is to say of it. */
export type Network = Map<string, string>

/** All of the network namespace in that file; nothing without one. */
export function networkOf(file: string | undefined): Network {
  if (file === undefined) return new Map()
  const { stdout } = spawnSync('nsenter', [`--net=${file}`, 'sh', '-c', script], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  const [links = '', addresses = '', routes = '', settings = '', rules = ''] =
    (stdout ?? '').split('----\n')
  return new Map([
    ...linesOf(links).slice(2).map((line) => [`interface ${line.split(':')[0]?.trim()}`, '']),
    ...linesOf(addresses).map((line) => [`address ${addressIn(line)}`, '']),
    ...linesOf(routes).slice(1).map((line) => [`route ${routeIn(line)}`, '']),
    ...linesOf(settings).map((line) => {
      const at = line.indexOf(':')
      return [`setting ${line.slice(0, at)}`, line.slice(at + 1)]
    }),
    ...rules.split(/^(?=table )/m).map((text) => [text.split(' {')[0] ?? '', text]),
  ].filter(([thing]) => thing !== '') as [string, string][])
}

/** Without counters, and without settings that count. */
const script = `
  cat /proc/net/dev; echo ----
  cat /proc/net/if_inet6 2>/dev/null; echo ----
  cat /proc/net/route; echo ----
  cd /proc/sys/net && grep -rs . ipv4 ipv6 bridge; echo ----
  nft -s list ruleset 2>/dev/null`

function linesOf(text: string): string[] {
  return text.split('\n').filter(Boolean)
}

/** Without its flags: it is tentative for a while, and may be deprecated. */
function addressIn(line: string): string {
  const [address, , prefix, scope, , device] = line.split(/\s+/)
  return [address, prefix, scope, device].join(' ')
}

/** Without how often it was used. */
function routeIn(line: string): string {
  const [device, to, gateway, flags, , , metric, mask] = line.split(/\s+/)
  return [device, to, gateway, flags, metric, mask].join(' ')
}

/**
 * What has changed, in words. A setting that has come or gone is that of a module or an interface.
 * What goes away by itself meanwhile does not count: there are `looks` looks, 0.1 s apart.
 */
export async function changesOf(
  before: Network,
  look: () => Network,
  looks = 30,
): Promise<string[]> {
  for (let attempt = 1; ; attempt++) {
    const now = look()
    const things = new Set([...before.keys(), ...now.keys()])
    const found = [...things].flatMap((thing) => change(thing, before.get(thing), now.get(thing)))
    if (found.length === 0 || attempt >= looks) return found
    await setTimeout(100)
  }
}

function change(thing: string, before?: string, now?: string): string[] {
  if (before === now) return []
  const isSetting = thing.startsWith('setting ')
  if (before === undefined || now === undefined)
    return isSetting ? [] : [`${thing} is ${now === undefined ? 'gone' : 'new'}`]
  return isSetting ? [`${thing} was ${before}, and is ${now}`] : [`${thing} is another`]
}
