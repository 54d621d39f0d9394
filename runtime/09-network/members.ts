/** What happens to networks when containers come and go: Docker's events. */
import type { Lent } from '../chapter.ts'
import { recordEvent } from '../06-lifecycle/events.ts'
import type { Container } from '../options.ts'
import { networkNames } from './inspect-settings.ts'
import { builtIn, readNetwork, type NetworkRecord } from './networks.ts'

/** A container is connected before it starts, and disconnected after its end. */
export function lentNetworks(container: Container, root: string): Lent[] {
  return networkNames(container).map((name) => {
    const { id = '', driver = 'bridge' } =
      builtIn.find((each) => each.name === name) ?? readNetwork(root, name) ?? {}
    const attributes = { name, type: driver }
    return {
      type: 'network',
      id,
      given: { action: 'connect', attributes },
      returned: { action: 'disconnect', attributes },
    }
  })
}

/** It has joined a network, or left one, before its end. */
export function announceMember(
  root: string,
  { id, name, driver }: NetworkRecord,
  { action, container }: { action: 'connect' | 'disconnect'; container: Container },
): void {
  const attributes = { container: container.id, name, type: driver }
  const lent = lentNetworks(container, root)
  recordEvent(root, { action, thing: { type: 'network', id }, lent, attributes })
}
