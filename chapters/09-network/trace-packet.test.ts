/** Tests. `trace-packet` says which rules a packet meets, and who drops it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { firstPacket, tracedIn } from '../../runtime/09-network/trace-read.ts'
import { parseTarget } from '../../runtime/09-network/trace-target.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { until } from '../../test/detached.ts'
import { needs } from '../../test/scratch.ts'
import { program } from '../../test/stepbox.ts'
import { addresses, canBuild, town, type Town } from './town.ts'

async function begun(context: TestContext): Promise<Town & { root: string }> {
  needs(context, 'root', 'overlay', 'container-links')
  if (!canBuild()) context.skip('it takes iproute2, nftables, util-linux and busybox')
  const root = await rootWithBusybox()
  return { ...(await town(root)), root }
}

const serving = ['busybox', 'httpd', '-f', '-p', '80', '-h', '/etc']
const idle = ['busybox', 'sleep', '600']
const { host, outside } = addresses

test('a packet is followed to where it is delivered, from three places', async (context) => {
  const { stepbox, on, root } = await begun(context)
  stepbox('run', '-d', '--name', 'web', '-p', '8080:80', ...serving)
  stepbox('run', '-d', '--name', 'other', ...idle)
  const page = ['busybox', 'wget', '-q', '-O', '-', `http://${host}:8080/hostname`]
  await until(() => on('outside', page).code === 0)
  const own = stepbox('trace-packet', 'web:80')
  expect([own.code, own.err]).toEqual([0, ''])
  expect(own.out).toMatch(/^a packet from 127\.0\.0\.1:\d+ to 127\.0\.0\.1:8080, by tcp$/m)
  expect(own.out).toContain('output of inet stepbox: gets another destination, 172.17.0.2:80')
  expect(own.out).toContain('chain postrouting of inet stepbox: gets another source, 172.17.0.1\n')
  expect(own.out).toMatch(/^delivered, and answered$/m)
  const beside = stepbox('trace-packet', '--from', 'other', 'web:80')
  expect(beside.out).toMatch(/^a packet from 172\.17\.0\.3:\d+ to 172\.17\.0\.2:80, by tcp$/m)
  expect(beside.out).toMatch(/^delivered, and answered$/m)
  const refused = stepbox('trace-packet', '--from', 'other', 'web:81')
  expect(refused.out).toContain('delivered, and refused: nothing listens at that port')
  const waits = [process.execPath, program, 'trace-packet', '--from', 'outside', 'web:80']
  const file = join(root, 'traced')
  on('host', ['sh', '-c', '"$@" > "$0" 2>&1 < /dev/null &', file, ...waits])
  await until(() => isMarking(on))
  await until(() => on('outside', page).code === 0 && /\S/.test(readFileSync(file, 'utf8')))
  const seen = readFileSync(file, 'utf8')
  expect(seen).toMatch(new RegExp(`^a packet from ${outside}:\\d+ to ${host}:8080, by tcp$`, 'm'))
  expect(seen).toContain('prerouting of inet stepbox: gets another destination, 172.17.0.2:80')
  expect(seen).toMatch(/^it has left by stepbox0, for 172.17.0.2$/m)
  await until(() => !isMarking(on))
  const { out } = on('host', ['sh', '-c', '"$@" > "$0" 2>&1 < /dev/null & echo $!', file, ...waits])
  await until(() => isMarking(on))
  process.kill(Number(out), 'SIGKILL')
  await until(() => !isMarking(on))
}, 120_000)

function isMarking(on: Town['on']): boolean {
  return /stepbox-trace/.test(on('host', ['nft', 'list', 'tables']).out)
}

test('who drops a packet is named: Stepbox, with the reason, or somebody else', async (context) => {
  const { stepbox, on } = await begun(context)
  stepbox('network', 'create', '--internal', 'inner')
  stepbox('network', 'create', 'blue')
  stepbox('run', '-d', '--name', 'web', ...idle)
  stepbox('run', '-d', '--name', 'shut', '--network', 'inner', ...idle)
  stepbox('run', '-d', '--name', 'blue', '--network', 'blue', ...idle)
  const trace = (...args: string[]) => stepbox('trace-packet', '--timeout', '1', ...args)
  const internal = trace('--from', 'shut', `${outside}:80`)
  expect(internal.code).toBe(1)
  expect(internal.out).toMatch(/^dropped by Stepbox: an internal network reaches nothing/m)
  const between = trace('--from', 'blue', 'web:80')
  expect(between.out).toMatch(/^dropped by Stepbox: two networks do not reach each other/m)
  const closed = trace('--from', 'outside', 'web:80')
  expect([closed.code, closed.out]).toEqual([1, ''])
  expect(closed.err).toContain("port 80/tcp of 'web' is not published")
  const out = trace('--from', 'web', `${outside}:80`)
  expect(out.out).toContain(`chain postrouting of inet stepbox: gets another source, ${host}\n`)
  on('host', ['nft', 'add table ip wall; add chain ip wall guards; add rule ip wall guards drop'])
  const hooked = '{ type filter hook forward priority filter; policy accept; }'
  on('host', ['nft', `add chain ip wall gate ${hooked}; add rule ip wall gate jump guards`])
  const walled = trace('--format', 'json', '--from', 'web', `${outside}:80`)
  expect(walled.code).toBe(1)
  const { chains } = JSON.parse(walled.out) as { chains: { table: string; verdict: string }[] }
  expect(chains.filter(({ verdict }) => verdict === 'drop')).toEqual([
    expect.objectContaining({ table: 'ip wall', chain: 'gate' }),
  ])
  const said = trace('--from', 'web', `${outside}:80`).out
  expect(said).toContain("dropped by guards of ip wall, which is not Stepbox's")
  expect(trace('--lang', 'zh', '--from', 'web', `${outside}:80`).out).toContain('这不是 Stepbox 的规则')
}, 120_000)

test('wrong input is one line, before anything is sent', async (context) => {
  const { stepbox } = await begun(context)
  const errors = [
    [['web'], "invalid target 'web': CONTAINER:PORT or ADDRESS:PORT"],
    [['web:0'], "invalid target 'web:0'"],
    [['web:80/icmp'], "invalid target 'web:80/icmp'"],
    [['web:80'], "no container named 'web'"],
    [['--from', 'web', '192.0.2.2:80'], "no container named 'web'"],
    [['--timeout', '0', '192.0.2.2:80'], "invalid --timeout '0': seconds"],
  ] as const
  for (const [args, text] of errors) {
    const { code, out, err } = stepbox('trace-packet', ...args)
    expect([out, err]).toEqual(['', expect.stringContaining(text)])
    expect(code).toBeGreaterThan(0)
  }
}, 120_000)

test('a target is a container or an address, with a port', () => {
  expect(parseTarget('web:80')).toEqual({ who: 'web', port: 80, protocol: 'tcp' })
  expect(parseTarget('[fd00::1]:53/udp')).toEqual({ who: 'fd00::1', port: 53, protocol: 'udp' })
})

test('a trace is read as one packet of several, whose id may change', () => {
  const ports = 'tcp sport 7 tcp dport 8'
  const head = (id: string, table: string, from: string) =>
    `trace id ${id} ${table} packet: iif "a" ip saddr ${from} ip daddr 9.9.9.9 ${ports}`
  const text = [
    head('a', 'inet stepbox-trace-1 prerouting', '1.1.1.1'),
    'trace id a inet stepbox-trace-1 prerouting rule meta nftrace set 1 (verdict continue)',
    head('b', 'ip mine gate', '2.2.2.2'),
    'trace id b ip mine gate policy drop',
    head('c', 'ip mine gate', '1.1.1.1'),
    'trace id c ip mine gate rule ip daddr 9.9.9.9 jump inner (verdict jump inner)',
    'trace id c ip mine inner rule tcp dport 8 accept (verdict accept)',
  ].join('\n')
  const packet = { from: '1.1.1.1', to: '9.9.9.9', fromPort: 7, toPort: 8, in: 'a' }
  expect(firstPacket(text)).toEqual(packet)
  const rule = { text: 'tcp dport 8 accept', chain: 'inner' }
  expect(tracedIn(text, 'stepbox-trace')).toEqual([
    { table: 'ip mine', chain: 'gate', packet, rule, verdict: 'accept' },
  ])
})
