/** Tests. `stepbox x-ray`: what it shows equals what /proc says. */
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { networkInterfaces, hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chapters } from '../chapters/table.ts'
import { containerDir } from '../runtime/container/state.ts'
import { tryRead } from '../runtime/files.ts'
import type { Container } from '../runtime/options.ts'
import { processesIn } from '../runtime/02-cgroups/group-control.ts'
import { pageOf } from '../runtime/cli/xray-page.ts'
import type { Chapter } from '../runtime/chapter.ts'
import { xray as lookAt, type XRay } from '../runtime/tools/x-ray/xray.ts'
import { networkFrom } from '../runtime/tools/x-ray/network.ts'
import { rootWithBusybox } from './busybox.ts'
import { statusOf, until } from './carry-out.ts'
import { runtimeOn } from './rows.ts'
import { needs } from './scratch.ts'
import { stepbox } from './stepbox.ts'
import { pidOf, runs, xray } from './x-rayed.ts'

describe('what is shown', () => {
  test('of processes: everybody in the group, by both numbers', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const container = await runs({ root, script: 'sleep 1001 & echo ready; sleep 1002; true' })
    await until(() => processesIn(container.groups ?? []).length === 3, () => 'three processes')
    const { processes } = await xray(root, container)
    const own = processesIn(container.groups ?? [])
    expect(processes.map(({ host }) => host).sort()).toEqual(own.sort())
    for (const { host, inside } of processes)
      expect(statusOf(host, 'NSpid')).toBe(`${host}\t${inside}`)
    expect(processes[0]).toMatchObject({ host: pidOf(container), inside: 1, state: 'S', uid: 0 })
    expect(processes[0]?.command).toMatch(/^sh -c sleep 1001 &/)
    const commands = processes.slice(1).map(({ command }) => command)
    expect(commands.sort()).toEqual(['sleep 1001', 'sleep 1002'])
  })

  test.for(chapters)('of namespaces, in chapter $number', async ({ slug: chapter }, context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const container = await runs({ root, chapter })
    const seen = await xray(root, container)
    for (const { kind, host, container: inside } of seen.namespaces) {
      expect(readlinkSync(`/proc/self/ns/${kind}`)).toBe(`${kind}:[${host}]`)
      expect(readlinkSync(`/proc/${pidOf(container)}/ns/${kind}`)).toBe(`${kind}:[${inside}]`)
    }
    const own = seen.namespaces.filter((each) => each.host !== each.container)
    expect(own.map(({ kind }) => kind)).toEqual(['cgroup', 'ipc', 'mnt', 'net', 'pid', 'uts'])
    expect(seen.processes.map(({ host }) => host)).toContain(pidOf(container))
  })

  test('of mounts: the table of the container, and what the host has of it', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const subtrees = { cgroups: '/', 'pivot-root': join(root, 'rootfs'), commit: '/' }
    for (const [chapter, subtree] of Object.entries(subtrees)) {
      const container = await runs({ root, chapter })
      const { mounts, host } = await xray(root, container)
      const [inside, outside] = [mountsIn(pidOf(container)), mountsIn(process.pid)]
      expect(mounts.map(({ device, target }) => `${device} ${target}`)).toEqual(inside)
      expect(host.mounts).toBe(outside.length)
      const devices = new Set(outside.map((line) => line.split(' ')[0]))
      for (const { device, onHost } of mounts) expect(onHost.length > 0).toBe(devices.has(device))
      const top = mounts.findLast(({ target }) => target === '/')
      expect(top?.subtree.includes(subtree)).toBe(true)
    }
  })

  test('of the control group: limits as they are written, and what is used', async (context) => {
    needs(context, 'root', 'cgroup-memory', 'cgroup-cpu', 'cgroup-pids')
    const root = await rootWithBusybox()
    const flags = ['--memory', '64m', '--cpus', '0.5', '--pids-limit', '20']
    const container = await runs({ root, flags })
    const { groups } = await xray(root, container)
    expect(groups.dirs).toEqual((container.groups ?? []))
    for (const [file, value] of Object.entries(groups.limits)) {
      const dirs = (container.groups ?? []).filter((dir) => existsSync(join(dir, file)))
      expect(dirs.map((dir) => readFileSync(join(dir, file), 'utf8').trim())).toContain(value)
    }
    expect(Object.values(groups.limits)).toContain(String(64 * 2 ** 20))
    expect(groups.limits['pids.max']).toBe('20')
    expect(groups.usage.pids).toBe(processesIn(container.groups ?? []).length)
    const { out } = await stepbox(['x-ray', container.name], { root })
    expect(out).toMatch(/^ memory +[\d.]+ \w+ of 64 MiB$/m)
    expect(out).toMatch(/^ processor time +[\d.]+ s, at most 0.5 at a time/m)
    expect(out).toMatch(/^ processes +2 of 20$/m)
  })

  test('of layers: their sizes, topmost first, and who has them too', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const script = 'head -c 12345 /dev/zero > /made; echo ready; sleep 1000; true'
    const container = await runs({ root, script })
    const other = await runs({ root })
    await stepbox(['commit', container.name, 'next'], { root })
    const { layers } = await xray(root, container)
    expect(layers.map(({ kind }) => kind)).toEqual(['write', 'init', 'image'])
    expect(layers[0]?.sizeBytes).toBe(12345)
    const init = join(containerDir(root, container.id), 'init/etc')
    const stats = readdirSync(init).map((name) => lstatSync(join(init, name)))
    const sizes = stats.map((stat) => (stat.isFile() ? stat.size : 0)) // mtab is a link
    expect(layers[1]?.sizeBytes).toBe(sizes.reduce((sum, size) => sum + size, 0))
    expect(layers[2]).toMatchObject({
      diffId: container.image?.diffIds[0],
      containers: [other.name],
      images: expect.arrayContaining(['busybox:latest', 'next:latest']),
    })
  })

  test('of both sides: names, directories, users, capabilities', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const container = await runs({ root, flags: ['-h', 'inner', '-w', '/tmp', '-u', '7:8'] })
    const seen = await xray(root, container)
    expect(seen.host).toMatchObject({ hostname: hostname(), user: '0:0', cwd: process.cwd() })
    expect(seen.container).toMatchObject({
      pid: pidOf(container),
      hostname: 'inner',
      user: '7:8',
      cwd: '/tmp',
      capabilities: [],
      root: { type: 'overlay', subtree: '/' },
    })
    const bits = BigInt(`0x${statusOf(process.pid, 'CapEff')}`).toString(2).replaceAll('0', '')
    expect(seen.host.capabilities).toHaveLength(bits.length)
  })

  test('of what a chapter adds: its rows, for its containers and later ones', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const runtime = await runtimeOn(root)
    const [first, second] = runtime.rows
    const rowFor = ({ name }: Container) => [{ name: 'route', host: 'eth0', container: name }]
    const added = { ...second, tools: async () => ({ xray: rowFor }) } as Chapter
    const of = async (chapter: string) =>
      lookAt({ ...runtime, rows: [first as Chapter, added] }, await runs({ root, chapter }))
    const seen = await of('cgroups')
    expect(seen?.more).toEqual([{ name: 'route', host: 'eth0', container: seen?.name }])
    const line = new RegExp(`^ route +eth0 +${seen?.name}$`, 'm')
    expect(pageOf(seen as XRay).join('\n')).toMatch(line)
    expect((await of('namespaces'))?.more).toEqual([])
  })

  test.for(['none', 'host'])('of addresses, with --network %s', async (network, context) => {
    needs(context, 'root', 'network-namespace')
    const root = await rootWithBusybox()
    const container = await runs({ root, flags: ['--network', network] })
    const [seen, own] = await whileNoneComes(() => xray(root, container))
    expect([...seen.host.addresses].sort()).toEqual(own)
    if (network === 'host') expect(seen.container.addresses).toEqual(seen.host.addresses)
    else expect(seen.container.interfaces).toEqual(['lo'])
    if (network === 'none') expect(seen.container.addresses).toEqual(['127.0.0.1', '::1'])
  })
})

