/** Tests. A container joins networks and leaves them, while it runs and while it does not. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { changingContainers } from '../../runtime/09-network/changing.ts'
import { leasesIn } from '../../runtime/09-network/leases.ts'
import { findContainer } from '../../runtime/container/find.ts'
import { until } from '../../test/detached.ts'
import { program } from '../../test/stepbox.ts'
import { begunTown, type Town } from './town.ts'

const patience = 120_000
const sleeping = ['busybox', 'sleep', '1000']
const serving = ['busybox', 'sh', '-c', 'echo hello > /index.html; httpd -f -p 80 -h /']
const names = '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}'
const interfaces = 'ip -4 -o addr | grep -o "eth[0-9]* *inet [0-9.]*"; ip route | grep default'

/** Its interfaces with their addresses, and its default route. */
function inside({ stepbox }: Town, name: string): string[] {
  const { out } = stepbox('exec', name, 'sh', '-c', interfaces)
  return out.split('\n').filter(Boolean).map((line) => line.trim().replace(/ +/g, ' '))
}

test('one that runs is in a network at once, is found by name, and leaves', async (context) => {
  const all = await begunTown(context)
  const { stepbox, root } = all
  stepbox('network', 'create', '--subnet', '10.44.0.0/24', 'blue')
  stepbox('run', '-d', '--name', 'web', '-p', '8080:80', ...serving)
  stepbox('run', '-d', '--name', 'asks', '--network', 'blue', ...sleeping)
  const flags = ['--ip', '10.44.0.9', '--alias', 'pages']
  expect(stepbox('network', 'connect', ...flags, 'blue', 'web').err).toBe('')
  expect(inside(all, 'web')).toEqual([
    'eth0 inet 172.17.0.2',
    'eth1 inet 10.44.0.9',
    'default via 172.17.0.1 dev eth0',
  ])
  expect(stepbox('exec', 'asks', 'wget', '-q', '-O', '-', 'http://pages/').out).toBe('hello\n')
  expect(stepbox('exec', 'web', 'ping', '-c', '1', '-W', '9', 'asks').code).toBe(0)
  expect(stepbox('inspect', '-f', names, 'web').out.trim()).toBe('blue bridge')
  expect(stepbox('exec', 'web', 'grep', '-c', '10.44.0.9', '/etc/hosts').out).toBe('1\n')
  expect(stepbox('network', 'disconnect', 'blue', 'web').err).toBe('')
  expect(inside(all, 'web')).toEqual(['eth0 inet 172.17.0.2', 'default via 172.17.0.1 dev eth0'])
  expect(stepbox('exec', 'asks', 'nslookup', 'pages').code).not.toBe(0)
  expect(leasesIn(root, 'blue')).toHaveLength(1)
  expect(all.on('host', ['nft', 'list', 'ruleset']).out).not.toContain('10.44.0.9')
  const { out } = stepbox('events', '--since', '1h', '--until', '0s', '-f', 'network=blue')
  const actions = [...out.matchAll(/ network (\w+) /g)].map(([, action]) => action)
  expect(actions).toEqual(['create', 'connect', 'connect', 'disconnect'])
}, patience)

test('what leads to it, and its way out, follow to the network that is left', async (context) => {
  const all = await begunTown(context)
  const { stepbox, on } = all
  const page = () => on('host', ['busybox', 'wget', '-q', '-O', '-', 'http://127.0.0.1:8080/']).out
  stepbox('network', 'create', '--subnet', '10.44.0.0/24', 'blue')
  stepbox('run', '-d', '--name', 'web', '-p', '8080:80', ...serving)
  await until(() => page() === 'hello\n')
  stepbox('network', 'connect', 'blue', 'web')
  stepbox('network', 'disconnect', 'bridge', 'web')
  expect(inside(all, 'web')).toEqual(['eth1 inet 10.44.0.2', 'default via 10.44.0.1 dev eth1'])
  expect(page()).toBe('hello\n')
  stepbox('network', 'disconnect', 'blue', 'web')
  expect([inside(all, 'web'), page(), stepbox('port', 'web').out]).toEqual([[], '', ''])
  stepbox('network', 'connect', 'bridge', 'web')
  expect(page()).toBe('hello\n')
  expect(stepbox('port', 'web').out).toBe('80/tcp -> 0.0.0.0:8080\n')
}, patience)

