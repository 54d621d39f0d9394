/**
 * The names of containers, in the files that their resolvers read. A resolver sees nothing else of
 * the host, and cannot list the directory: it knows the networks of its own container alone.
 *
 *     resolving/root/own/<container>                  its networks, and the host's resolvers
 *     resolving/root/networks/<network>/<container>   a line for each address that it has there
 *
 * Each container's files are written by its own commands alone, and put in place by a rename.
 */
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makePlace } from '../data-root.ts'
import { ownPrefix } from '../durable.ts'
import { namesIn, unlinkIfThere } from '../files.ts'

/** A container's place in a network, as others find it. */
export interface NamesInNetwork {
  /** The network's id and name. */
  network: string
  domain: string
  addresses: string[]
  /** Its name first, which is that of its addresses. */
  names: string[]
  /** What it calls others there: alias and name. */
  links: [alias: string, target: string][]
}

/** The directory that a resolver has as its root. */
export function resolvingDir(root: string): string {
  return join(root, 'resolving', 'root')
}

/** The file about a container, as its resolver sees it. */
export function ownNames(container: string): string {
  return `own/${container}`
}

/** Write down how a container is found, and where it finds others. */
export function enterNames(
  root: string,
  container: string,
  { places, servers }: { places: NamesInNetwork[]; servers: string[] },
): void {
  makePlace(root, 'resolving') // closed to all others, who never reach what is open below
  const dir = resolvingDir(root)
  const [own, networks] = ['own', 'networks'].map((name) => join(dir, name)) as [string, string]
  for (const each of [own, networks]) mkdirSync(each, { recursive: true })
  // The resolver is another user: it may pass, and not look around.
  for (const each of [dir, own, networks]) chmodSync(each, 0o711)
  for (const { network, addresses, names } of places) {
    mkdirSync(join(networks, network), { recursive: true })
    chmodSync(join(networks, network), 0o755)
    const lines = addresses.map((address) => `${[address, ...names].join(' ')}\n`)
    put(root, join(networks, network, container), lines)
  }
  const found = places.flatMap(({ network, domain, links }) => [
    `network networks/${network} ${domain}\n`,
    ...links.map(([alias, target]) => `link networks/${network} ${alias} ${target}\n`),
  ])
  put(root, join(own, container), [...found, ...servers.map((server) => `server ${server}\n`)])
  for (const network of namesIn(networks))
    if (!places.some((each) => each.network === network))
      unlinkIfThere(join(networks, network, container))
}

/** From now on nobody finds the container. */
export function forgetNames(root: string, container: string): void {
  const networks = join(resolvingDir(root), 'networks')
  for (const network of namesIn(networks)) unlinkIfThere(join(networks, network, container))
  unlinkIfThere(join(resolvingDir(root), ownNames(container)))
}

/** From now on nobody finds anybody in the network. */
export function forgetNetwork(root: string, network: string): void {
  rmSync(join(resolvingDir(root), 'networks', network), { recursive: true, force: true })
}

let written = 0

function put(root: string, path: string, lines: string[]): void {
  const staged = join(makePlace(root, 'tmp'), `${ownPrefix()}names${++written}`)
  writeFileSync(staged, lines.join(''))
  chmodSync(staged, 0o644)
  mkdirSync(dirname(path), { recursive: true })
  renameSync(staged, path)
}
