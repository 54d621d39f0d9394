/** Tests. The lines that a container with a network adds to the list, and where they stand. */
import { expect, test } from 'vitest'
import type { NetPlan } from '../../runtime/09-network/net-plan.ts'
import { planOptions } from '../../runtime/chapter.ts'
import { strace } from '../../runtime/strace.ts'
import { planner, rowsTo } from '../../test/rows.ts'

const net: NetPlan = {
  ends: [
    {
      network: 'abc',
      bridge: {
        name: 'stepbox0',
        index: 1234567,
        mtu: 1500,
        addresses: [
          { address: '172.17.0.1', prefix: 16 },
          { address: 'fd00::1', prefix: 64 },
        ],
      },
      veth: { name: 'sbv0123456789a', index: 7654321, alias: '0123456789abcdef-eth0' },
      inside: {
        name: 'eth0',
        index: 2,
        mac: '02:42:ac:11:00:02',
        addresses: [
          { address: '172.17.0.2', prefix: 16 },
          { address: 'fd00::2', prefix: 64 },
        ],
        gateway: '172.17.0.1',
        gateway6: 'fd00::1',
      },
    },
  ],
  ports: [],
  script: 'table inet stepbox {}',
  sysctls: [['/proc/sys/net/ipv4/conf/stepbox0/forwarding', '1']],
}

/** Without files in /etc, and with the streams that the chapter before has. */
const nothing = { etc: { directory: '/', names: [] } }

async function linesWith(more: { net?: NetPlan; network?: string }): Promise<string[]> {
  const rows = await rowsTo(9)
  const list = planner(rows.at(-1))(planOptions(rows, { ...more, ...nothing }))
  return list.map(({ call }) => strace(call))
}

test('a bridge, a cable, an address: each a message, as ip would send it', async () => {
  const lines = await linesWith({ net })
  const commands = lines.flatMap((line) => /\/\* (ip .*) \*\//.exec(line)?.[1] ?? [])
  const mac = '02:42:00:12:d6:87' // the number of the interface in it
  expect(commands).toEqual([
    `ip link add stepbox0 index 1234567 address ${mac} mtu 1500 type bridge`,
    'ip address add 172.17.0.1/16 brd 172.17.255.255 dev if1234567',
    'ip address add fd00::1/64 dev if1234567 nodad',
    'ip link set stepbox0 up',
    'ip link del sbv0123456789a',
    'ip link add sbv0123456789a index 7654321 alias 0123456789abcdef-eth0 mtu 1500 ' +
      'master if1234567 up type veth peer name eth0 index 2 address 02:42:ac:11:00:02 mtu 1500 ' +
      'netns /proc/self/fd/10',
    'ip link set sbv0123456789a type bridge_slave hairpin on',
    'ip address add 172.17.0.2/16 brd 172.17.255.255 dev if2',
    'ip address add fd00::2/64 dev if2 nodad',
    'ip link set eth0 up',
    'ip route add default via 172.17.0.1',
    'ip -6 route add default via fd00::1',
  ])
})

test('the bridge is made outside of everything, the cable from inside', async () => {
  const lines = await linesWith({ net })
  const order = [
    /ip link add stepbox0/,
    /^execve\("nft"/, // the doors are closed before the host passes anything on
    /^write\("\/proc\/sys\/net\/ipv4\/conf\/stepbox0/,
    /^fork/,
    /^unshare\(.*CLONE_NEWNET/,
    /ip link add sbv/,
    /ifr_name="lo"/,
    /ip address add 172.17.0.2/,
    /^pivot_root/,
  ].map((pattern) => lines.findIndex((line) => pattern.test(line)))
  expect(order).not.toContain(-1)
  expect(order).toEqual(order.toSorted((a, b) => a - b))
})

test('without a network of its own it has the lines of the chapter before', async () => {
  const rows = await rowsTo(9)
  const before = planner(rows.at(-2))
  for (const network of ['none', 'host', '/proc/123/ns/net']) {
    const expected = before(planOptions(rows.slice(0, -1), { network }))
    expect(await linesWith({ network })).toEqual(expected.map(({ call }) => strace(call)))
  }
})

test("in another's network it joins that, and leaves its loopback alone", async () => {
  const lines = await linesWith({ network: '/proc/123/ns/net' })
  expect(lines).toContain('setns("/proc/123/ns/net", CLONE_NEWNET)')
  expect(lines.filter((line) => /^unshare.*CLONE_NEWNET|ifr_name/.test(line))).toEqual([])
})
