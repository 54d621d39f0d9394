/** Tests. What counts as a change of the machine's own network. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { changesOf, networkOf } from './host-network.ts'
import { machineNetwork } from './own-network.ts'
import { needs } from './scratch.ts'

/** The file of a network namespace that ends with the test, and a way to run a script in it. */
async function machine(): Promise<{ file: string; run: (script: string) => void }> {
  const holder = spawn('unshare', ['-n', 'sh', '-c', 'ip link set lo up; echo; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  const file = `/proc/${holder.pid}/ns/net`
  const run = (script: string) => {
    const { stderr } = spawnSync('nsenter', [`--net=${file}`, 'sh', '-ec', script])
    expect(String(stderr)).toBe('')
  }
  run(`nft 'table ip own { chain way { type filter hook output priority 0; counter accept; }; }'
    ip link add x type veth peer name y`)
  return { file, run }
}

const rows: [title: string, script: string, change: RegExp][] = [
  ['an interface that is left', 'ip link add sbv0 type bridge', /^interface sbv0 is new$/],
  ['an interface that is gone', 'ip link del x', /^interface x is gone$/],
  ['a setting', 'echo 1 > /proc/sys/net/ipv4/conf/x/rp_filter',
    /^setting ipv4\/conf\/x\/rp_filter was \d, and is 1$/],
  ['a table that is left', "nft 'table inet stepbox { }'", /^table inet stepbox is new$/],
  ['a rule in a table of others', 'nft add rule ip own way drop', /^table ip own is another$/],
  ['a table that is gone', 'nft flush ruleset', /^table ip own is gone$/],
  ['a route', 'ip route add 192.0.2.0/24 dev lo', /^route lo 000200C0 .* is new$/],
  ['an address', 'ip -6 address add 2001:db8::9/64 dev lo nodad',
    /^address 20010db8\S+ 40 00 lo is new$/],
]

test.for(rows)('%s counts', async ([, script, expected], context) => {
  needs(context, 'root', 'unshare', 'nsenter', 'ip', 'nft')
  const { file, run } = await machine()
  run('echo 0 > /proc/sys/net/ipv4/conf/x/rp_filter')
  const before = networkOf(file)
  run(script)
  const found = await changesOf(before, () => networkOf(file), 1)
  expect(found.some((each) => expected.test(each)), found.join('\n')).toBe(true)
})

test('what goes by itself, and what packets count, does not', async (context) => {
  needs(context, 'root', 'unshare', 'nsenter', 'ip', 'nft', 'busybox')
  const { file, run } = await machine()
  const before = networkOf(file)
  expect(before.size).toBeGreaterThan(100)
  run('ip link add short type bridge')
  let looks = 0
  const look = () => {
    if (looks++ === 1) run('ip link del short; busybox ping -c 1 127.0.0.1 > /dev/null')
    return networkOf(file)
  }
  expect(await changesOf(before, look)).toEqual([])
  expect(looks).toBeGreaterThan(1)
})

test('these tests have another network than the machine', (context) => {
  needs(context, 'root', 'nsenter')
  const own = networkOf('/proc/self/ns/net')
  const file = machineNetwork()
  if (file === undefined) context.skip('there is no other network here')
  expect(own.has('interface lo')).toBe(true)
  expect(networkOf(file).has('interface lo')).toBe(true)
})
