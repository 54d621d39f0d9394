/** What cannot join or leave a network, in Docker's words. */
import type { Container } from '../options.ts'
import { endpointsOf } from './endpoints.ts'
import type { NetworkRecord } from './networks.ts'

const ofHost =
  'container cannot be disconnected from host network or connected to host network'

/** Throws unless the container can join the network. */
export function checkJoin(container: Container, { name }: NetworkRecord): void {
  const { network = 'none', endpoints, status } = container
  if (name === 'host') throw new Error(ofHost)
  if (network === 'host' || network.includes(':'))
    throw new Error(
      'container sharing network namespace with another container or host cannot be connected ' +
        'to any other network',
    )
  const isNone = network === 'none' && endpoints === undefined
  if (isNone || name === 'none')
    throw new Error(
      'container cannot be connected to multiple networks with one of the networks in private ' +
        '(none) mode',
    )
  if (status === 'restarting')
    throw new Error(`container '${container.name}' is restarting; wait until it runs`)
  const isIn = endpointsOf(container).some((each) => each.network === name)
  if (isIn && status === 'running')
    throw new Error(`endpoint with name ${container.name} already exists in network ${name}`)
}

/** Throws unless the container can leave the network. */
export function checkLeave(container: Container, { name }: NetworkRecord): void {
  const { id, network = 'none', endpoints, status } = container
  if (name === 'host' && network === 'host') throw new Error(ofHost)
  if (status === 'restarting')
    throw new Error(`container '${container.name}' is restarting; wait until it runs`)
  const isNone = network === 'none' && endpoints === undefined && name === 'none'
  const isIn = endpointsOf(container).some((each) => each.network === name)
  if (isIn || isNone) return
  const where = status === 'running' ? 'network' : 'the network'
  throw new Error(`container ${id} is not connected to ${where} ${name}`)
}
