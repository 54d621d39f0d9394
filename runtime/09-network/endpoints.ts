/** What a container asks of its networks, and what it has of them while it runs. */
import type { Container } from '../options.ts'
import type { HeldPort, NetworkEnd } from './net-plan.ts'
import type {} from './name-words.ts'
import type { AskedPort } from './publish-flag.ts'

/** A place in a network, as it was asked for. */
export interface AskedEndpoint {
  /** The network's name. */
  network: string
  /** Addresses that are to be this container's, instead of the next that are free. */
  four?: string
  six?: string
  mac?: string
  /** Addresses that mean something on the cable alone: 169.254.0.0/16 and fe80::/10. */
  linkLocal?: string[]
  /** Further names that the other members find it by. */
  aliases?: string[]
  /** Names that only this container finds others by: `CONTAINER:ALIAS`. */
  links?: string[]
  /** Of `--driver-opt`: kept on record. */
  driverOptions?: Record<string, string>
  /** It was joined by `network connect`. */
  isJoined?: boolean
}

export interface PendingEnd {
  end: NetworkEnd
  /** Ports that begin or cease to lead there. */
  moved: HeldPort[]
}

/** What a container has of its networks while it runs. */
export interface ContainerNet {
  /** In the order in which they were joined. */
  ends: NetworkEnd[]
  ports: HeldPort[]
  /** Ports that are held, and lead nowhere as long as it is in no network. */
  idle?: HeldPort[]
  /** What a command is making or taking away: if it was killed, that has to go. */
  pending?: PendingEnd
}

declare module '../options.ts' {
  interface ContainerOptions {
    /** Its networks, if that is not only the one that `network` says; none if it left all. */
    endpoints?: AskedEndpoint[]
    published?: AskedPort[]
    /** Publish all that is exposed: by flags and by its image. */
    publishesAll?: boolean
  }
  interface Container {
    /** Absent without a network of its own, and when it does not run. */
    net?: ContainerNet
  }
}

type Asking = Pick<Container, 'network' | 'endpoints' | 'networkAliases' | 'links'>

/** The networks of a container that has one of its own; none with `none`, `host` or another's. */
export function endpointsOf(container: Asking): AskedEndpoint[] {
  const { network = 'none', endpoints } = container
  const isPlain = network === 'none' || network === 'host' || network.includes(':')
  const named: AskedEndpoint = { network: network === 'default' ? 'bridge' : network }
  const all = endpoints ?? (isPlain ? [] : [named])
  const [first, ...rest] = all
  return !first || first.isJoined ? all : [withNames(first, container), ...rest]
}

/** What the flags of `run` say of names is about the first network. */
function withNames(first: AskedEndpoint, { networkAliases = [], links = [] }: Asking) {
  const aliases = [...new Set([...networkAliases, ...(first.aliases ?? [])])]
  const words = links.map((link) => link.join(':'))
  const all = [...new Set([...words, ...(first.links ?? [])])]
  return {
    ...first,
    ...(aliases.length > 0 ? { aliases } : {}),
    ...(all.length > 0 ? { links: all } : {}),
  }
}
