/** Tests: a command about a network, and any other one about it at the same moment. */
import { expect, test } from 'vitest'
import { imageFor } from '../../runtime/05-commit/image-for.ts'
import { removeContainer } from '../../runtime/06-lifecycle/remove-container.ts'
import { createContainer, startContainer } from '../../runtime/06-lifecycle/start-container.ts'
import { stopContainer } from '../../runtime/06-lifecycle/stop-container.ts'
import { changingContainers } from '../../runtime/09-network/changing.ts'
import { createNetwork } from '../../runtime/09-network/change-networks.ts'
import { connectContainer, disconnectContainer } from '../../runtime/09-network/connect.ts'
import { leasesIn } from '../../runtime/09-network/leases.ts'
import { bridgeNetworks, readNetwork } from '../../runtime/09-network/networks.ts'
import { removeNetwork } from '../../runtime/09-network/remove-network.ts'
import type { Runtime } from '../../runtime/chapter.ts'
import { findContainer, listContainers } from '../../runtime/container/find.ts'
import { oddInPairs, pairsOf, type Command, type Pair } from '../../test/at-once/pairs.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { runtimeOn } from '../../test/rows.ts'
import { needs } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'

/** A container `c-NETWORK`, which is not in the network. */
const about = (own: string) => ({ network: own, container: `c-${own}` })

const gone = /^no network named |^network '[\w-]+' was removed just now/
const used = /has active endpoints(?:\n|$)/
const state = /^container '[\w-]+' is not running|^container [0-9a-f]{64} is not connected to /
const twice = /^endpoint with name .* already exists|^network with name .* already exists/
const says = new RegExp([gone, used, state, twice].map(({ source }) => source).join('|'))

const commands: Record<string, Command> = {
  'network create': {
    does: async (runtime, own) => void (await createNetwork(runtime.root, { name: own })),
    says,
  },
  'network rm': { does: async (runtime, own) => void (await removeNetwork(runtime, own)), says },
  'network prune': { does: prunes },
  'network connect': { does: (runtime, own) => connectContainer(runtime, about(own)), says },
  'network disconnect': { does: (runtime, own) => disconnectContainer(runtime, about(own)), says },
  'start': { does: (runtime, own) => startContainer(runtime, `c-${own}`, { chapter: 9 }), says },
  'stop': { does: (runtime, own) => stopContainer(runtime, `c-${own}`, { seconds: 0 }), says },
}

/** Of this network alone: other pairs have theirs meanwhile. */
async function prunes({ root }: Runtime, own: string): Promise<void> {
  const prune = ['network', 'prune', '-f', '--filter', `label=own=${own}`]
  const { code, err } = await stepbox(prune, { root })
  if (code !== 0) throw new Error(err.replace(/^stepbox: /, '').trim())
}

let count = 0

/** Do both to a network, and a container that is in the default one. Gives what is wrong. */
async function both(runtime: Runtime, pair: Pair): Promise<string[]> {
  const { root } = runtime
  const own = `net${++count}`
  const name = `c-${own}`
  const { settings, use } = await imageFor(root, 'busybox', 'layers')
  const bare = { argv: ['sleep', '1000'], env: [], network: 'bridge', rm: false, chapter: 9 }
  await createNetwork(root, { name: own, labels: { own } })
  await createContainer(runtime, { ...bare, config: { Env: settings.Env ?? [] }, ...use, name })
  if (!pair.some(([each]) => each === 'start')) await startContainer(runtime, name, { chapter: 9 })
  const ends = await Promise.allSettled(pair.map(([, { does }]) => does(runtime, own)))
  const odd = ends.flatMap((end, at) => {
    if (end.status === 'fulfilled') return []
    const { message } = end.reason as Error
    return pair[at]?.[1].says?.test(message) ? [] : [message]
  })
  const { net, status } = findContainer(root, name)
  const network = readNetwork(root, own)
  const isIn = net?.ends.some((end) => end.network === network?.id) ?? false
  const leases = network ? leasesIn(root, own).length : 0
  if (leases !== (isIn ? 1 : 0)) odd.push(`${leases} leases, and it is ${isIn ? '' : 'not '}in`)
  if (net && status === 'running' && !network && net.ends.length > 1) odd.push('in what is gone')
  if (net?.pending || changingContainers(root).includes(name)) odd.push('something is pending')
  await removeContainer(runtime, name, { isForced: true })
  if (readNetwork(root, own)) await removeNetwork(runtime, own)
  return odd.map((what) => `${pair.map(([each]) => each).join()}: ${what}`)
}

test('nothing is half done, and nothing left', async (context) => {
  needs(context, 'root', 'overlay', 'container-links', 'nft')
  const runtime = await runtimeOn(await rootWithBusybox(), 9)
  expect(await oddInPairs(pairsOf(commands), (pair) => both(runtime, pair))).toEqual([])
  expect(listContainers(runtime.root)).toEqual([])
  expect(bridgeNetworks(runtime.root).map(({ name }) => name)).toEqual(['bridge'])
}, 240_000)
