/** `network create`, `ls`, `inspect`, `rm` and `prune`. */
import type { Runtime } from '../chapter.ts'
import { labelsFrom } from '../06-lifecycle/labels.ts'
import { forEachWord, UsageError, valueOf, type Answer, type Input } from '../command-line.ts'
import { happen } from '../container/announce.ts'
import { runningContainers } from '../container/find.ts'
import { tidy } from '../container/tidy.ts'
import { labelled, passing, removableFilters, type Filters } from '../filters.ts'
import { Missing } from '../missing.ts'
import { shortId } from '../options.ts'
import { parseSubnet } from './addresses.ts'
import { createNetwork, theDefaultNetwork } from './change-networks.ts'
import { inspectNetwork } from './inspect-network.ts'
import { checkMtu, checkSubnet } from './network-checks.ts'
import { bridgeNetworks, builtIn, defaultNetwork, listNetworks } from './networks.ts'
import { clearNetworks } from './network-leftovers.ts'
import type { NetworkRecord, NetworkSubnet } from './networks.ts'
import { NetworkInUse, removeNetwork, removeUnusedNetwork } from './remove-network.ts'

/** Prints the id. */
export async function createNetworkCommand(input: Input): Promise<Answer> {
  const { runtime, switches, words, values, failed } = input
  const labels = labelsFrom(input)
  const options = pairs('opt', values.get('opt') ?? [])
  const ipamOptions = pairs('ipam-opt', values.get('ipam-opt') ?? [])
  const [name = ''] = words
  try {
    checkDrivers(input)
    const subnets = subnetsFrom(input)
    subnets.forEach(checkSubnet)
    const hasSix = switches.has('ipv6') || subnets.some(({ subnet }) => subnet.includes(':'))
    checkMtu(options['com.docker.network.driver.mtu'], hasSix) // unknown ones are kept
    await tidy(runtime)
    await theDefaultNetwork(runtime.root) // it has the first of the pools, as in Docker
    const made = await createNetwork(runtime.root, {
      ...{ name, labels, options, ipamOptions, subnets },
      hasIPv6: switches.has('ipv6'),
      isInternal: switches.has('internal'),
      isAttachable: switches.has('attachable'),
    })
    return { lines: [made.id] }
  } catch (error) {
    if (error instanceof UsageError) throw error
    await failed(error)
    return { code: 1 }
  }
}

function checkDrivers(input: Input): void {
  const have = { driver: 'bridge', 'ipam-driver': 'default' }
  for (const [flag, only] of Object.entries(have)) {
    const driver = valueOf(input, flag) ?? only
    if (driver !== only) throw new Error(`plugin "${driver}" not found; have: ${only}`)
  }
  const scope = valueOf(input, 'scope')
  if (scope !== undefined && scope !== 'local')
    throw new Error(`no network of scope '${scope}': clusters are not taught; have: local`)
}

function pairs(flag: string, given: string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const [key = '', ...rest] = text.split('=')
      if (key === '') throw new UsageError(`invalid --${flag} '${text}': KEY=VALUE`)
      return [key, rest.join('=')]
    }),
  )
}

/** Ranges, gateways and further addresses go to the subnet that has them. */
function subnetsFrom(input: Input): NetworkSubnet[] {
  const all = (long: string) => input.values.get(long) ?? []
  const subnets: NetworkSubnet[] = all('subnet').map((subnet) => {
    if (!parseSubnet(subnet)) throw new Error(`Invalid subnet ${subnet}: invalid CIDR address`)
    return { subnet }
  })
  const families = subnets.map(({ subnet }) => subnet.includes(':'))
  if (new Set(families).size < families.length)
    throw new Error("bridge driver doesn't support multiple subnets")
  const auxiliary = Object.entries(pairs('aux-address', all('aux-address')))
  for (const [name, address] of auxiliary)
    if (address === '') throw new UsageError(`invalid --aux-address '${name}': NAME=ADDRESS`)
  const [[, address] = []] = auxiliary
  if (subnets.length === 0 && address !== undefined)
    throw new Error(`no matching subnet for aux-address ${address}: it needs --subnet`)
  if (subnets.length === 0 && [...all('gateway'), ...all('ip-range')].length > 0)
    throw new Error('every ip-range or gateway must have a corresponding subnet')
  const ofFamily = (texts: string[], subnet: string) =>
    texts.find((text) => text.includes(':') === subnet.includes(':'))
  return subnets.map(({ subnet }) => {
    const [gateway, range] = [ofFamily(all('gateway'), subnet), ofFamily(all('ip-range'), subnet)]
    const own = auxiliary.filter(([, at]) => at.includes(':') === subnet.includes(':'))
    return {
      subnet,
      ...(gateway === undefined ? {} : { gateway }),
      ...(range === undefined ? {} : { range }),
      ...(own.length > 0 ? { auxiliary: Object.fromEntries(own) } : {}),
    }
  })
}

