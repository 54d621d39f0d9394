/** What a container asks of its networks, and what it has of them while it runs. */
import type { Container } from '../options.ts'
import type { HeldPort, NetworkEnd } from './net-plan.ts'
import type { AskedPort } from './publish-flag.ts'

/** A place in a network, as it was asked for. */
export interface AskedEndpoint {
  /** The network's name. */
  network: string
  /** Addresses that are to be this container's, instead of the next that are free. */
  four?: string
  six?: string
  mac?: string
  /** Further names that the other members find it by. */
  aliases?: string[]
  /** Names that only this container finds others by: `CONTAINER:ALIAS`. */
  links?: string[]
}

declare module '../options.ts' {
  interface ContainerOptions {
    /** Networks beside what `network` says of the first one. */
    endpoints?: AskedEndpoint[]
    published?: AskedPort[]
    /** Publish all that is exposed: by flags and by its image. */
    publishesAll?: boolean
  }
  interface Container {
    /** Absent without a network of its own, and when it does not run. */
    net?: { ends: NetworkEnd[]; ports: HeldPort[] }
  }
}

/** The networks of a container that has one of its own; none with `none`, `host` or another's. */
export function endpointsOf(container: Pick<Container, 'network' | 'endpoints'>): AskedEndpoint[] {
  const { network = 'none', endpoints = [] } = container
  if (endpoints.length > 0) return endpoints
  const isPlain = network === 'none' || network === 'host' || network.includes(':')
  return isPlain ? [] : [{ network: network === 'default' ? 'bridge' : network }]
}
