/** What is left of a container's network when it has ended, by whatever: taken away. */
import { closeInherited } from '../01-namespaces/namespaces.ts'
import type { Setting } from '../chapter.ts'
import { errnoOf } from '../staging.ts'
import { perform, StepError } from '../native.ts'
import type { Container } from '../options.ts'
import { stepOf, type Step } from '../step.ts'
import { freeStale, giveBack } from './leases.ts'
import { bridgeNetworks } from './networks.ts'
import { withoutContainer } from './packet-filter.ts'
import type {} from './endpoints.ts'

const step = stepOf(9)

/**
 * The cables have gone with the container's network namespace, and the held ports with the process
 * that waited for it. The packet filter has its elements still, and networks its addresses.
 */
export async function endNetwork({ container, root }: Setting): Promise<Partial<Container>> {
  const { net, id } = container
  if (!net) return {}
  await perform(withoutElements(withoutContainer({ id, ...net }))).catch(ignoringAbsence)
  const nameOf = new Map(bridgeNetworks(root).map((network) => [network.id, network.name]))
  for (const { network, inside } of net.ends) {
    const name = nameOf.get(network)
    if (name === undefined) continue // it was removed, and its leases with it
    for (const { address } of inside.addresses) giveBack(root, name, { address, container: id })
  }
  delete container.net
  return {}
}

/** A list of one program, which takes elements out of the packet filter. */
export function withoutElements(script: string): Step[] {
  const env = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']
  return [
    ...closeInherited(),
    step(['spawn', 'nft', ['nft', '-f', '-'], env, script], 'nobody has these addresses and ports'),
  ]
}

/** ENOENT: there is no nft. EPROTO: there is no table, as after a restart of the machine. */
export function ignoringAbsence(error: unknown): void {
  const isAbsent = ['ENOENT', 'EPROTO'].includes(errnoOf(error) ?? '')
  if (!(error instanceof StepError) || !isAbsent) throw error
}

/** Leases of containers that were killed before they were on record with them. */
export async function recoverNetworks(root: string): Promise<void> {
  for (const { name } of bridgeNetworks(root)) await freeStale(root, name)
}
