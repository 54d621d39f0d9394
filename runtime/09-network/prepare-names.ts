/** From a container's networks to what it is told, and to how others find it. */
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Happening, Setting } from '../chapter.ts'
import { findContainer } from '../container/find.ts'
import { containerDir, runningMark } from '../container/state.ts'
import { namesIn, tryRead } from '../files.ts'
import { shortId, type Container, type PlanOptions } from '../options.ts'
import { endpointsOf } from './endpoints.ts'
import { etcNames } from './etc-files.ts'
import { hostsFile, withOwnAddresses } from './hosts.ts'
import type {} from './name-words.ts'
import { enterNames, forgetNames, ownNames, resolvingDir } from './names.ts'
import type { NamesInNetwork } from './names.ts'
import { bridgeNetworks, defaultNetwork, type NetworkRecord } from './networks.ts'
import { hostsResolvConf, isStub, ownResolvConf, resolvConf } from './resolv-conf.ts'
import { serversBehind } from './resolv-conf.ts'
import { resolverAddress, type Resolver } from './resolver.ts'
import { resolverFilter } from './resolver-filter.ts'

type Given = Pick<Setting, 'container' | 'root' | 'dir'>

/**
 * Write the files that a container gets in /etc, and enter its names, when its addresses are known.
 * Of a container that runs, nothing is written.
 */
export function prepareNames(setting: Setting): Partial<PlanOptions> {
  const { container, root } = setting
  if (container.status === 'created' && otherOf(container) === undefined) {
    const places = placesOf(setting)
    writeEtc(setting, places)
    if (places.some(isNamed)) enter(root, container, places)
  }
  return plannedNames(setting)
}

/** The same, for a list that is only printed. */
export function plannedNames({ container, root, dir }: Given): Partial<PlanOptions> {
  const other = otherOf(container)
  const directory = other === undefined ? dir : containerDir(root, findContainer(root, other).id)
  const targets = (container.mounts ?? []).map(({ target }) => target)
  const names = etcNames.filter((name) => !targets.includes(`/etc/${name}`))
  const has = endpointsOf(container).some(({ network }) => network !== defaultNetwork)
  return { etc: { directory, names }, ...(has ? { resolver: resolverOf(root, container) } : {}) }
}

/** What the resolver of a container is told. */
export function resolverOf(root: string, { id }: Pick<Container, 'id'>): Resolver {
  return { directory: resolvingDir(root), file: ownNames(id), filter: resolverFilter() }
}

/** The container whose network it has. */
function otherOf({ network = '' }: Pick<Container, 'network'>): string | undefined {
  return /^container:(.+)$/.exec(network)?.[1]
}

/** A container's place in one of its networks. */
interface Place {
  network: NetworkRecord
  addresses: string[]
  aliases: string[]
  links: [name: string, alias: string][]
}

function placesOf({ container, root }: Pick<Given, 'container' | 'root'>): Place[] {
  const all = bridgeNetworks(root)
  const asked = endpointsOf(container)
  return (container.net?.ends ?? []).flatMap((end) => {
    const network = all.find(({ id }) => id === end.network)
    if (!network) return []
    const wish = asked.find((each) => each.network === network.name)
    const links = (wish?.links ?? []).map((word): [string, string] => {
      const [name = '', alias = name] = word.split(':')
      return [name, alias]
    })
    return {
      network,
      addresses: end.inside.addresses.map(({ address }) => address),
      aliases: wish?.aliases ?? [],
      links,
    }
  })
}

/** In the default network nobody is found by name, as in Docker. */
function isNamed({ network }: Place): boolean {
  return network.name !== defaultNetwork
}

function enter(root: string, container: Container, places: Place[]): void {
  const named = places.filter(isNamed).map((place): NamesInNetwork => {
    const { network, addresses, aliases, links } = place
    const names = [...new Set([container.name, shortId(container.id), ...aliases])]
    const called = links.map(([name, alias]): [string, string] => [alias, name])
    return { network: network.id, domain: network.name, addresses, names, links: called }
  })
  const isInside = places.every(({ network }) => network.isInternal)
  const servers = isInside ? [] : serversBehind(hostResolvConf(), container.dns ?? {})
  enterNames(root, container.id, { places: named, servers })
}

