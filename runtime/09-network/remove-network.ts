/** Networks that go: their bridge, their part of the packet filter, their record. */
import { renameSync } from 'node:fs'
import { closeInherited } from '../01-namespaces/namespaces.ts'
import { firstTreeFd } from '../descriptors.ts'
import { perform } from '../native.ts'
import { stepOf, type Step } from '../step.ts'
import { deleteTrash } from '../trash.ts'
import { announceNetwork, setAside, takenOffRecord } from './change-networks.ts'
import { ignoringAbsence, withoutElements } from './end-network.ts'
import { isMarked, leasesBelow, leasesOfRunning, withNetworks } from './leases.ts'
import { removeLink } from './messages.ts'
import { forgetNetwork } from './names.ts'
import { builtIn, defaultNetwork, findNetwork, networkDir } from './networks.ts'
import { withoutNetwork } from './packet-filter.ts'
import { filtered } from './prepare-network.ts'
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
  const network = findNetwork(store.root, word)
  const isOurs = [defaultNetwork, ...builtIn.map(({ name }) => name)].includes(network.name)
  if (isOurs) throw new Error(`${network.name} is a pre-defined network and cannot be removed`)
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
  const inUse = () =>
    new NetworkInUse(`error while removing network: network ${name} id ${id} has active endpoints`)
  const trash = await withNetworks(root, async () => {
    findNetwork(root, id) // throws if another process was faster
    if (leasesOfRunning(root, name).length > 0) throw inUse()
    const aside = setAside(root, network)
    if (leasesBelow(aside).some(({ container }) => isMarked(root, container))) {
      renameSync(aside, networkDir(root, name))
      throw inUse()
    }
    await takeDown(network)
    forgetNetwork(root, id)
    return takenOffRecord(root, aside)
  })
  announceNetwork(root, network, 'destroy')
  await deleteTrash(root, trash, warn)
}

/** Remove what there is of a network on the host. It may be gone already. */
export async function takeDown(network: NetworkRecord): Promise<void> {
  if (!network.bridge) return
  await perform(bridgeRemoval(network.bridge.name))
  await perform(withoutElements(withoutNetwork(filtered(network)))).catch(ignoringAbsence)
}

/** ENODEV: no container was ever in it, or the machine was restarted. */
function bridgeRemoval(name: string): Step[] {
  return [
    ...closeInherited(),
    step(['netlink_socket', linkFd], "this socket is about the host's links"),
    step(['rtnetlink', linkFd, removeLink(name)], 'nobody is plugged into the bridge', 'ENODEV'),
  ]
}
