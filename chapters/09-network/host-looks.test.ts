/** Tests. What doctor says of the host's network, on hosts that are made so for it. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test, type TestContext } from 'vitest'
import type { Diagnosis } from '../../runtime/tools/doctor/diagnosis.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { program } from '../../test/stepbox.ts'

/** An interface that is up: the end of a cable, for kernels without the type dummy. */
const device = (name: string, address: string) => `
  ip link add ${name} type veth peer name far-${name}
  ip address add ${address} dev ${name}
  ip link set ${name} up; ip link set far-${name} up`

const uplink = `${device('eth0', '192.0.2.2/24')}
  ip route add default via 192.0.2.1 dev eth0`
const both = `${uplink}\n${device('eth1', '198.51.100.2/24')}`
const isPrivate = (name: string) => `echo 1 > /proc/sys/net/ipv4/conf/${name}/rp_filter`

/** Files in the place of the host's, in a mount namespace of its own. */
const resolvers = (own: string, behind: string) => `
  mount -t tmpfs tmpfs /run
  mkdir -p /run/systemd/resolve
  echo '${behind}' > /run/systemd/resolve/resolv.conf
  echo '${own}' > /run/own.conf
  mount --bind /run/own.conf "$(realpath /etc/resolv.conf)"`

const create = (...words: string[]) => `"$node" "$stepbox" network create ${words.join(' ')}`

type Row = Diagnosis['capabilities'][number]

/** What doctor says in network and mount namespaces of its own, after a script was run there. */
function doctorAfter(context: TestContext, script: string): (name: string) => Row | undefined {
  needs(context, 'root', 'unshare', 'ip', 'nft', 'packet-filter')
  const argv = ['-n', '-m', 'sh', '-ec', `ip link set lo up\n${script}
    "$node" "$stepbox" doctor --format json || true`]
  const env = { ...process.env, STEPBOX_ROOT: scratch(), node: process.execPath, stepbox: program }
  const { stdout, stderr } = spawnSync('unshare', argv, { encoding: 'utf8', env })
  expect(stderr).toBe('')
  const { capabilities } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as Diagnosis
  return (name) => capabilities.find((row) => row.name === name)
}

describe('doctor says of', () => {
  const rows: [host: string, script: string, name: string, expected: object][] = [
    ['a host without a way out', '', 'routes', { state: 'yes', found: 'no default route' }],
    ['one with a way out', uplink, 'routes', { state: 'yes', found: 'eth0' }],
    ['a VPN that has two halves of all addresses', `${uplink}
      ${device('own0', '10.8.0.2/24')}
      ip route add 0.0.0.0/1 dev own0; ip route add 128.0.0.0/1 dev own0`, 'routes',
      { state: 'part', found: 'own0 takes all that leaves', remedy: 'ip link set own0 down' }],
    ['a VPN that has the default route', `${device('tun0', '10.8.0.2/24')}
      ip route add default dev tun0`, 'routes', { state: 'part', remedy: 'ip link set tun0 down' }],
    ['wg-quick, which has a table of rules', `${uplink}
      nft 'table ip wg-quick-home { chain premangle {
        type filter hook prerouting priority mangle; meta l4proto udp meta mark set ct mark
      }; }'`, 'routes', { state: 'part', remedy: 'ip link set home down' }],
    ['a host that routes all private addresses', `${device('corp0', '192.0.2.2/24')}
      for net in 172.16.0.0/12 192.168.0.0/16; do ip route add $net dev corp0; done`, 'routes',
      { state: 'no', remedy: 'stepbox network create --subnet 10.201.0.0/24 NAME' }],
    ['a network whose addresses come by another way', `${create('--subnet 10.9.0.0/24', 'blue')}
      ${device('tap7', '10.9.0.77/24')}`, 'routes',
      { state: 'part', found: '10.9.0.0/24 and tap7 10.9.0.0/24',
        remedy: 'stepbox network rm blue' }],
    ['a way back that is the way in', `${uplink}\n${isPrivate('eth0')}`, 'return-path',
      { state: 'yes', found: 'strict, for eth0' }],
    ['a way back that is another', `${both}\n${isPrivate('eth1')}`, 'return-path',
      { state: 'part', why: expect.stringContaining('by eth1: the answer would leave by eth0'),
        remedy: 'sysctl -w net.ipv4.conf.eth1.rp_filter=2' }],
    ['one that is looser than all', `${both}\n${isPrivate('all')}
      echo 2 > /proc/sys/net/ipv4/conf/eth1/rp_filter`, 'return-path', { state: 'yes' }],
    ['resolvers', resolvers('nameserver 192.0.2.53', ''), 'resolvers',
      { state: 'yes', found: '192.0.2.53' }],
    ['a stub with resolvers behind it',
      resolvers('nameserver 127.0.0.53', 'nameserver 192.0.2.54'), 'resolvers',
      { state: 'yes', found: '127.0.0.53, and behind it 192.0.2.54' }],
    ['one on the loopback', resolvers('nameserver 127.0.0.1', ''), 'resolvers',
      { state: 'part', found: '127.0.0.1', remedy: 'stepbox run --dns ADDRESS …' }],
    ['no other engine', uplink, 'other-engines', { state: 'yes' }],
    ["another's bridge", device('docker0', '172.17.0.1/16'), 'other-engines',
      { state: 'yes', found: expect.stringContaining('docker0 172.17.0.0/16') }],
  ]
  test.for(rows)('%s', ([, script, name, expected], context) => {
    expect(doctorAfter(context, script)(name)).toMatchObject(expected)
  })

  test.for([['1', 'part'], ['0', 'yes']])('bridges that filter: %s', ([value, state], context) => {
    const path = '/proc/sys/net/bridge/bridge-nf-call-iptables'
    const script = `test -e ${path} || exit 0
      ${create('--subnet 10.9.0.0/24', 'blue')}
      nft 'table inet own { chain way { type filter hook forward priority 0; policy drop; }; }'
      echo ${value} > ${path}`
    const { state: found, found: text } = doctorAfter(context, script)('bridge-filter') ?? {}
    if (text === 'br_netfilter is not loaded') context.skip('no br_netfilter in this kernel')
    expect(found).toBe(state)
  })
})
