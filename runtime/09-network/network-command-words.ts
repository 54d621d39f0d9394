/** The commands about networks and ports, as they are typed. */
import { stepFlags, type CommandSpec } from '../command-line.ts'
import { linkLocalFlag } from './network-words.ts'

const load = () => import('./network-commands.ts')

const template = 'print JSON, or by a Go template'

export const networkCommands: CommandSpec[] = [
  {
    name: 'network create',
    usage: 'network create [FLAGS] NETWORK',
    summary: 'make a network: a bridge, and addresses for the containers on it',
    flags: [
      { long: 'attachable', text: 'kept on record; every network can be joined' },
      {
        ...{ long: 'aux-address', value: 'NAME=ADDRESS', many: true },
        text: 'an address that is given to no container',
      },
      { long: 'driver', short: 'd', value: 'bridge', text: 'what it is made of; only this one' },
      { long: 'gateway', value: 'ADDRESS', many: true, text: "the host's own address in it" },
      { long: 'internal', text: 'nothing outside is reached from it' },
      { long: 'ip-range', value: 'SUBNET', many: true, text: 'where its addresses are from' },
      { long: 'ipam-driver', value: 'default', text: 'who gives addresses; only this one' },
      { long: 'ipam-opt', value: 'KEY=VALUE', many: true, text: 'kept on record, as in Docker' },
      { long: 'ipv6', text: 'addresses of IPv6 too; from fd00::/8 if no subnet is given' },
      { long: 'label', value: 'KEY=VALUE', many: true, text: 'a label, for people and filters' },
      { long: 'opt', short: 'o', value: 'KEY=VALUE', many: true, text: 'com.docker.network.…' },
      { long: 'scope', value: 'local', text: 'this host; only this one' },
      { long: 'subnet', value: 'SUBNET', many: true, text: 'its addresses, as 172.28.0.0/16' },
    ],
    examples: [
      'stepbox network create blue',
      'stepbox network create --subnet 172.28.0.0/16 --ip-range 172.28.5.0/24 blue',
    ],
    words: [1, 1],
    load: async () => (await load()).createNetworkCommand,
  },
  {
    name: 'network ls',
    usage: 'network ls [FLAGS]',
    summary: 'list networks',
    flags: [
      {
        ...{ long: 'filter', short: 'f', value: 'KEY=VALUE', many: true },
        text: 'dangling, driver, id, label, name, scope, type',
      },
      { long: 'format', value: 'json|TEMPLATE', text: template },
      { long: 'no-trunc', text: 'whole ids' },
      { long: 'quiet', short: 'q', text: 'ids only' },
    ],
    examples: ['stepbox network ls -f type=custom'],
    words: [0, 0],
    load: async () => (await load()).listNetworksCommand,
  },
  {
    name: 'network inspect',
    usage: 'network inspect [FLAGS] NETWORK…',
    summary: 'show what is known of networks, and who is in them',
    flags: [
      { long: 'format', short: 'f', value: 'json|TEMPLATE', text: template },
      { long: 'verbose', short: 'v', text: 'the same: that is for clusters' },
    ],
    examples: ["stepbox network inspect -f '{{range .IPAM.Config}}{{.Subnet}}{{end}}' bridge"],
    words: [1, Infinity],
    load: async () => (await load()).inspectNetworkCommand,
  },
  {
    name: 'network connect',
    usage: 'network connect [FLAGS] NETWORK CONTAINER',
    summary: 'give a container a place in one more network, also while it runs',
    flags: [
      ...stepFlags,
      { long: 'alias', value: 'NAME', many: true, text: 'a further name of it in the network' },
      {
        ...{ long: 'driver-opt', value: 'KEY=VALUE', many: true },
        text: 'kept on record, as in Docker',
      },
      { long: 'ip', value: 'ADDRESS', text: 'its address in the network' },
      { long: 'ip6', value: 'ADDRESS', text: 'the same for IPv6' },
      linkLocalFlag,
      {
        ...{ long: 'link', value: 'CONTAINER[:NAME]', many: true },
        text: 'call another one by this name',
      },
    ],
    examples: ['stepbox network connect blue web', 'stepbox network connect --alias db blue data'],
    words: [2, 2],
    load: async () => (await import('./connect-commands.ts')).connectCommand,
  },
  {
    name: 'network disconnect',
    usage: 'network disconnect [FLAGS] NETWORK CONTAINER',
    summary: 'take a container out of a network, also while it runs',
    flags: [
      ...stepFlags,
      { long: 'force', short: 'f', text: 'the same: what is gone already is never an error' },
    ],
    examples: ['stepbox network disconnect bridge web'],
    words: [2, 2],
    load: async () => (await import('./connect-commands.ts')).disconnectCommand,
  },
  {
    name: 'network rm',
    usage: 'network rm NETWORK…',
    summary: 'remove networks that no running container has',
    flags: [],
    examples: ['stepbox network rm blue'],
    words: [1, Infinity],
    load: async () => (await load()).removeNetworkCommand,
  },
  {
    name: 'network prune',
    usage: 'network prune [FLAGS]',
    summary: 'remove all networks that no running container has',
    flags: [
      { long: 'filter', value: 'KEY=VALUE', many: true, text: 'label, label!, until' },
      { long: 'force', short: 'f', text: 'do not ask' },
    ],
    examples: ['stepbox network prune -f --filter until=24h'],
    words: [0, 0],
    load: async () => (await load()).pruneNetworksCommand,
  },
  {
    name: 'port',
    usage: 'port CONTAINER [PORT[/PROTOCOL]]',
    summary: "show which ports of the host lead to a container's",
    flags: [],
    examples: ['stepbox port web', 'stepbox port web 80/tcp'],
    words: [1, 2],
    load: async () => (await import('./port-command.ts')).portCommand,
  },
  {
    name: 'trace-packet',
    usage: 'trace-packet [--from host|outside|CONTAINER] CONTAINER:PORT[/PROTOCOL]',
    summary: 'send a packet, and see which rules it meets on its way, and who drops it',
    flags: [
      { long: 'from', value: 'WHERE', text: 'host, outside (waits for one), or a container' },
      { long: 'timeout', value: 'SECONDS', text: 'how long to wait: 3, for one from outside 60' },
      { long: 'format', value: 'json|TEMPLATE', text: template },
    ],
    examples: [
      'stepbox trace-packet web:80',
      'stepbox trace-packet --from other web:53/udp',
      'stepbox trace-packet --from web 192.0.2.2:80',
    ],
    words: [1, 1],
    load: async () => (await import('./trace-packet-command.ts')).tracePacketCommand,
  },
]