test('it is in the networks that it was in, whoever starts it again', async (context) => {
  const all = await begunTown(context)
  const { stepbox } = all
  stepbox('network', 'create', '--subnet', '10.44.0.0/24', 'blue')
  const flags = ['--name', 'one', '--restart', 'always', '--network', 'none']
  stepbox('create', ...flags, ...sleeping)
  stepbox('network', 'disconnect', 'none', 'one')
  stepbox('network', 'connect', 'bridge', 'one')
  stepbox('start', 'one')
  expect(inside(all, 'one')).toEqual(['eth0 inet 172.17.0.2', 'default via 172.17.0.1 dev eth0'])
  stepbox('network', 'connect', 'blue', 'one')
  stepbox('network', 'disconnect', 'bridge', 'one')
  const before = findContainer(all.root, 'one').init?.pid ?? 0
  process.kill(before, 'SIGKILL') // its monitor starts it again
  await until(() => {
    const { init, status } = findContainer(all.root, 'one')
    return status === 'running' && init !== undefined && init.pid !== before
  })
  const eth1 = ['eth1 inet 10.44.0.2', 'default via 10.44.0.1 dev eth1']
  await until(() => inside(all, 'one').length > 0)
  expect(inside(all, 'one')).toEqual(eth1)
  stepbox('stop', '-t', '0', 'one')
  stepbox('network', 'disconnect', 'blue', 'one')
  stepbox('start', 'one')
  expect(inside(all, 'one')).toEqual([])
}, patience)

/** Begin a command, make its first `calls` calls, and kill it. */
async function killedAfter(all: Town, calls: number, words: string[]) {
  const [, command = '', ...rest] = words
  const argv = ['network', command, '--step', ...rest]
  const into = ['-t', String(all.pids.host), '-n', process.execPath, '--', program, ...argv]
  const env = { ...process.env, STEPBOX_ROOT: all.root }
  const child = spawn('nsenter', into, { stdio: ['pipe', 'ignore', 'pipe'], env })
  const closed = once(child, 'close')
  let said = ''
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
  child.stdin.write('next\n'.repeat(calls))
  await until(() => (said.match(/^done /gm) ?? []).length === calls)
  child.kill('SIGKILL')
  await closed
}

test('a command that is killed in the middle is undone, or done to its end', async (context) => {
  const all = await begunTown(context)
  const { stepbox, root, on } = all
  stepbox('network', 'create', '--subnet', '10.44.0.0/24', 'blue')
  stepbox('run', '-d', '--name', 'one', ...sleeping)
  const first = ['eth0 inet 172.17.0.2', 'default via 172.17.0.1 dev eth0']
  for (const calls of [1, 13, 18, 22]) {
    await killedAfter(all, calls, ['network', 'connect', 'blue', 'one'])
    expect(changingContainers(root)).toHaveLength(1)
    stepbox('ps')
    expect([inside(all, 'one'), leasesIn(root, 'blue')]).toEqual([first, []])
    expect(stepbox('inspect', '-f', names, 'one').out.trim()).toBe('bridge')
    expect(on('host', ['nft', 'list', 'ruleset']).out).not.toContain('10.44.0.2')
  }
  expect(stepbox('network', 'connect', 'blue', 'one').err).toBe('')
  await killedAfter(all, 3, ['network', 'disconnect', 'bridge', 'one'])
  stepbox('ps')
  expect(inside(all, 'one')).toEqual(['eth1 inet 10.44.0.2', 'default via 10.44.0.1 dev eth1'])
  expect([changingContainers(root), leasesIn(root, 'bridge')]).toEqual([[], []])
}, patience)

