/** Tests. Containers in the default network, as `run` makes them, and what is left of them. */
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi, type TestContext } from 'vitest'
import { tryRead } from '../../runtime/files.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { until } from '../../test/carry-out.ts'
import { needs } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'

const patience = 60_000

/** A data root, and the program on it; what runs at the end of the test is removed. */
async function program(context: TestContext) {
  needs(context, 'root', 'overlay', 'container-links', 'nft')
  const root = await rootWithBusybox()
  const run = async (...args: string[]) => {
    const { code, out, err } = await stepbox(args, { root })
    return code === 0 ? out.trim() : `${code}: ${err.trim()}`
  }
  context.onTestFinished(async () => {
    await stepbox(['rm', '-f', 'one', 'two'], { root })
  })
  return { root, run }
}

const address = '{{.NetworkSettings.IPAddress}}'

/** Ends of containers with one of these ids on the host. */
function cablesOf(ids: string[]): string[] {
  const links = tryRead('/proc/self/net/dev') ?? ''
  return ids.map((id) => `sbv${id.slice(0, 11)}`).filter((name) => links.includes(name))
}

function leases(root: string): string[] {
  return readdirSync(join(root, 'networks/bridge/leases'))
}

test(
  'containers reach each other and the host; nothing is left of them',
  async (context) => {
    const { root, run } = await program(context)
    const id = await run('run', '-d', '--name', 'one', 'busybox', 'sleep', '1000')
    const own = await run('inspect', '-f', address, 'one')
    expect(own).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
    const script = `ping -q -c 1 -w 20 ${own} > /dev/null && ip route | grep -c ^default`
    expect(await run('run', '--rm', 'busybox', 'sh', '-c', script)).toBe('1')
    expect(cablesOf([id])).toHaveLength(1)
    expect(leases(root)).toEqual([own])
    expect(await run('rm', '-f', 'one')).toBe('one')
    await until(
      () => cablesOf([id]).length === 0 && leases(root).length === 0,
      () => `the end of ${cablesOf([id]).join()} and ${leases(root).join()}`,
    )
    expect(execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' })).not.toContain(id)
  },
  patience,
)

test(
  'a container that its monitor starts again has its address again, and is reached by it',
  async (context) => {
    const { root, run } = await program(context)
    const script =
      'ip -4 -o addr show eth0 | cut -d " " -f 7; ping -q -c 1 -w 20 $0 > /dev/null && echo fine'
    const gateway = await gatewayOf(run)
    const words = ['sh', '-c', `${script}; exit 3`, gateway]
    const flags = ['-d', '--restart', 'on-failure:3', '--name', 'two']
    const id = await run('run', ...flags, 'busybox', ...words)
    const state = () => run('inspect', '-f', '{{.State.Status}} {{.RestartCount}}', 'two')
    const within = { timeout: patience, interval: 100 }
    await vi.waitFor(async () => expect(await state()).toBe('exited 3'), within)
    const lines = (await run('logs', 'two')).split('\n')
    expect(lines).toHaveLength(8)
    expect(new Set(lines).size).toBe(2)
    expect(lines[1]).toBe('fine')
    await until(
      () => cablesOf([id]).length === 0 && leases(root).length === 0,
      () => `the end of ${cablesOf([id]).join()} and ${leases(root).join()}`,
    )
  },
  2 * patience,
)

async function gatewayOf(run: (...args: string[]) => Promise<string>): Promise<string> {
  await run('run', '--rm', 'busybox', 'true') // the first container makes the network
  return run('network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', 'bridge')
}

test(
  'one can have the network of another, and its name',
  async (context) => {
    const { run } = await program(context)
    const mac = '02:42:00:00:00:99'
    const flags = ['-d', '--name', 'one', '--mac-address', mac]
    await run('run', ...flags, 'busybox', 'sleep', '1000')
    const own = await run('inspect', '-f', address, 'one')
    const name = await run('inspect', '-f', '{{.Config.Hostname}}', 'one')
    const script =
      'ip -4 -o addr show eth0 | grep -o "inet [0-9.]*"; hostname; cat /sys/class/net/eth0/address'
    const joined = ['run', '--rm', '--network', 'container:one', 'busybox', 'sh', '-c', script]
    expect(await run(...joined)).toBe(`inet ${own}\n${name}\n${mac}`)
  },
  patience,
)

test(
  'a published port is reached by the address of the bridge, and by 127.0.0.1',
  async (context) => {
    const { run } = await program(context)
    const serve = 'echo hello > /index.html; exec httpd -f -p 80 -h /'
    const flags = ['-d', '--name', 'one', '-p', '80']
    await run('run', ...flags, 'busybox', 'sh', '-c', serve)
    const port = (await run('port', 'one', '80')).split(':').at(-1)
    const gateway = await gatewayOf(run)
    const asked = async (host: string) => (await fetch(`http://${host}:${port}/`)).text()
    const within = { timeout: patience, interval: 100 }
    for (const host of [gateway, '127.0.0.1'])
      await vi.waitFor(async () => expect(await asked(host)).toBe('hello\n'), within)
    const { stdout } = spawnSync('nft', ['list', 'table', 'inet', 'stepbox'], { encoding: 'utf8' })
    expect(stdout).toMatch(new RegExp(`(tcp|6) \\. ${port} comment`))
  },
  patience,
)

test('bad wishes are refused before anything is made', async (context) => {
  const { run } = await program(context)
  const refused = async (...flags: string[]) => run('run', '--rm', ...flags, 'busybox', 'true')
  expect(await refused('--network', 'nosuch')).toMatch(/^125: .*'nosuch'; have: /)
  expect(await refused('--network', 'container:nosuch')).toMatch(/^125: .*nosuch/)
  expect(await refused('--ip', '172.17.0.9')).toMatch(/^125: .*on user defined networks only/)
  expect(await refused('--mac-address', 'foo')).toMatch(/^125: .*foo is not a valid mac address/)
  const named = await refused('--network', 'container:a', '-p', '80:80')
  expect(named).toMatch(/^125: .*conflicting options: port publishing/)
})
