/** Tests. Messages about links, beside what strace prints of them and what ip(8) does. */
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import {
  addAddress,
  defaultRoute,
  linkUp,
  makeBridge,
  makePair,
  removeLink,
  turnBack,
} from '../../runtime/09-network/messages.ts'
import type { NetworkEnd } from '../../runtime/09-network/net-plan.ts'
import type { Call } from '../../runtime/calls.ts'
import { firstFd } from '../../runtime/descriptors.ts'
import { messageIn, toBytesOf } from '../../runtime/rtnetlink.ts'
import { toolStep } from '../../runtime/step.ts'
import { strace } from '../../runtime/strace.ts'
import { carryOut, steps } from '../../test/carry-out.ts'
import { needs } from '../../test/scratch.ts'
import { plain, seen } from '../../test/stracing.ts'

const socket = 127
const bridge = { name: 'stepbox0', index: 1234567, mtu: 1400, addresses: [] }
const end: NetworkEnd = {
  network: '',
  bridge,
  veth: { name: 'sbv0123456789a', index: 7654321, alias: '0123456789abcdef-eth0' },
  inside: { name: 'eth0', index: 2, mac: '02:42:ac:11:00:02', addresses: [] },
}

/** All kinds, in an order in which each one works. The far end is in the same namespace here. */
const messages = [
  makeBridge(bridge),
  addAddress(bridge.index, { address: '172.17.0.1', prefix: 16 }),
  addAddress(bridge.index, { address: 'fd00:1::1', prefix: 64 }),
  linkUp(bridge.name),
  makePair(end, firstFd),
  turnBack(end),
  addAddress(end.inside.index, { address: '10.1.2.3', prefix: 24 }),
  linkUp('eth0'),
  defaultRoute('10.1.2.1'),
  defaultRoute('fd00:1::9'),
]

const apart: Call[] = [
  ['close_range', firstFd, 4294967295, []],
  ['unshare', ['CLONE_NEWNET']],
  ['netlink_socket', socket],
  ['open', '/proc/self/ns/net', ['O_RDONLY', 'O_CLOEXEC'], 0],
]

/** strace knows what a socket is for once it has sent something. */
const first = toolStep(['rtnetlink', socket, removeLink('none')], 'there is none', 'ENODEV')