/** The host's, with the resolvers that systemd-resolved asks in its place. */
export function hostResolvConf(): string {
  const own = tryRead('/etc/resolv.conf') ?? ''
  return (isStub(own) ? tryRead('/run/systemd/resolve/resolv.conf') : undefined) ?? own
}

function writeEtc({ container, root, dir }: Given, places: Place[]): void {
  const { hostname, domainname, network, dns = {}, extraHosts = [] } = container
  const isHost = network === 'host'
  const text = isHost ? (tryRead('/etc/resolv.conf') ?? '') : hostResolvConf()
  const hasIPv6 = places.some(({ addresses }) => addresses.some((each) => each.includes(':')))
  const ofHost = isHost && extraHosts.length === 0 ? tryRead('/etc/hosts') : undefined
  const gateway = places.flatMap((place) => place.network.subnets.map((each) => each.gateway))[0]
  const extra = extraHosts.map(([name, address]): [string, string] => {
    if (address !== 'host-gateway') return [name, address]
    if (isHost) return [name, '127.0.0.1']
    if (gateway === undefined)
      throw new Error(`--add-host ${name}:host-gateway: it has no network with a gateway`)
    return [name, gateway]
  })
  const linked = places.filter((each) => !isNamed(each)).flatMap(({ links, network: { id } }) =>
    links.map(([name, alias]) => linkedTo(root, { name, alias, network: id })),
  )
  const addresses = places.flatMap((place) => place.addresses)
  const files = {
    'hostname': `${hostname}\n`,
    'hosts': ofHost ?? hostsFile({ extra, linked, addresses, hostname, domainname }),
    'resolv.conf': isHost
      ? hostsResolvConf(text, dns)
      : places.some(isNamed)
        ? ownResolvConf(text, dns, resolverAddress)
        : resolvConf(text, dns, hasIPv6),
  }
  for (const name of etcNames) {
    writeFileSync(join(dir, name), files[name])
    chmodSync(join(dir, name), 0o644) // whatever the caller's umask: all in the container read it
  }
}

/** A line about a container in the default network. Throws unless it runs, and is there. */
function linkedTo(
  root: string,
  { name, alias, network }: Record<'name' | 'alias' | 'network', string>,
): { address: string; names: string[] } {
  const found = findContainer(root, name)
  if (found.status !== 'running') throw new Error(`cannot link to '${name}': it does not run`)
  const end = found.net?.ends.find((each) => each.network === network)
  const address = end?.inside.addresses[0]?.address
  if (address === undefined)
    throw new Error(`cannot link to '${name}': it does not belong to the default network`)
  return { address, names: [...new Set([alias, shortId(found.id), found.name])] }
}

/**
 * A container that runs has joined or left a network: what it is told, and how others find it. The
 * files are written in place, since they are mounted; what its processes have added stays.
 */
export function changeNames({ container, root, dir }: Given): void {
  const places = placesOf({ container, root })
  const addresses = places.flatMap((place) => place.addresses)
  const hosts = join(dir, 'hosts')
  writeFileSync(hosts, withOwnAddresses(tryRead(hosts) ?? '', { ...container, addresses }))
  const file = join(dir, 'resolv.conf')
  const [text, dns] = [hostResolvConf(), container.dns ?? {}]
  if (places.some(isNamed)) {
    writeFileSync(file, ownResolvConf(text, dns, resolverAddress))
    return enter(root, container, places)
  }
  forgetNames(root, container.id)
  const hasIPv6 = addresses.some((each) => each.includes(':'))
  if (tryRead(file)?.includes(resolverAddress)) writeFileSync(file, resolvConf(text, dns, hasIPv6))
}

/** It is called something else from now on. */
export function renamed(root: string, { action, container }: Happening): void {
  if (action !== 'rename' || container?.status !== 'running') return
  const places = placesOf({ root, container })
  if (places.some(isNamed)) enter(root, container, places)
}

/** Of containers that do not run, names are left only where somebody was killed. */
export function recoverNames(root: string): void {
  for (const id of namesIn(join(resolvingDir(root), 'own')))
    if (!existsSync(runningMark(root, id))) forgetNames(root, id)
}
