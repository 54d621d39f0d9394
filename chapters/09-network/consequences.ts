/** Each line that this chapter adds to the list, and what happens without it. */
import type { Call } from '../../runtime/calls.ts'
import type { Consequence } from '../../runtime/consequence.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import { joining, leaving } from './joining-consequences.ts'
import { left, net, pings, published } from './pretend.ts'

const options = (): Partial<PlanOptions> => ({ net })

/** What the container is told in /etc, in files of the pretend machine. */
const etcNames = ['hosts', 'resolv.conf', 'hostname'] as const
const etc = {
  options: (): Partial<PlanOptions> => ({ etc: { directory: '/mnt', names: [...etcNames] } }),
  before: [
    ['mount', 'disk', '/mnt', 'tmpfs', [], null],
    ...etcNames.map((name): Call => {
      return ['create', `/mnt/${name}`, Buffer.from(`told ${name}\n`), 0o644, 0, 0, 0n, 0]
    }),
  ] satisfies Call[],
}

const told = {
  inside:
    'for f in hosts resolv.conf hostname; do ' +
    'grep -m 1 told /etc/$f || echo $f is empty; done | tr "\\n" " "',
  kept: 'told hosts told resolv.conf told hostname',
}

const socket = /^socket\(AF_NETLINK, .* as 127 \*\/$/

export const consequences: Consequence[] = [
  ...joining,
  ...leaving,
  {
    drop: socket,
    nth: 0,
    consequence: 'there is nobody to tell that a bridge is wanted',
    see: { ...pings, broken: 'rtnetlink = EBADF' },
    options,
  },
  {
    drop: /ip link add stepbox0 /,
    consequence: 'there is no bridge, and the address has no interface to be of',
    see: { ...pings, broken: 'rtnetlink = ENODEV' },
    options,
  },
  {
    drop: /ip address add .* dev if1234567 /,
    consequence: 'the host has no address in the network, and answers nobody in it',
    see: {
      inside: 'echo ready; read line',
      outside: 'grep -o -m 1 172.17.0.1 /proc/$machine/net/fib_trie; true',
      kept: '172.17.0.1',
      broken: '',
    },
    options,
  },
  {
    drop: /ip link set stepbox0 up /,
    consequence: 'the bridge is down, and no route of the host leads to it',
    see: {
      inside: 'echo ready; read line',
      outside: 'grep -o -m 1 ^stepbox0 /proc/$machine/net/route; true',
      kept: 'stepbox0',
      broken: '',
    },
    options,
  },
  {
    drop: /conf\/stepbox0\/forwarding/,
    consequence: 'the host keeps what comes from the bridge and is not for itself',
    see: {
      inside: 'echo ready; read line',
      outside: 'nsenter -t $machine -n cat /proc/sys/net/ipv4/conf/stepbox0/forwarding',
      kept: '1',
      broken: '0',
    },
    options,
    before: [['write', '/proc/sys/net/ipv4/ip_forward', '0']],
    needs: ['nsenter'],
  },
  {
    drop: /^close\(127\)$/,
    consequence: "the process that waits for the container keeps a socket for the host's links",
    see: {
      inside: 'echo ready; read line',
      outside: '[ -e /proc/$machine/fd/127 ] && echo open || echo closed',
      kept: 'closed',
      broken: 'open',
    },
    options,
  },
  {
    drop: socket,
    nth: 1,
    consequence: "nobody on the host's side makes the cable",
    see: { ...pings, broken: 'rtnetlink = EBADF' },
    options,
  },
  {
    drop: /^open\("\/proc\/self\/ns\/net"/,
    consequence: 'the kernel is told of no namespace in which the far end should be',
    see: { ...pings, broken: 'rtnetlink = E(BADF|INVAL)' },
    options,
  },
  {
    drop: /ip link del sbv/,
    consequence: 'a link that the last start has left keeps the name, and this start fails',
    see: { ...pings, broken: 'rtnetlink = EEXIST' },
    options,
    before: left,
  },
  {
    drop: /ip link add sbv/,
    consequence: 'there is no eth0 that could get an address',
    see: { ...pings, broken: 'write = ENODEV|rtnetlink = ENODEV' },
    options,
  },
  {
    drop: /ip link set sbv.* hairpin on /,
    consequence: 'the bridge does not send back what its container sends to its own published port',
    see: {
      inside: 'echo ready; read line',
      outside:
        'nsenter -t $machine -n ip -d link show sbv0123456789a | grep -o -m 1 "hairpin [a-z]*"',
      kept: 'hairpin on',
      broken: 'hairpin off',
    },
    options,
    needs: ['nsenter', 'iproute2-ip'],
  },
  {
    drop: /^close\(8\)$/,
    nth: 0,
    consequence: 'a number is taken that a later line counts on, and standard input is no file',
    see: { inside: 'readlink /proc/self/fd/0', kept: '/dev/null', broken: 'net:.*' },
    options: () => ({ net, streams: { hasInput: false, isJoined: false } }),
  },
  {
    drop: socket,
    nth: 2,
    consequence: "the host's socket is used on, and the host has no such interface",
    see: { ...pings, broken: 'rtnetlink = ENODEV' },
    options,
  },
  {
    drop: /^write.*eth0\/disable_ipv6/,
    consequence: 'eth0 gives itself an IPv6 address, in a network that has none',
    see: { inside: 'cat /proc/sys/net/ipv6/conf/eth0/disable_ipv6', kept: '1', broken: '0' },
    options,
    where: '/proc/sys/net/ipv6',
  },
  {
    drop: /ip address add .* dev if2 /,
    consequence: 'eth0 has no address, and the gateway is nowhere',
    see: { ...pings, broken: 'rtnetlink = ENETUNREACH' },
    options,
  },
  {
    drop: /ip link set eth0 up /,
    consequence: 'eth0 is down, and no route leads through it',
    see: { ...pings, broken: 'rtnetlink = ENET(UNREACH|DOWN)' },
    options,
  },
  {
    drop: /ip route add default /,
    consequence: 'only its own network is reached, and nothing beyond the bridge',
    see: {
      inside: 'ip route | grep -c default; true',
      kept: '1',
      broken: '0',
    },
    options,
  },
  {
    drop: /inet_addr\("0.0.0.0"\)}\) \/\* as 256/,
    consequence: 'another program can have the port, listens, and is asked by nobody',
    see: {
      inside: 'echo ready; read line',
      outside: '[ -e /proc/$machine/fd/256 ] && echo held || echo free',
      kept: 'held',
      broken: 'free',
    },
    options: published.options,
    needs: ['nft'],
  },
  {
    ...published,
    drop: /^execve\("nft"/,
    nth: 0,
    consequence: 'no rule leads from the port to the container, and the held socket refuses',
    needs: ['nft', 'nsenter', 'bash'],
  },
  {
    drop: /conf\/stepbox0\/route_localnet/,
    consequence: 'the published port is not reached by 127.0.0.1',
    see: {
      inside: 'echo ready; read line',
      outside: 'nsenter -t $machine -n cat /proc/sys/net/ipv4/conf/stepbox0/route_localnet',
      kept: '1',
      broken: '0',
    },
    options: published.options,
    needs: ['nft', 'nsenter'],
  },
  {
    drop: /^open_tree\(AT_FDCWD, ".*\/(hosts|resolv.conf|hostname)"/,
    consequence: 'there is no file that could take the place of the one in the image',
    see: { ...told, broken: 'move_mount_to = EBADF' },
    ...etc,
  },
  {
    drop: /^openat2\(AT_FDCWD, "\/etc\/(hosts|resolv.conf|hostname)"/,
    consequence: 'there is no place that it could be mounted on',
    see: { ...told, broken: 'move_mount_to = EBADF|close = EBADF|(?!told\n).*' },
    ...etc,
  },
  {
    drop: /^move_mount\(1(28|29|30), /,
    consequence: 'one of the files is that of the image',
    see: { ...told, broken: '.*empty.*' },
    ...etc,
  },
  {
    drop: /^close\((9|10)\)$/,
    consequence: 'a number is taken that a later line counts on, and a file is in the wrong place',
    see: { ...told, broken: '(?!told hosts told resolv.conf told hostname$).*' },
    ...etc,
  },
]