export async function listNetworksCommand(input: Input): Promise<Answer> {
  const { runtime, switches, values } = input
  const { root } = runtime
  const passes = passing(values.get('filter') ?? [], filtersIn(root))
  await tidy(runtime)
  await theDefaultNetwork(root)
  const found = listNetworks(root).filter(passes)
  const shown = (id: string) => (switches.has('no-trunc') ? id : shortId(id))
  return {
    json: found.map(jsonOf),
    items: found.map((network) => itemOf(network, shown(network.id))),
    ids: found.map(({ id }) => shown(id)),
    headOf: headsOfNetworks,
    heads: ['NETWORK ID', 'NAME', 'DRIVER', 'SCOPE'],
    rows: found.map(({ id, name, driver }) => [shown(id), name, driver, 'local']),
  }
}

function filtersIn(root: string): Filters<NetworkRecord> {
  return {
    dangling: (value) => {
      if (!/^(true|false|1|0)$/.test(value))
        throw new UsageError(`invalid --filter 'dangling=${value}': true or false`)
      const used = usedNetworks(root)
      return ({ id, name }) => isCustom(name) && !used.has(id) === /^(true|1)$/.test(value)
    },
    driver: (value) => ({ driver }) => driver === value,
    id: (value) => ({ id }) => id.includes(value),
    label: (value) => {
      const has = labelled(value)
      return ({ labels }) => has(labels)
    },
    name: (value) => ({ name }) => name.includes(value),
    scope: (value) => () => value === 'local',
    type: (value) => {
      if (value !== 'builtin' && value !== 'custom')
        throw new UsageError(`invalid --filter 'type=${value}': builtin or custom`)
      return ({ name }) => isCustom(name) === (value === 'custom')
    },
  }
}

function isCustom(name: string): boolean {
  return name !== defaultNetwork && !builtIn.some((each) => each.name === name)
}

/** The ids of the networks of running containers. */
function usedNetworks(root: string): Set<string> {
  const ends = runningContainers(root).flatMap(({ net }) => net?.ends ?? [])
  return new Set(ends.map(({ network }) => network))
}

const headsOfNetworks: Record<string, string> = {
  ...{ ID: 'NETWORK ID', Name: 'NAME', Driver: 'DRIVER', Scope: 'SCOPE', IPv6: 'IPV6' },
  ...{ Internal: 'INTERNAL', Labels: 'LABELS', CreatedAt: 'CREATED AT' },
}
Object.assign(headsOfNetworks, { Label: (name: string) => name })

function jsonOf({ version: _, bridge, ...network }: NetworkRecord): object {
  return { ...network, scope: 'local', ...(bridge ? { bridge: bridge.name } : {}) }
}

function itemOf({ created, driver, hasIPv6, isInternal, labels, name }: NetworkRecord, ID: string) {
  const words = Object.keys(labels).sort().map((key) => `${key}=${labels[key]}`)
  return {
    ...{ CreatedAt: created, Driver: driver, ID, IPv6: String(hasIPv6) },
    ...{ Internal: String(isInternal), Labels: words.join(','), Name: name, Scope: 'local' },
    Label: (key: string) => labels[key] ?? '',
  }
}

export async function inspectNetworkCommand(input: Input): Promise<Answer> {
  const { root } = input.runtime
  await theDefaultNetwork(root)
  const found: object[] = []
  const code = await forEachWord(input, (word) => void found.push(inspectNetwork(root, word)))
  return { json: found, code }
}

/** Goes on after a failure, and ends with 1 when there was one. */
export async function removeNetworkCommand(input: Input): Promise<Answer> {
  const { runtime, print } = input
  await tidy(runtime)
  const code = await forEachWord(input, async (word) => {
    await removeNetwork(runtime, word)
    print(word)
  })
  return { code }
}

/** False if a container has come meanwhile, or another process was faster. */
async function isRemoved(runtime: Runtime, network: NetworkRecord): Promise<boolean> {
  try {
    await removeUnusedNetwork(runtime, network)
    return true
  } catch (error) {
    if (error instanceof Missing || error instanceof NetworkInUse) return false
    throw error
  }
}

export async function pruneNetworksCommand(input: Input): Promise<Answer> {
  const { runtime, switches, values, print, isAgreed } = input
  const known = removableFilters<NetworkRecord>(({ labels }) => labels)
  const passes = passing(values.get('filter') ?? [], known)
  await tidy(runtime)
  const warning =
    'WARNING! This will remove all custom networks not used by at least one container.'
  if (!switches.has('force') && !(await isAgreed(warning))) return { lines: [] }
  const used = usedNetworks(runtime.root)
  const unused = bridgeNetworks(runtime.root).filter(
    (each) => isCustom(each.name) && !used.has(each.id) && passes(each),
  )
  const removed: string[] = []
  for (const network of unused) {
    if (!(await isRemoved(runtime, network))) continue
    if (removed.push(network.name) === 1) print('Deleted Networks:')
    print(network.name)
  }
  if (!values.has('filter')) await clearNetworks(runtime.root)
  const thing = { type: 'network', id: '' }
  happen(runtime, { action: 'prune', thing, attributes: { reclaimed: '0' } })
  return { lines: removed.length > 0 ? [''] : [] }
}
