/** Tests: who reaches a published port, who reaches whom, and what is left afterwards. */
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { leasesIn } from '../../runtime/09-network/leases.ts'
import { listContainers } from '../../runtime/container/find.ts'
import { namesIn } from '../../runtime/files.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { until } from '../../test/detached.ts'
import { needs } from '../../test/scratch.ts'
import { addresses, canBuild, town, type Town } from './town.ts'

async function begun(context: TestContext): Promise<Town & { root: string }> {
  needs(context, 'root', 'overlay', 'container-links')
  if (!canBuild()) context.skip('it takes iproute2, nftables, util-linux and busybox')
  const root = await rootWithBusybox()
  return { ...(await town(root)), root }
}

const serving = ['busybox', 'sh', '-c', 'echo hello > /index.html; httpd -f -p 80 -h /']
const { host, host6 } = addresses

/** What a page says, or undefined if it cannot be had. */
function page({ on }: Town, side: 'host' | 'outside', at: string): string | undefined {
  const { code, out } = on(side, ['busybox', 'wget', '-q', '-O', '-', `http://${at}/`])
  return code === 0 ? out.trim() : undefined
}

/** The server may not listen yet when its container runs. */
async function answered(all: Town, at: string): Promise<void> {
  await until(() => page(all, 'host', at) === 'hello')
}

describe('a published port', () => {
  test('is reached from four places', async (context) => {
    const all = await begun(context)
    const { stepbox } = all
    expect(stepbox('run', '-d', '--name', 'web', '-p', '8080:80', ...serving).err).toBe('')
    await answered(all, '127.0.0.1:8080')
    expect(page(all, 'outside', `${host}:8080`)).toBe('hello')
    expect(page(all, 'host', `${host}:8080`)).toBe('hello')
    const hairpin = ['wget', '-q', '-O', '-', `http://${host}:8080/`]
    expect(stepbox('exec', 'web', ...hairpin).out).toBe('hello\n')
    expect(stepbox('ps', '--format', '{{.Ports}}').out).toBe('0.0.0.0:8080->80/tcp\n')
    expect(stepbox('port', 'web').out).toBe('80/tcp -> 0.0.0.0:8080\n')
    const second = stepbox('run', '-p', '8080:80', 'busybox', 'true')
    expect(second.code).toBe(125)
    expect(second.err).toContain("port 8080 is container 'web''s")
  }, 120_000)

  test('of IPv6 too, and ::1 is refused at once', async (context) => {
    const all = await begun(context)
    const { stepbox } = all
    stepbox('network', 'create', '--ipv6', 'six')
    const argv = ['run', '-d', '--name', 'web', '--network', 'six', '-p', '8080:80', ...serving]
    expect(stepbox(...argv).err).toBe('')
    await answered(all, '127.0.0.1:8080')
    for (const side of ['outside', 'host'] as const)
      expect(page(all, side, `[${host6}]:8080`)).toBe('hello')
    const { err } = all.on('host', ['busybox', 'wget', '-q', '-O', '-', 'http://[::1]:8080/'])
    expect(err).toContain('refused')
  }, 120_000)

  test('of one address is for that one alone', async (context) => {
    const all = await begun(context)
    all.stepbox('run', '-d', '-p', '127.0.0.1:8080:80', '--name', 'web', ...serving)
    await answered(all, '127.0.0.1:8080')
    expect(page(all, 'outside', `${host}:8080`)).toBeUndefined()
    expect(page(all, 'host', `${host}:8080`)).toBeUndefined()
  }, 120_000)
})

describe('isolation', () => {
  test('one network does not reach another, nor an internal one the world', async (context) => {
    const all = await begun(context)
    const { stepbox } = all
    stepbox('network', 'create', '--internal', 'inner')
    stepbox('network', 'create', 'blue')
    stepbox('run', '-d', '--name', 'web', '-p', '8080:80', ...serving)
    stepbox('run', '-d', '--name', 'other', '--network', 'blue', 'busybox', 'sleep', '600')
    stepbox('run', '-d', '--name', 'shut', '--network', 'inner', 'busybox', 'sleep', '600')
    await answered(all, '127.0.0.1:8080')
    const [end] = listContainers(all.root).find(({ name }) => name === 'web')?.net?.ends ?? []
    const address = end?.inside.addresses[0]?.address ?? 'none'
    const reaches = (from: string, to: string) =>
      stepbox('exec', from, 'ping', '-c', '1', '-W', '1', to).code === 0
    expect(reaches('web', addresses.outside)).toBe(true)
    expect(reaches('other', addresses.outside)).toBe(true)
    expect(reaches('other', address)).toBe(false)
    expect(reaches('shut', address)).toBe(false)
    expect(reaches('shut', addresses.outside)).toBe(false)
  }, 120_000)

  test("a container cannot use its neighbour's address", async (context) => {
    const all = await begun(context)
    const { stepbox } = all
    const try1 = (more: string) =>
      stepbox('run', '--rm', 'busybox', 'sh', '-c', `${more} ping -c 1 -W 1 172.17.0.1`).code
    expect(try1('')).toBe(0)
    const foreign = 'ip addr flush dev eth0; ip addr add 172.17.0.99/16 dev eth0;'
    expect(try1(foreign)).not.toBe(0)
  }, 120_000)
})

test('a container that was killed leaves no address, link or element', async (context) => {
  const all = await begun(context)
  const { stepbox, on, root } = all
  stepbox('run', '-d', '--name', 'web', '-p', '8080:80', ...serving)
  await answered(all, '127.0.0.1:8080')
  const found = listContainers(root)[0]
  for (const each of [found?.monitor, found?.init]) if (each) process.kill(each.pid, 'SIGKILL')
  await until(() => stepbox('ps', '-q').out === '')
  expect(leasesIn(root, 'bridge')).toEqual([])
  expect(on('host', ['nft', 'list', 'ruleset']).out).not.toContain(found?.id)
  await until(() => !on('host', ['ip', '-br', 'link']).out.includes('sbv'))
  expect(namesIn(join(root, 'running'))).toEqual([])
}, 120_000)
