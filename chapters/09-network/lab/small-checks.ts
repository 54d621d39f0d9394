/** The smaller exercises: a free address, a route, and who is answered. */
import type { Bench, Check, Finding } from '../../../runtime/chapter-lab.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'

const answers = 'chapters/09-network/lab/exercises.ts'

export const smallChecks: Check[] = [
  {
    ...{ id: 'free', exercise: 'free', points: 1, isBlackBox: false },
    claim: sentence('freeAddress gives the lowest address that nobody has'),
    judge: (bench) => judged(bench, 'freeAddress', addresses),
  },
  {
    ...{ id: 'hop', exercise: 'read', points: 1, isBlackBox: false },
    claim: sentence('nextHop says to whom a packet is given'),
    judge: (bench) => judged(bench, 'nextHop', ways),
  },
  {
    ...{ id: 'answered', exercise: 'predict', points: 1, isBlackBox: false },
    claim: sentence('answered says who reaches a published port'),
    judge: (bench) => judged(bench, 'answered', places),
  },
]

interface Case {
  did: Sentence
  given: unknown[]
  wanted: unknown
  means: Sentence
  hint: Sentence
}

async function judged(bench: Bench, name: string, cases: Case[]): Promise<Finding | undefined> {
  for (const { did, given, wanted, means, hint } of cases) {
    const found = await bench.ask(answers, name, ...given)
    if (JSON.stringify(found) === JSON.stringify(wanted)) continue
    const expected = sentence('{what}', { what: inShort(wanted) })
    const saw = sentence('{what}', { what: inShort(found) })
    return { did, expected, saw, means, hint }
  }
  return undefined
}

function inShort(value: unknown): string {
  if (value === '') return "''"
  const text = JSON.stringify(value) ?? 'nothing'
  return text.replaceAll('"', '').replaceAll(',', ', ').slice(0, 120)
}

/** 10.9.0.1 to 10.9.0.COUNT. */
function upTo(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `10.9.0.${at + 1}`)
}

const addresses: Case[] = [
  {
    did: sentence('asked for 10.9.0.0/24, of which the host has 10.9.0.1'),
    given: ['10.9.0.0/24', ['10.9.0.1']],
    wanted: '10.9.0.2',
    means: sentence('the first address is the name of the network, the next is taken'),
    hint: sentence('which of the addresses of a subnet may an interface have?'),
  },
  {
    did: sentence('asked when the container with 10.9.0.2 has ended'),
    given: ['10.9.0.0/24', ['10.9.0.1', '10.9.0.4', '10.9.0.3']],
    wanted: '10.9.0.2',
    means: sentence('an address that was given back is free again'),
    hint: sentence('does it matter which addresses above it are taken?'),
  },
  {
    did: sentence('asked for 10.9.0.0/29, of which all but 10.9.0.7 are taken'),
    given: ['10.9.0.0/29', upTo(6)],
    wanted: '',
    means: sentence('the last address of a subnet is for all of its members'),
    hint: sentence('how many addresses are in a /29, and how many of them can be given away?'),
  },
  {
    did: sentence('asked for 10.9.0.0/16, of which 10.9.0.1 to 10.9.0.255 are taken'),
    given: ['10.9.0.0/16', upTo(255)],
    wanted: '10.9.1.0',
    means: sentence('an address is one number of 32 bits, and in a /16 this one is in the middle'),
    hint: sentence('what comes after 10.9.0.255?'),
  },
  {
    did: sentence('asked for 10.9.0.64/26, of which nothing is taken'),
    given: ['10.9.0.64/26', []],
    wanted: '10.9.0.65',
    means: sentence('a subnet may begin in the middle of a byte'),
    hint: sentence('which is the first address of this subnet?'),
  },
]

const table = [
  'default via 172.17.0.1 dev eth0',
  '172.17.0.0/16 dev eth0 proto kernel scope link src 172.17.0.5',
  '10.9.0.0/20 via 172.18.0.9 dev eth1',
  '10.9.8.0/24 dev eth2 proto kernel scope link src 10.9.8.3',
].join('\n')

