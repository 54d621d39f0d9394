/** What a machine must have for this chapter's containers, and how that is tried. */
import type { Capability } from '../../runtime/chapter-tools.ts'
import { bridges, cables, hostLinks } from '../../runtime/09-network/links.ts'
import { filterCause, filterTries } from '../../runtime/09-network/filter-features.ts'
import {
  bridgeFilterLook,
  enginesLook,
  firewallLook,
  forwardingLook,
  resolversLook,
  returnLook,
  routesLook,
} from '../../runtime/09-network/host-looks.ts'
import type { NetPlan } from '../../runtime/09-network/net-plan.ts'
import { firstFd } from '../../runtime/descriptors.ts'
import { toolStep } from '../../runtime/step.ts'
import type { Call } from '../../runtime/calls.ts'

/** A bridge and a cable in a network namespace that goes away with the try. */
const net: NetPlan = {
  ends: [
    {
      network: '',
      bridge: { name: 'stepbox-try', index: 1000, addresses: [], mtu: 1500 },
      veth: { name: 'stepbox-end', index: 1001, alias: 'try' },
      inside: { name: 'eth0', index: 2, mac: '02:42:00:00:00:02', addresses: [] },
    },
  ],
  ports: [],
  script: '',
  sysctls: [],
}

const apart: Call[] = [
  ['close_range', 4, 4294967295, []],
  ['unshare', ['CLONE_NEWNET']],
]

const toSee = 'to see whether this machine allows it'

/** `name` is read on the host, and nothing is tried. */
function read(name: string, looked: NonNullable<Capability['looked']>): Capability {
  const why = 'the rules and settings of the host cannot be read here'
  return { name, topic: 'network', tried: () => [], found: '', why, looked }
}

export const capabilities: Capability[] = [
  {
    name: 'container-links',
    topic: 'network',
    tried: () =>
      [
        ...apart.map((call) => ({ call, ignoring: undefined })),
        ...bridges(net),
        ...hostLinks({ net }),
        ...apart.slice(1).map((call) => ({ call, ignoring: undefined })),
        ...cables({ net }, firstFd),
      ].map(({ call, ignoring }) => toolStep(call, toSee, ignoring)),
    found: 'a bridge and a veth pair',
    why: "a container's network takes bridges and veth pairs",
    remedy: 'modprobe -a bridge veth',
  },
  {
    name: 'packet-filter',
    topic: 'network',
    tried: () => [...apart.map((call) => toolStep(call, toSee)), ...filterTries()],
    found: 'nft: NAT, masquerade, maps, fib',
    why: 'the packet filter leads packets to containers and back',
    blamed: filterCause,
  },
  read('forwarding', forwardingLook),
  read('firewall', firewallLook),
  read('bridge-filter', bridgeFilterLook),
  read('routes', routesLook),
  read('return-path', returnLook),
  read('resolvers', resolversLook),
  read('other-engines', enginesLook),
]
