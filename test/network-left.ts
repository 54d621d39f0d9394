/** Tests. What is left of containers' networks: on the host, and in a data root. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { leasesIn } from '../runtime/09-network/leases.ts'
import { resolvingDir } from '../runtime/09-network/names.ts'
import { bridgeNetworks } from '../runtime/09-network/networks.ts'
import { namesIn, tryRead, tryReadlink } from '../runtime/files.ts'

/** How long the kernel may take to remove the interfaces of a network namespace that is gone. */
const patienceMs = 20_000

/**
 * What there is of the containers in `ids` that is not of one in `running`, in words; and of any
 * container in this data root. The kernel takes its time, so it is looked for until it is gone.
 */
export async function leftOfNetworks(
  root: string,
  { ids, running }: Record<'ids' | 'running', Iterable<string>>,
): Promise<string[]> {
  const gone = new Set(ids)
  for (const id of running) gone.delete(id)
  const look = () => [...inRoot(root, new Set(running)), ...onHost(root, gone, new Set(running))]
  const end = performance.now() + patienceMs
  let left = look()
  while (left.length > 0 && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    left = look()
  }
  return left
}

/** Leases and names of containers that do not run, and what a network has left that is gone. */
function inRoot(root: string, running: Set<string>): string[] {
  const networks = bridgeNetworks(root)
  const leases = networks.flatMap(({ name }) =>
    leasesIn(root, name)
      .filter(({ container }) => !running.has(container))
      .map(({ address }) => `networks/${name}/leases/${address}`),
  )
  const known = networks.map(({ name }) => name)
  const odd = namesIn(join(root, 'networks')).filter((each) => !known.includes(each))
  const dir = resolvingDir(root)
  const files = [
    ...namesIn(join(dir, 'own')).map((id) => ['own', id]),
    ...namesIn(join(dir, 'networks')).flatMap((network) =>
      namesIn(join(dir, 'networks', network)).map((id) => [`networks/${network}`, id]),
    ),
  ].filter(([, id = '']) => !running.has(id))
  const strange = namesIn(join(dir, 'networks')).filter((id) => !networks.some((n) => n.id === id))
  return [
    ...leases,
    ...odd.filter((name) => !standing.includes(name)).map((name) => `networks/${name}`),
    ...['.left', '.changing'].flatMap((place) =>
      namesIn(join(root, 'networks', place)).map((name) => `networks/${place}/${name}`),
    ),
    ...files.map((parts) => `resolving/root/${parts.join('/')}`),
    ...strange.map((id) => `resolving/root/networks/${id}`),
  ].map((path) => `${path} is left over`)
}

/** In `networks`, and no network. */
const standing = ['.host-settings', '.left', '.changing']

function onHost(root: string, gone: Set<string>, running: Set<string>): string[] {
  const links = linksOf([...gone])
  const elements = elementsOf([...gone])
  const own = resolversOf(root).length
  const waiting = namesIn(join(resolvingDir(root), 'own')).filter((id) => running.has(id)).length
  return [
    ...links.map((name) => `the link ${name} is left over`),
    ...elements.map((line) => `an element is left over: ${line}`),
    ...(own > waiting ? [`${own} resolvers for ${waiting} containers`] : []),
  ]
}

function linksOf(ids: string[]): string[] {
  const starts = new Set(ids.map((id) => id.slice(0, 11)))
  const all = tryRead('/proc/net/dev')?.match(/^ *sbv[\da-f]{11}[^:]*/gm) ?? []
  return all.map((name) => name.trim()).filter((name) => starts.has(name.slice(3, 14)))
}

function elementsOf(ids: string[]): string[] {
  const { stdout } = spawnSync('nft', ['list', 'ruleset'], { encoding: 'utf8' })
  return stdout.split(/[,\n]/).filter((line) => {
    const id = /comment "([\da-f]{64})"/.exec(line)?.[1]
    return id !== undefined && ids.includes(id)
  })
}

/** The processes that answer for containers of this data root. */
export function resolversOf(root: string): number[] {
  const dir = resolvingDir(root)
  const pids = namesIn('/proc').filter((name) => /^\d+$/.test(name)).map(Number)
  return pids.filter((pid) => {
    if (tryRead(`/proc/${pid}/comm`) !== 'resolver\n') return false
    return tryReadlink(`/proc/${pid}/root`) === dir && existsSync(`/proc/${pid}/exe`)
  })
}
