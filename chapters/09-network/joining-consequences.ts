/** Each line with which a container joins or leaves a network, and what happens without it. */
import { makeBridge } from '../../runtime/09-network/messages.ts'
import type { Leaving } from '../../runtime/09-network/join.ts'
import { typicalJoining, typicalLeaving } from '../../runtime/09-network/typical-join.ts'
import type { Call } from '../../runtime/calls.ts'
import type { Consequence } from '../../runtime/consequence.ts'
import { firstTreeFd } from '../../runtime/descriptors.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import { left, net } from './pretend.ts'

const socket = /^socket\(AF_NETLINK, .* as 12[47] \*\/$/

/** The list ends in the container's network: descriptor 0 is the pretend machine's. */
const holding: Call[] = [
  ['open', '/proc/self/ns/net', ['O_RDONLY'], 0],
  ['dup2', 4, 0],
]
const onMachine = 'nsenter --net=/proc/$machine/fd/0'

/** What the host sees of the container's network when all calls are made. */
function inside(script: string, kept: string, broken: string): Consequence['see'] {
  return { inside: '', outside: `nsenter -t $first -n ${script}`, kept, broken }
}

const ping = 'ping -q -c 1 -w 5 172.17.0.1 > /dev/null 2>&1'
const pings = (broken: string) =>
  inside(`busybox ${ping} && echo reached || echo not reached`, 'reached', broken)

type Row = Pick<Consequence, 'drop' | 'consequence' | 'see'> & Partial<Consequence>

function joined(row: Row): Consequence {
  const options = ({ joining = typicalJoining }: PlanOptions): Partial<PlanOptions> => ({
    net: { ...net, ends: net.ends.map((end) => ({ ...end, inside: withoutGateway(end.inside) })) },
    joining: { ...joining, ways: ['172.17.0.1'] },
  })
  const before = [...holding, ...(row.before ?? [])]
  return { list: 'network connect', options, needs: ['nsenter', 'busybox'], ...row, before }
}

function withoutGateway({ gateway: _, ...end }: (typeof net.ends)[number]['inside']) {
  return end
}

export const joining: Consequence[] = [
  {
    drop: socket,
    nth: 0,
    consequence: 'there is nobody to tell that a bridge is wanted',
    see: pings('rtnetlink = EBADF'),
  },
  {
    drop: /ip link add stepbox0 /,
    consequence: 'there is no bridge, and the address has no interface to be of',
    see: pings('rtnetlink = ENODEV'),
  },
  {
    drop: /ip address add .* dev if1234567 /,
    consequence: 'the host has no address in the network, and answers nobody in it',
    see: pings('not reached'),
  },
  {
    drop: /ip link set stepbox0 up /,
    consequence: 'the bridge is down, and no route of the host leads to it',
    see: pings('not reached'),
  },
  {
    drop: /conf\/stepbox0\/forwarding/,
    consequence: 'the host keeps what comes from the bridge and is not for itself',
    see: {
      inside: '',
      outside: `${onMachine} cat /proc/sys/net/ipv4/conf/stepbox0/forwarding`,
      kept: '1',
      broken: '0',
    },
    before: [['write', '/proc/sys/net/ipv4/ip_forward', '0'] satisfies Call],
  },
  {
    drop: /^pidfd_open\(/,
    consequence: 'there is no process whose network could be joined',
    see: pings('setns_pidfd = EBADF'),
  },
  {
    drop: /^setns\(.*CLONE_NEWNET\)/,
    consequence: 'both ends of the cable are on the host',
    see: pings('not reached|rtnetlink = \\w+'),
  },
  {
    drop: /^open\("\/proc\/self\/ns\/net"/,
    consequence: 'the kernel is told of no namespace in which the far end should be',
    see: pings('rtnetlink = E(BADF|INVAL)'),
  },
  {
    drop: /ip link del sbv/,
    consequence: 'a link that is left of another time keeps the name, and there is no cable',
    see: pings('rtnetlink = EEXIST'),
    before: left,
  },
  {
    drop: /ip link add sbv/,
    consequence: 'there is no eth0 that could get an address',
    see: pings('(write|rtnetlink) = ENODEV'),
  },
  {
    drop: /ip link set sbv.* hairpin on /,
    consequence: 'the bridge does not send back what its container sends to its own published port',
    see: {
      inside: '',
      outside:
        `${onMachine} ip -d link show sbv0123456789a | grep -o -m 1 "hairpin [a-z]*"`,
      kept: 'hairpin on',
      broken: 'hairpin off',
    },
    needs: ['nsenter', 'iproute2-ip'],
  },
  {
    drop: socket,
    nth: 1,
    consequence: 'there is nobody to tell of the address that it is to have',
    see: pings('rtnetlink = EBADF'),
  },
  {
    drop: /^write.*eth0\/disable_ipv6/,
    consequence: 'eth0 gives itself an IPv6 address, in a network that has none',
    see: inside('cat /proc/sys/net/ipv6/conf/eth0/disable_ipv6', '1', '0'),
    where: '/proc/sys/net/ipv6',
  },
  {
    drop: /ip address add .* dev if2 /,
    consequence: 'eth0 has no address, and the gateway is nowhere',
    see: pings('rtnetlink = ENETUNREACH'),
  },
  {
    drop: /ip link set eth0 up /,
    consequence: 'eth0 is down, and no route leads through it',
    see: pings('rtnetlink = ENET(UNREACH|DOWN)'),
  },
  {
    drop: /ip route replace default /,
    consequence: 'only its own network is reached, and nothing beyond the bridge',
    see: inside('busybox ip route | grep -c default; true', '1', '0'),
  },
].map(joined)

/** A bridge that has the name of the cable's end. */
const cable: Call[] = [
  ['netlink_socket', firstTreeFd - 1],
  ['rtnetlink', firstTreeFd - 1, makeBridge({ name: typicalLeaving.link, index: 1000, mtu: 1500 })],
]

const port = 'inet stepbox anywhere4 { tcp . 80'
/** What the packet filter of the pretend machine has of the container before it leaves. */
const filter = [
  'table bridge stepbox { set ends { type ifname; }; }',
  'table inet stepbox {',
  '  map anywhere4 { type inet_proto . inet_service : ipv4_addr . inet_service; }',
  '}',
  `add element bridge stepbox ends { "${typicalLeaving.link}" }`,
  `add element ${port} : 172.17.0.2 . 80 }`,
]
const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

function partly(row: Row): Consequence {
  const options = ({ joining = typicalJoining }: PlanOptions): Partial<PlanOptions> => {
    const { member } = joining
    const strikes = `delete element ${port} }\n`
    const leads = `add element ${port} : 172.18.0.2 . 80 }\n`
    const leaving: Leaving = { ...typicalLeaving, strikes, leads, member, ways: ['172.18.0.1'] }
    return { leaving }
  }
  const before: Call[] = [
    ...holding,
    ...(row.before ?? []),
    ['spawn', 'nft', ['nft', '-f', '-'], [path], `${filter.join('\n')}\n`],
  ]
  const room =
    'ip link add eth1 type veth; ip addr add 172.18.0.2/16 dev eth1; ip link set eth1 up; ' +
    'echo ready; read line'
  const see = { ...row.see, room }
  const needs = ['nsenter', 'busybox', 'nft']
  return { list: 'network disconnect', options, ...row, before, needs, see }
}

/** What is in a table of the packet filter, in words: where the port leads, and who has ends. */
const filtered = (what: string, kept: string, broken: string): Consequence['see'] => ({
  inside: '',
  outside: `${onMachine} nft list ${what} stepbox | grep -o "sbv\\|172.1[78]"; true`,
  kept,
  broken,
})

const nft = /^execve\("nft"/
const route = 'busybox ip route | grep -c default; true'

export const leaving: Consequence[] = [
  {
    drop: socket,
    nth: 0,
    consequence: 'there is nobody to tell that the cable is to go',
    see: inside(route, '1', 'rtnetlink = EBADF'),
  },
  {
    drop: /ip link del sbv/,
    consequence: 'the cable is still there, and the container in the network',
    see: {
      ...{ inside: '', outside: `${onMachine} grep -c sbv /proc/net/dev; true` },
      ...{ kept: '0', broken: '1' },
    },
    before: cable,
  },
  {
    drop: nft,
    nth: 0,
    consequence: 'the packet filter goes on to know an end that nobody has',
    see: filtered('table bridge', '', 'sbv'),
  },
  {
    drop: nft,
    nth: 1,
    consequence: 'the port cannot be led elsewhere, since it leads to the old address still',
    see: filtered('table inet', '172.18', 'spawn = EPROTO'),
  },
  {
    drop: nft,
    nth: 2,
    consequence: "the container's published port leads nowhere, though it is in another network",
    see: filtered('table inet', '172.18', ''),
  },
  {
    drop: /^pidfd_open\(/,
    consequence: 'there is no process whose network could be entered',
    see: inside(route, '1', 'setns_pidfd = EBADF'),
  },
  {
    drop: /^setns\(.*CLONE_NEWNET\)/,
    consequence: 'the route is asked for on the host, which has no such neighbour',
    see: inside(route, '1', 'rtnetlink = ENETUNREACH'),
  },
  {
    drop: socket,
    nth: 1,
    consequence: 'there is nobody to tell of another route',
    see: inside(route, '1', 'rtnetlink = EBADF'),
  },
  {
    drop: /ip route replace default /,
    consequence: 'the container reaches nothing but its own networks',
    see: inside(route, '1', '0'),
  },
].map(partly)