const ways: Case[] = [
  {
    did: sentence('asked for a neighbour, 172.17.0.9'),
    given: [table, '172.17.0.9'],
    wanted: 'eth0 172.17.0.9',
    means: sentence('a route without a gateway: the packet goes to the address itself'),
    hint: sentence('who answers when a neighbour is asked for, and who when it is a gateway?'),
  },
  {
    did: sentence('asked for 192.0.2.2, which is far away'),
    given: [table, '192.0.2.2'],
    wanted: 'eth0 172.17.0.1',
    means: sentence('no subnet has it, so the default route counts'),
    hint: sentence('which addresses are in the subnet that is called default?'),
  },
  {
    did: sentence('asked for 10.9.8.7, which two of the subnets have'),
    given: [table, '10.9.8.7'],
    wanted: 'eth2 10.9.8.7',
    means: sentence('of several routes the one with the longest prefix counts'),
    hint: sentence('which of two subnets is smaller, and does their order matter?'),
  },
  {
    did: sentence('asked for 10.9.15.255'),
    given: [table, '10.9.15.255'],
    wanted: 'eth1 172.18.0.9',
    means: sentence('a /20 ends in the middle of a byte: this address is its last one'),
    hint: sentence('which bits of the third number belong to the subnet?'),
  },
  {
    did: sentence('asked for 10.9.16.0'),
    given: [table, '10.9.16.0'],
    wanted: 'eth0 172.17.0.1',
    means: sentence('a /20 ends in the middle of a byte: this address is behind it'),
    hint: sentence('which bits of the third number belong to the subnet?'),
  },
  {
    did: sentence('asked for 192.0.2.2, without a default route'),
    given: [table.split('\n').slice(1).join('\n'), '192.0.2.2'],
    wanted: '',
    means: sentence('Network is unreachable: no route leads there'),
    hint: sentence('what is left when no subnet has the address?'),
  },
]

const places: Case[] = [
  {
    did: sentence('asked with destination NAT at prerouting alone'),
    given: [['prerouting']],
    wanted: ['another host'],
    means: sentence("what the host's own programs send never passes prerouting"),
    hint: sentence('where in the drawing do packets from another host come in?'),
  },
  {
    did: sentence('asked with destination NAT at both hooks'),
    given: [['prerouting', 'output']],
    wanted: ['another host', 'own address'],
    means: sentence('a packet from 127.0.0.1 does not get out to a cable like this'),
    hint: sentence('which address would a container answer to, if it got that packet?'),
  },
  {
    did: sentence('asked with route_localnet, too'),
    given: [['prerouting', 'output', 'route_localnet']],
    wanted: ['another host', 'own address'],
    means: sentence('the packet gets out, and its answer goes to the loopback of the container'),
    hint: sentence('what is still the source of the packet?'),
  },
  {
    did: sentence('asked with all of it'),
    given: [['prerouting', 'output', 'route_localnet', 'masquerade']],
    wanted: ['another host', 'own address', '127.0.0.1'],
    means: sentence('nothing is missing'),
    hint: sentence('what does each place need? compare it with what has been done'),
  },
  {
    did: sentence('asked with all of it but the rule at output'),
    given: [['prerouting', 'route_localnet', 'masquerade']],
    wanted: ['another host'],
    means: sentence('nobody changes the destination of what the host itself sends'),
    hint: sentence('which hook do packets to 127.0.0.1 pass first?'),
  },
  {
    did: sentence('asked with all of it, and a firewall that drops at forward'),
    given: [['prerouting', 'output', 'route_localnet', 'masquerade', 'drop']],
    wanted: ['own address', '127.0.0.1'],
    means: sentence('only what is passed on goes through forward, not what the host sends itself'),
    hint: sentence('follow both packets in the drawing: who passes forward?'),
  },
]