const sent = messages.map((message): Call => ['rtnetlink', socket, message])
const printed = sent.map((call) => strace(call))
const commands = printed.map((line) => /\/\* (.*) \*\//.exec(line)?.[1] ?? '')

test('a message is read back as it was made', () => {
  for (const bytes of [...messages, removeLink('eth0')]) {
    const message = messageIn(bytes)
    expect(message && Buffer.from(toBytesOf(message))).toEqual(Buffer.from(bytes))
  }
})

test('what is printed is what strace prints, without lengths and zeros', async (context) => {
  needs(context, 'root', 'container-links', 'strace', 'unshare')
  const calls: Call[] = [...sent, ['rtnetlink', socket, removeLink('eth0')]]
  const unshare = apart.findIndex(([name]) => name === 'unshare') // strace looks at its own network
  const list = [...steps(...apart.toSpliced(unshare, 1)), first, ...steps(...calls)]
  const { lines } = await seen(list, ['unshare', '-n'])
  const own = lines.filter((line) => line.startsWith('sendto(')).slice(1)
  expect(own.map(brief)).toEqual(calls.map((call) => brief(plain(strace(call)))))
})

test('the printed ip commands send the same messages', (context) => {
  needs(context, 'root', 'container-links', 'strace', 'ip', 'unshare')
  const script = commands.map((command) => `strace -v -s 9999 -e sendmsg,sendto ${command}`)
  const { stderr } = inOwnNetwork(`exec 4< /proc/self/ns/net\n${script.join('\n')}`)
  const theirs = stderr
    .split('\n')
    .filter((line) => /RTM_NEW\w+.*NLM_F_ACK/.test(line) && line.startsWith('sendmsg('))
    .map((line) => /iov_base=(.*), iov_len=/.exec(line)?.[1] ?? '')
  expect(theirs.map(partsOf)).toEqual(printed.map(partsOf))
})

test('the printed ip commands lead to the same links, addresses and routes', async (context) => {
  needs(context, 'root', 'container-links', 'ip', 'unshare')
  const { stdout } = inOwnNetwork(`exec 4< /proc/self/ns/net\n${commands.join('\n')}\n${look}`)
  const command: Call = ['execvpe', 'sh', ['sh', '-c', look], [`PATH=${process.env['PATH']}`]]
  const { out } = await carryOut(steps(...apart, ...sent, command))
  expect(stateIn(out)).toEqual(stateIn(stdout))
  for (const part of [{ dst: 'default', dev: 'eth0' }, { hairpin: true }])
    expect(stateIn(out)).toContainEqual(expect.objectContaining(part))
})

test('a refused message says why, in the words of the kernel', async (context) => {
  needs(context, 'root', 'container-links')
  const bad = makeBridge({ ...bridge, mtu: 7 })
  const { failure } = await carryOut(steps(...apart, ['rtnetlink', socket, bad]))
  expect(failure?.errno).toBe('EINVAL')
  expect(failure?.answer.toString()).toMatch(/mtu/i)
})

function inOwnNetwork(script: string) {
  return spawnSync('unshare', ['-n', 'sh', '-c', script], { encoding: 'utf8' })
}

const look = 'for what in link address route "-6 route"; do ip -d -j $what; done'

/** What ip(8) shows, without what differs from one time to the next. */
function stateIn(text: string): unknown[] {
  const all = text.split('\n').filter(Boolean).flatMap((line) => JSON.parse(line) as Shown[])
  const isKernels = ({ dst = '' }: Shown) => /^(fe80|ff00|multicast)/.test(dst)
  return all.filter((each) => !isKernels(each)).map((each) => ({
    ...Object.fromEntries(shown.map((name) => [name, each[name]])),
    kind: each.linkinfo?.info_kind,
    hairpin: each.linkinfo?.info_slave_data?.hairpin,
    mac: each.ifname?.startsWith('sbv') ? undefined : each.address,
    own: each.addr_info?.filter(({ local }) => !local.startsWith('fe80')),
  }))
}

const shown = ['ifindex', 'ifname', 'mtu', 'master', 'ifalias', 'dst', 'gateway', 'dev'] as const

type Shown = Partial<Record<(typeof shown)[number] | 'address', string>> & {
  linkinfo?: { info_kind: string; info_slave_data?: { hairpin: boolean } }
  addr_info?: { local: string }[]
}

/** strace looks up the names of interfaces, and prints what veth has as bytes. */
function brief(line: string): string {
  return line
    .replace(/ \/\*.*\*\/$/, '')
    .replaceAll(/if_nametoindex\("(\w+)"\)/g, (_, name) => (name === 'eth0' ? '2' : '1234567'))
    .replaceAll(/, nlmsg_(seq|pid)=\d+/g, '')
    .replaceAll(/\b(nla|nlmsg)_len=\d+, /g, '')
    .replaceAll(/, (ifi_type=ARPHRD_NETROM|\w+_scope=RT_SCOPE_UNIVERSE|\w+=0)(?=[,}])/g, '')
    .replace(/(IFLA_INFO_DATA\}), ("(\\x..)*"|\[.*eth0.*?\]\]\])/, '$1, …')
}

/** The pieces of a message in no particular order. ip names interfaces and ports as it likes. */
function partsOf(line: string): string[] {
  const text = brief(line).replaceAll('"...', '"')
  const all = text.match(/\{nla_type=(?!IFLA_LINKINFO)\w+\}, [^[\]]+|\w+=[\w|:.]+/g) ?? []
  const asLiked = /IFLA_IFNAME|RTA_OIF|ifi_index|RTA_DST\}, .*"::"|^nla_type|SLAVE|_slave|BRPORT/
  return all.filter((part) => !asLiked.test(part)).sort()
}