test('what cannot be is refused in words, and nothing is changed', async (context) => {
  const all = await begunTown(context)
  const { stepbox, root } = all
  stepbox('network', 'create', '--subnet', '10.44.0.0/24', 'blue')
  stepbox('run', '-d', '--name', 'one', '--network', 'blue', ...sleeping)
  stepbox('run', '-d', '--name', 'shut', '--network', 'none', ...sleeping)
  stepbox('run', '-d', '--name', 'beside', '--network', 'container:one', ...sleeping)
  const refused = (...words: string[]) => {
    const { code, err } = stepbox('network', ...words)
    return `${code} ${err.split('\n')[0]}`
  }
  const connect = (...words: string[]) => refused('connect', ...words)
  expect(connect('blue', 'one')).toContain('endpoint with name one already exists in network blue')
  expect(connect('host', 'one')).toContain('or connected to host network')
  expect(connect('blue', 'shut')).toContain('in private (none) mode')
  expect(connect('blue', 'beside')).toContain('cannot be connected to any other network')
  expect(connect('nosuch', 'one')).toContain("1 stepbox: no network named 'nosuch'; have: blue")
  expect(connect('blue', 'nosuch')).toContain("no container named 'nosuch'")
  expect(connect('--ip', '10.1.1.1', 'blue', 'shut')).toMatch(/^1 /)
  expect(connect('--ip', 'x', 'blue', 'one')).toBe('125 stepbox: invalid IPv4 address: x')
  expect(connect('--ip', '172.17.0.9', 'bridge', 'one')).toContain('user defined networks only')
  expect(refused('disconnect', 'bridge', 'one')).toMatch(/[0-9a-f]{64} is not connected to network/)
  expect(refused('rm', 'blue')).toContain('has active endpoints')
  expect(leasesIn(root, 'blue')).toHaveLength(1)
}, patience)

test('its lists are printed, and a line is left out on a pretend machine', async (context) => {
  const all = await begunTown(context)
  const { stepbox, on } = all
  stepbox('network', 'create', '--subnet', '10.44.0.0/24', 'blue')
  stepbox('run', '-d', '--name', 'one', ...sleeping)
  const planned = (...words: string[]) =>
    stepbox('plan', 'network', ...words).out.replace(/\s+/g, ' ')
  expect(planned('connect', 'blue', 'one')).toMatch(
    /ip address add 10.44.0.1\/24.*setns\(4, CLONE_NEWNET\).*ip address add 10.44.0.2\/24/,
  )
  expect(planned('disconnect', 'bridge', 'one')).toContain('ip link del sbv')
  const { code, err } = stepbox('network', 'connect', '--without', 'setns', 'blue', 'one')
  expect([code, err.includes('both ends of the cable are on the host')]).toEqual([0, true])
  expect(stepbox('network', 'disconnect', '--without', '2', 'bridge', 'one').code).toBe(1)
  expect(inside(all, 'one')).toEqual(['eth0 inet 172.17.0.2', 'default via 172.17.0.1 dev eth0'])
  expect(on('host', ['nft', 'list', 'ruleset']).out).not.toContain('10.44.0')
}, patience)

