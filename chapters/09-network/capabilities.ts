/** What a machine must have for this chapter's containers, and how that is tried. */
import type { Capability } from '../../runtime/chapter-tools.ts'
import { bridges, cables, hostLinks } from '../../runtime/09-network/links.ts'
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

export const capabilities: Capability[] = [
  {
    name: 'container-links',
    topic: 'isolation',
    tried: () =>
      [
        ...apart.map((call) => ({ call, ignoring: undefined })),
        ...bridges(net),
        ...hostLinks({ net }),
        ...apart.slice(1).map((call) => ({ call, ignoring: undefined })),
        ...cables({ net }, firstFd),
      ].map(({ call, ignoring }) =>
        toolStep(call, 'to see whether this machine allows it', ignoring),
      ),
    found: 'a bridge and a veth pair',
    why: "a container's network takes bridges and veth pairs: modprobe bridge veth",
  },
]
