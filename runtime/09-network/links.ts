/**
 * The container's network, as steps.
 *
 * A bridge on the host is what all containers of a network are plugged into, and a veth pair is the
 * cable: one end is a port of the bridge, the other is eth0 in the container. The pair is made on
 * the host by a process that is in the container's network namespace by then: a socket belongs to
 * the namespace that it was made in, wherever its process goes.
 */
import { nextFd } from '../03-pivot-root/streams.ts'
import { firstTreeFd } from '../descriptors.ts'
import type { PlanOptions } from '../options.ts'
import { stepOf, type Step } from '../step.ts'
import { addAddress, defaultRoute, linkUp, makeBridge, makePair } from './messages.ts'
import { removeLink, turnBack } from './messages.ts'
import type { NetPlan, NetworkEnd } from './net-plan.ts'

const step = stepOf(9)

/** The socket for messages about links. */
const linkFd = firstTreeFd - 1

/** Before the container's group is joined: what its networks need on the host. */
export function bridges(net: NetPlan | undefined): Step[] {
  if (!net || net.ends.length === 0) return []
  return [
    step(['netlink_socket', linkFd], "this socket is about the host's links"),
    ...net.ends.flatMap(bridge),
    ...(net.script ? [packetFilter(net.script)] : []),
    ...net.sysctls.map(([path, value]) => step(['write', path, value], reasonFor(path))),
    step(['close', linkFd], 'the process that waits for the container has no use for it'),
  ]
}

function reasonFor(path: string): string {
  const [setting = ''] = Object.keys(reasons).filter((name) => path.endsWith(`/${name}`))
  return reasons[setting] ?? 'the network needs it so'
}

const reasons: Record<string, string> = {
  forwarding: 'the host passes on what comes in here and is not for itself',
  route_localnet: 'a published port is reached by 127.0.0.1 too, and the answer comes back',
  disable_ipv6: 'a network without IPv6',
  accept_ra: 'it takes its routes from no container, and an uplink goes on taking its own',
}

function bridge({ bridge: { name, index, mtu, addresses } }: NetworkEnd): Step[] {
  const exists = 'EEXIST'
  return [
    step(
      ['rtnetlink', linkFd, makeBridge({ name, index, mtu })],
      'a switch: all containers of the network are plugged into it; the first one makes it',
      exists,
    ),
    ...addresses.map((own) =>
      step(
        ['rtnetlink', linkFd, addAddress(index, own)],
        "the host's own address in the network, by which its containers reach all else",
        exists,
      ),
    ),
    step(['rtnetlink', linkFd, linkUp(name)], 'a new bridge is down'),
  ]
}

function packetFilter(script: string): Step {
  const env = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']
  return step(
    ['spawn', 'nft', ['nft', '-f', '-'], env, script],
    'packets out of the network get an address of the host, and published ports lead to it',
  )
}

type WithNet = Pick<PlanOptions, 'net' | 'terminal' | 'streams'>

/** Before the namespaces: a socket that goes on to mean the host's network. */
export function hostLinks({ net }: WithNet): Step[] {
  if (!net || net.ends.length === 0) return []
  return [step(['netlink_socket', linkFd], "the host's links, even from another namespace")]
}

/** After the namespaces: the cables, from the host into the new network namespace. */
export function cables(options: WithNet, fd = nextFd(options)): Step[] {
  const { net } = options
  if (!net || net.ends.length === 0) return []
  const own = '/proc/self/ns/net'
  return [
    step(['open', own, ['O_RDONLY', 'O_CLOEXEC'], 0], `the network that is now its own, as ${fd}`),
    ...net.ends.flatMap((end) => [
      step(
        ['rtnetlink', linkFd, removeLink(end.veth.name)],
        'what a start before this one has left, until the kernel gets round to it',
        'ENODEV',
      ),
      step(
        ['rtnetlink', linkFd, makePair(end, fd)],
        `a cable: one end is a port of the bridge, the other is ${end.inside.name} in here`,
      ),
      step(
        ['rtnetlink', linkFd, turnBack(end)],
        'a published port leads back here from in here too, where a bridge filters (br_netfilter)',
      ),
    ]),
    step(['close', fd], 'later lines count on this number'),
  ]
}

/** After the loopback: the container's own side. */
export function interfaces({ net }: WithNet): Step[] {
  if (!net || net.ends.length === 0) return []
  return [
    step(
      ['netlink_socket', linkFd],
      "this one is about the container's links; the host's, which had its number, is closed",
    ),
    ...net.ends.flatMap(inside),
  ]
}

function inside({ inside }: NetworkEnd): Step[] {
  const { name, index, addresses, linkLocal = [], gateway, gateway6 } = inside
  const gateways = [gateway, gateway6].filter((each) => each !== undefined)
  const isSix = [...addresses, ...linkLocal].some(({ address }) => address.includes(':'))
  const setting = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`
  return [
    ...(isSix ? [] : [step(['write', setting, '1'], 'a network without IPv6', 'ENOENT')]),
    ...addresses.map((own) =>
      step(['rtnetlink', linkFd, addAddress(index, own)], 'the address that was leased for it'),
    ),
    ...linkLocal.map((own) =>
      step(['rtnetlink', linkFd, addAddress(index, own)], 'nobody beyond its cable knows this one'),
    ),
    step(['rtnetlink', linkFd, linkUp(name)], 'a new interface is down'),
    ...gateways.map((via) =>
      step(
        ['rtnetlink', linkFd, defaultRoute(via)],
        'all that is not in its own network goes to the bridge, and from there on',
      ),
    ),
  ]
}