test('a walk through disconnect that is left has changed all or nothing', async (context) => {
  const all = await begunTown(context)
  const { stepbox, on } = all
  stepbox('network', 'create', 'blue')
  stepbox('run', '-d', '--name', 'one', ...sleeping)
  stepbox('network', 'connect', 'blue', 'one')
  const before = inside(all, 'one')
  const said = 'network disconnect --step blue one'
  const left = (lines: string) =>
    on('host', ['sh', '-c', `printf '${lines}' | "$0" -- "$1" ${said}`, process.execPath, program])
  const networks = ['inspect', '-f', '{{json .NetworkSettings}}', 'one']
  const record = stepbox(...networks).out
  for (const lines of ['quit\\n', 'to sendto\\nquit\\n']) {
    expect(left(lines).code).toBe(125)
    expect([inside(all, 'one'), stepbox(...networks).out]).toEqual([before, record])
  }
  const { code, err } = left('to 3\\nnext\\nquit\\n')
  expect([code, err]).toEqual([125, expect.stringContaining('the container has left the network')])
  expect(inside(all, 'one')).toEqual(['eth0 inet 172.17.0.2', 'default via 172.17.0.1 dev eth0'])
  expect(stepbox('inspect', 'one').out).not.toContain('"blue"')
}, patience)

test('run in several networks, it has an end in each; the first leads out', async (context) => {
  const all = await begunTown(context)
  const { stepbox } = all
  stepbox('network', 'create', '--subnet', '10.44.0.0/24', 'blue')
  stepbox('network', 'create', '--subnet', '10.45.0.0/24', 'red')
  const run = (...flags: string[]) => stepbox('run', '-d', ...flags, ...sleeping)
  const two = ['--network', 'red', '--network', 'name=blue,ip=10.44.0.9']
  expect(run('--name', 'one', ...two).err).toBe('')
  expect(inside(all, 'one')).toEqual([
    'eth0 inet 10.45.0.2',
    'eth1 inet 10.44.0.9',
    'default via 10.45.0.1 dev eth0',
  ])
  const id = '{{range .NetworkSettings.Networks}}{{.EndpointID}} {{end}}'
  const ids = stepbox('inspect', '-f', id, 'one').out.trim().split(' ')
  const member = '{{range .Containers}}{{.EndpointID}}{{end}}'
  const members = stepbox('network', 'inspect', '-f', member, 'blue', 'red').out.trim().split('\n')
  expect(ids.sort()).toEqual(members.sort())
  const refused: [flags: string, why: string][] = [
    ['--network blue --network blue', "network 'blue' is specified multiple times"],
    ['--network blue --network host', 'cannot attach both user-defined and non-user-defined'],
    ['--network none --network host', 'a container has one network, and this one has none and'],
    ['--network blue --net nosuch', "no network named 'nosuch'"],
    ['--network bridge --network-alias a', 'network-scoped aliases are only supported for user-'],
  ]
  for (const [flags, why] of refused) {
    const { code, err } = run(...flags.split(' '))
    expect([code, err]).toEqual([125, expect.stringContaining(why)])
  }
}, patience)

test('inspect says what was asked for about names, in the form of Docker', async (context) => {
  const { stepbox } = await begunTown(context)
  stepbox('network', 'create', 'blue')
  stepbox('run', '-d', '--name', 'one', ...sleeping)
  const asked =
    '--dns 1.1.1.1 --dns-opt a --dns-search s.x --add-host h:1.2.3.4 --link one:al --link one'
  stepbox('run', '-d', '--name', 'two', ...asked.split(' '), ...sleeping)
  stepbox('run', '-d', '--name', 'three', '--network', 'blue', '--link', 'one', ...sleeping)
  const words = ['Dns', 'DnsOptions', 'DnsSearch', 'ExtraHosts', 'Links']
  const format = words.map((word) => `{{json .HostConfig.${word}}}`).join(' ')
  const said = (name: string) => stepbox('inspect', '-f', format, name).out.trim()
  expect(said('one')).toBe('[] [] [] null null')
  expect(said('two')).toBe(
    '["1.1.1.1"] ["a"] ["s.x"] ["h:1.2.3.4"] ["/one:/two/al","/one:/two/one"]',
  )
  expect(said('three')).toBe('[] [] [] null null')
  const { out } = stepbox('inspect', '-f', '{{.HostsPath}}', 'two')
  expect(readFileSync(out.trim(), 'utf8')).toContain('1.2.3.4\th\n')
}, patience)
