/** Networks that go: their bridge, their part of the packet filter, their record. */
import { renameSync } from 'node:fs'
import { closeInherited } from '../01-namespaces/namespaces.ts'
import { stateOf } from '../container/find.ts'
import { firstTreeFd } from '../descriptors.ts'
import { perform } from '../native.ts'
import { shortId } from '../options.ts'
import { stepOf, type Step } from '../step.ts'
import { deleteTrash } from '../trash.ts'
import { announceNetwork, isChosenIndex, setAside, takenOffRecord } from './change-networks.ts'
import { ignoringAbsence, withoutElements } from './end-network.ts'
import { isMarked, leasesBelow, leasesOfRunning, withNetworks, type Lease } from './leases.ts'
import { removeNumbered } from './messages.ts'
import { forgetNetwork } from './names.ts'
import { builtIn, defaultNetwork, findNetwork, networkDir } from './networks.ts'
import { withoutNetwork } from './packet-filter.ts'
import { filtered } from './prepare-network.ts'
import { indexOfLink } from './seen-links.ts'
import type { NetworkRecord } from './networks.ts'

const step = stepOf(9)

const linkFd = firstTreeFd - 1

interface Store {
  root: string
  warn: (text: string) => void
}

export class NetworkInUse extends Error {}

/** Remove a network. Throws if there is none, it is always there, or a running container has it. */
export async function removeNetwork(store: Store, word: string): Promise<NetworkRecord> {
  // The default network may not be on record yet.
  const network = word === defaultNetwork ? { name: word } : findNetwork(store.root, word)
  const isOurs = [defaultNetwork, ...builtIn.map(({ name }) => name)].includes(network.name)
  if (isOurs || !('id' in network))
    throw new Error(`${network.name} is a pre-defined network and cannot be removed`)
  await removeUnusedNetwork(store, network)
  return network
}

/**
 * The same of any. Its record is set aside first: a container that starts leases its address
 * without the lock, and either is seen there, or finds no network. All else goes before the record,
 * so that what a killed process has left is found by it.
 */
export async function removeUnusedNetwork(
  { root, warn }: Store,
  network: NetworkRecord,
): Promise<void> {
  const { name, id } = network
  const trash = await withNetworks(root, async () => {
    const now = findNetwork(root, id) // throws if another process was faster
    const members = leasesOfRunning(root, name)
    if (members.length > 0) throw inUse(root, network, members)
    const aside = setAside(root, network)
    const late = leasesBelow(aside).filter(({ container }) => isMarked(root, container))
    if (late.length > 0) {
      renameSync(aside, networkDir(root, name))
      throw inUse(root, network, late)
    }
    await takeDown(now)
    forgetNetwork(root, id)
    return takenOffRecord(root, aside)
  })
  announceNetwork(root, network, 'destroy')
  await deleteTrash(root, trash, warn)
}

/** Docker's words, and below them who is in the network and what to type. */
function inUse(root: string, { name, id }: NetworkRecord, leases: Lease[]): NetworkInUse {
  const ids = [...new Set(leases.map(({ container }) => container))]
  const names = ids.map((each) => stateOf(root, each)?.name ?? shortId(each)).sort()
  const shown = names.slice(0, mostNames).join(', ') + (names.length > mostNames ? ', …' : '')
  const [first = ''] = names
  return new NetworkInUse(
    `error while removing network: network ${name} id ${id} has active endpoints\n` +
      `  in it: ${shown}; to take one out: stepbox network disconnect ${name} ${first}, or ` +
      `stepbox rm -f ${first}`,
  )
}

const mostNames = 5

/** Remove what there is of a network on the host. It may be gone already. */
export async function takeDown(network: NetworkRecord): Promise<void> {
  const { bridge } = network
  if (!bridge) return
  await perform(bridgeRemoval(bridge.index))
  const named = await indexOfLink(bridge.name)
  if (named !== undefined && isChosenIndex(named)) return // another data root's, and its elements
  await perform(withoutElements(withoutNetwork(filtered(network)))).catch(ignoringAbsence)
}

/** ENODEV: no container was ever in it, or the machine was restarted. */
function bridgeRemoval(index: number): Step[] {
  return [
    ...closeInherited(),
    step(['netlink_socket', linkFd], "this socket is about the host's links"),
    step(
      ['rtnetlink', linkFd, removeNumbered(index)],
      'nobody is plugged into the bridge',
      'ENODEV',
    ),
  ]
}
