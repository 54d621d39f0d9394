/** A container with places in a network of its machine: how it is tried, and what is seen. */
import type { NetPlan, NetworkEnd } from '../../../runtime/09-network/net-plan.ts'
import type { Bench, Box, Facts, Finding } from '../../../runtime/chapter-lab.ts'
import { lookAt, type Refusals, type Seen } from '../../../runtime/lab-findings.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'

export const [bridge, gateway, gateway6] = ['stepbox0', '10.9.0.1', 'fd00:9::1']
export const [place, place6] = ['10.9.0.2', 'fd00:9::2']

/** What checks of these exercises need of a machine. */
export const needs = ['container-links']

/** One place in the network, or several: eth0, eth1 … */
export function netWith({ places = 1, hasIPv6 = false } = {}): NetPlan {
  const ends = Array.from({ length: places }, (_, at): NetworkEnd => {
    const six = { gateway: { address: gateway6, prefix: 64 }, own: { address: place6, prefix: 64 } }
    const four = { address: gateway, prefix: 24 }
    const own = { address: `10.9.0.${2 + at}`, prefix: 24 }
    return {
      network: 'lab',
      bridge: {
        ...{ name: bridge, index: 1000001, mtu: 1500 },
        addresses: hasIPv6 ? [four, six.gateway] : [four],
      },
      veth: { name: `sbvlab${at}`, index: 1000010 + at, alias: `lab-eth${at}` },
      inside: {
        ...{ name: `eth${at}`, index: 2 + at, mac: `02:42:0a:09:00:0${2 + at}` },
        addresses: hasIPv6 ? [own, six.own] : [own],
        ...(at === 0 ? { gateway } : {}),
      },
    }
  })
  const sysctls: NetPlan['sysctls'] = [[`/proc/sys/net/ipv4/conf/${bridge}/forwarding`, '1']]
  return { ends, ports: [], script: '', sysctls }
}

const known: Refusals = {
  'rtnetlink EBADF': {
    means: sentence('a number of the message or of its socket has nothing open'),
    hint: sentence('which line opens it, and is that number closed again before?'),
  },
  'rtnetlink ENODEV': {
    means: sentence('there is no such interface in the network of this socket, at this moment'),
    hint: sentence('which line makes it, and in whose network was the socket made?'),
  },
  'rtnetlink EEXIST': {
    means: sentence('it is there already: another one has made it'),
    hint: sentence('which of the lines may find that somebody else was first?'),
  },
  'rtnetlink ENETUNREACH': {
    means: sentence('the gateway is in no network that this process is in by now'),
    hint: sentence('what does an interface need before a route can lead through it?'),
  },
  'rtnetlink EACCES': {
    means: sentence('IPv6 is switched off at this interface'),
    hint: sentence('which of the addresses say that this network has IPv6?'),
  },
  'rtnetlink EINVAL': {
    means: sentence('a number in the message leads to something else than is meant'),
    hint: sentence('which number has the bridge, and which the descriptor of the network?'),
  },
  'move_mount_to ENOENT': {
    means: sentence('a number that this line counts on belongs to something else'),
    hint: sentence('is every descriptor closed again that your lines have opened?'),
  },
}

export interface Tried {
  did: Sentence
  net: NetPlan
  /** What is run in the container, before it is looked at. */
  script: string
}

export function tryOut(
  bench: Bench,
  { did, net, script }: Tried,
  see: (facts: Facts, box: Box) => Seen | undefined,
): Promise<Finding | undefined> {
  const wish = { flags: ['--network', 'none'], options: { net }, script, then: 'true' }
  return lookAt(bench, { did, wish, known, see })
}
