/**
 * A resolver of names beside the container, which asks it at 127.0.0.11.
 *
 * It is a process of the host: it can ask the host's resolvers, and is not seen in the container.
 * The sockets at which it answers belong to the container's network, so they are made there, and
 * sent to it. They are bound to some other port, to which a rule leads from port 53: that one stays
 * free for a program in the container.
 */
import { firstTreeFd } from '../descriptors.ts'
import type { PlanOptions } from '../options.ts'
import { stepOf, type Step } from '../step.ts'

const step = stepOf(9)

/** What a resolver is told. */
export interface Resolver {
  /** The directory that is its root, absolute. */
  directory: string
  /** The file in it that says in which networks the container is. */
  file: string
  /** Which system calls it has, as seccomp(2) takes it. */
  filter: Uint8Array
  /** The process with which it ends, as the host sees it; by default the one that starts it. */
  serves?: number
}

declare module '../options.ts' {
  interface PlanOptions {
    /** Absent where /etc/resolv.conf names the host's resolvers. */
    resolver?: Resolver
  }
}

/** Where programs ask: an address of the loopback, which everybody has for himself. */
export const resolverAddress = '127.0.0.11'
const resolverPort = 41153

/** A user that nobody else is. */
const resolverUser = 2000000053

/** The plan's end of the socket to the resolver, and what is sent over it. */
const channelFd = firstTreeFd - 2
const answeringFd = firstTreeFd - 3

/** Before the fork, on the host: it waits for its sockets, and has no rights by then. */
export function startResolver({ resolver }: Pick<PlanOptions, 'resolver'>): Step[] {
  if (!resolver) return []
  const { directory, file, filter, serves = 0 } = resolver
  return [
    step(
      ['serve_names', directory, file, channelFd, serves, resolverUser, filter],
      'answers when the container asks for a name; it reads foreign packets, so it has no rights',
    ),
  ]
}

/** In the container's network, when its loopback is up. The command sees no such descriptor. */
export function lendSockets({ resolver }: Pick<PlanOptions, 'resolver'>): Step[] {
  if (!resolver) return []
  const make = (type: 'SOCK_DGRAM' | 'SOCK_STREAM', what: string) =>
    step(
      ['hold_port', resolverAddress, resolverPort, type, answeringFd],
      `a socket of the container's network: ${what}`,
    )
  const send = step(
    ['sendmsg_rights', channelFd, answeringFd],
    'the resolver answers there, from outside',
  )
  return [
    make('SOCK_DGRAM', 'questions come as datagrams'),
    send,
    make('SOCK_STREAM', 'or by TCP, if the answer is long'), // it takes the other one's number
    step(['listen_tcp', answeringFd, backlog], 'connections wait until the resolver takes them'),
    send,
    step(
      ['spawn', 'nft', ['nft', '-f', '-'], [path], redirection],
      'names are asked for at port 53, which stays free for a program of the container',
    ),
  ]
}

/** VISITS in native/resolver.h: how many it answers at once. */
const backlog = 8

const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** In the network namespace of the container, which has no other rule: see the constants above. */
const redirection = `table ip stepbox {
  chain names {
    type nat hook output priority -100
    ip daddr 127.0.0.11 udp dport 53 dnat to 127.0.0.11:41153
    ip daddr 127.0.0.11 tcp dport 53 dnat to 127.0.0.11:41153
  }
}
`