test('addresses of version 6 are written as everybody writes them', () => {
  const rows = [
    '00000000000000000000000000000001',
    'fe8000000000000000fc00fffe000001',
    'fd000000000000000000000000000002',
    '20010db8000000000001000000000001',
    '20010db8000000010000000000000001',
    '20010db8000100020003000400050006',
    'fd000000000000000000000000000000',
    '00100000000000000000000000000000',
    '20010db8000000010002000300040005',
  ]
  for (const hex of rows) {
    const { addresses } = networkFrom({ dev: '', trie: '', inet6: `${hex} 01 80 10 80 lo\n` })
    expect(addresses).toEqual([asWritten(hex)])
  }
})

describe('on paper and on the screen', () => {
  test('no line is wider than 80 columns, in any chapter', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    for (const { slug: chapter } of chapters) {
      const { name } = await runs({ root, chapter })
      const { out } = await stepbox(['x-ray', name], { root })
      expect(out.split('\n').filter((line) => [...line].length > 80)).toEqual([])
      expect(out).toContain('in the container')
    }
  }, 40_000)

  test('a container that has ended, or never was, is one clear line', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    await stepbox(['run', '--name', 'old', 'busybox', 'true'], { root })
    const ended = await stepbox(['x-ray', 'old'], { root })
    expect([ended.code, ended.err]).toEqual([1, expect.stringMatching(/^stepbox: .*ended.*\n$/)])
    const none = await stepbox(['x-ray', 'nosuch'], { root })
    expect(none).toMatchObject({ code: 1, err: expect.stringContaining("'nosuch'") })
    const piped = await stepbox(['x-ray', '--watch', (await runs({ root })).name], { root })
    expect(piped).toMatchObject({ code: 1, err: expect.stringContaining('needs a terminal') })
  })
})

/** `8:1 /`, the device and the place of each mount. */
function mountsIn(pid: number): string[] {
  const lines = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trimEnd().split('\n')
  return lines.map((line) => line.split(' ')).map(([, , device, , target]) => `${device} ${target}`)
}

/** A look during which no address of the host comes or goes: other tests have bridges here. */
async function whileNoneComes<Seen>(look: () => Promise<Seen>): Promise<[Seen, string[]]> {
  for (;;) {
    const before = ownAddresses()
    const seen = await look()
    if (String(ownAddresses()) === String(before)) return [seen, before]
  }
}

/** Also those of interfaces that no cable is plugged into, which networkInterfaces() leaves out. */
function ownAddresses(): string[] {
  const tries = readFileSync('/proc/net/fib_trie', 'utf8')
  const own = [...tries.matchAll(/-- ([\d.]+)\n +\/32 host LOCAL/g)].map(([, four]) => four ?? '')
  const inet6 = (tryRead('/proc/net/if_inet6') ?? '').match(/^[0-9a-f]{32}/gm) ?? []
  own.push(...inet6.map(asWritten))
  const up = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return [...new Set([...own, ...up.map(({ address }) => address)])].sort()
}

/** An address of version 6, of which the kernel gives all digits. */
function asWritten(hex: string): string {
  return new URL(`http://[${hex.match(/.{4}/g)?.join(':')}]`).hostname.slice(1, -1)
}
