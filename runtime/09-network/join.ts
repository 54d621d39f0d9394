/**
 * A container that runs joins a network, or leaves one.
 *
 * It is the same cable as at a start, made from outside: a process enters the container's network
 * namespace, after it has made a socket that goes on to mean the host's network.
 */
import { firstFd, firstTreeFd } from '../descriptors.ts'
import type {} from '../options.ts'
import { stepOf, type Step } from '../step.ts'
import { defaultRoute, removeLink } from './messages.ts'
import type {} from './net-plan.ts'

const step = stepOf(9)

const linkFd = firstTreeFd - 1

/** The container's socket for links. The host's stays open: it keeps a pretend machine there. */
export const insideFd = firstTreeFd - 4

/** A container's first process: see `ProcessId`. */
export interface Member {
  pid: number
  start: number
}

/** What `network connect` needs beside `net`, whose one end is the new one. */
export interface Joining {
  member: Member
  /** Gateways that lead to everywhere from now on. */
  ways: string[]
}

/** What `network disconnect` takes away. */
export interface Leaving {
  /** The name of the end on the host. */
  link: string
  /** What nft(8) reads: the end's elements go. */
  without: string
  /** Ports that led there are struck out. */
  strikes?: string
  /** They lead to another network of the container. */
  leads?: string
  /** The container, if other gateways have to take the place of the one that goes. */
  member?: Member
  ways: string[]
}

declare module '../options.ts' {
  interface PlanOptions {
    joining?: Joining
    leaving?: Leaving
  }
}

/** The number of the next file that is opened after `enterNetwork`. */
export const ownNetworkFd = firstFd + 1

/** Into the container's network namespace, as the process that its number means now. */
export function enterNetwork({ pid, start }: Member): Step[] {
  return [
    step(
      ['pidfd_open', pid, start],
      "the container's first process, as a descriptor: its number may soon be another's",
    ),
    step(['setns_pidfd', firstFd, 'CLONE_NEWNET'], 'its network, and nothing else of it'),
  ]
}

/** The same steps, with socket `fd` for links. */
export function onSocket(fd: number, steps: Step[]): Step[] {
  return steps.map((each): Step => {
    const { call } = each
    if (call[0] === 'rtnetlink') return { ...each, call: ['rtnetlink', fd, call[2]] }
    const why = "this one is about the container's links"
    return call[0] === 'netlink_socket' ? { ...each, call: ['netlink_socket', fd], why } : each
  })
}

/** In the container, on its socket for links. */
export function ways({ ways }: Pick<Joining, 'ways'>): Step[] {
  return ways.map((via) =>
    step(
      ['rtnetlink', insideFd, defaultRoute(via, { replaces: true })],
      'from now on this is the way to all that is in none of its networks',
    ),
  )
}

/** The cable goes, then what the packet filter has of it; another network may lead on. */
export function unplug(leaving: Leaving): Step[] {
  const { link, without, strikes, leads, member } = leaving
  return [
    step(['netlink_socket', linkFd], "this socket is about the host's links"),
    step(
      ['rtnetlink', linkFd, removeLink(link)],
      'the cable goes with both ends, their addresses and their routes',
      'ENODEV',
    ),
    nft(without, 'nobody has its addresses', 'EPROTO'),
    ...(strikes ? [nft(strikes, 'no port of the host leads there any more', 'EPROTO')] : []),
    ...(leads ? [nft(leads, "the container's ports lead to another of its networks")] : []),
    ...(member
      ? [
          ...enterNetwork(member),
          step(['netlink_socket', insideFd], "this one is about the container's links"),
          ...ways(leaving),
        ]
      : []),
  ]
}

const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

function nft(script: string, why: string, ignoring?: 'EPROTO'): Step {
  return step(['spawn', 'nft', ['nft', '-f', '-'], [path], script], why, ignoring)
}
