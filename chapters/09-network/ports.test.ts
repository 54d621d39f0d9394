/** Tests: who reaches a published port, and by which of the host's addresses. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { leasesIn } from '../../runtime/09-network/leases.ts'
import { listContainers } from '../../runtime/container/find.ts'
import { namesIn } from '../../runtime/files.ts'
import { until } from '../../test/detached.ts'
import { answered, answering, bothWays, datagram, heard, page, serving } from './calling.ts'
import { addresses, begunTown, type Side } from './town.ts'

const patience = 120_000
const { host, host6 } = addresses

describe('a published port', () => {
  test('is reached from four places and by a neighbour, by TCP and by UDP', async (context) => {
    const town = await begunTown(context)
    const web = town.run('web', ['-p', '8080:80', '-p', '5353:53/udp'], ...serving)
    const beside = town.run('beside', [])
    answering(town, web)
    await answered(town, '127.0.0.1:8080')
    await heard(town, ['127.0.0.1', 5353])
    const hears = (side: Side, at: string) =>
      `${page(town, side, `${at}:8080`)} ${datagram(town, side, [at, 5353])}`
    expect(hears('outside', host)).toBe('hello hello')
    for (const at of [host, '127.0.0.1', '172.17.0.1'])
      expect(hears('host', at)).toBe('hello hello')
    for (const passes of bothWays(town)) {
      passes()
      for (const side of [web, beside])
        for (const at of [host, '172.17.0.1']) expect(hears(side, at)).toBe('hello hello')
    }
    const ports = '0.0.0.0:5353->53/udp, 0.0.0.0:8080->80/tcp\n'
    expect(town.stepbox('ps', '-f', 'name=web', '--format', '{{.Ports}}').out).toBe(ports)
    expect(town.stepbox('port', 'web', '80').out).toBe('0.0.0.0:8080\n')
  }, patience)

  test('is reached by IPv6 too, and ::1 is refused at once', async (context) => {
    const town = await begunTown(context)
    town.stepbox('network', 'create', '--ipv6', 'six')
    const flags = ['--network', 'six', '-p', '8080:80', '-p', '5353:53/udp']
    const web = town.run('web', flags, ...serving)
    const beside = town.run('beside', ['--network', 'six'])
    answering(town, web)
    await answered(town, `[${host6}]:8080`)
    await heard(town, [host6, 5353])
    const hears = (side: Side, at: string) =>
      `${page(town, side, `[${at}]:8080`)} ${datagram(town, side, [at, 5353])}`
    for (const side of ['outside', 'host', web, beside] as const)
      expect(hears(side, host6)).toBe('hello hello')
    expect(hears('host', '::1')).toBe('refused ECONNREFUSED')
    expect(page(town, 'host', '127.0.0.1:8080')).toBe('hello')
    const { code, err } = town.stepbox('run', '-p', '[::1]:81:80', '--network', 'six', 'busybox')
    expect(code).toBe(125)
    expect(err).toContain('cannot publish on ::1')
  }, patience)

  test('of one address is for that one alone', async (context) => {
    const town = await begunTown(context)
    town.run('web', ['-p', '127.0.0.1:8080:80', '-p', `${host}:8081:80`], ...serving)
    await answered(town, '127.0.0.1:8080')
    expect(page(town, 'outside', `${host}:8081`)).toBe('hello')
    expect(page(town, 'outside', `${host}:8080`)).toBe('refused')
    expect(page(town, 'host', `${host}:8080`)).toBe('refused')
    expect(page(town, 'host', '127.0.0.1:8081')).toBe('refused')
  }, patience)

  test('is one of several, or any, or all that are exposed; or of SCTP', async (context) => {
    const town = await begunTown(context)
    const flags = ['-p', '9000-9001:80-81', '-p', '80', '-p', '9000-9005:80', '-p', '99:99/sctp']
    town.run('web', flags, ...serving)
    town.run('all', ['-P', '--expose', '80'], ...serving)
    const portsOf = (...name: string[]) => town.stepbox('port', ...name).out.trim().split('\n')
    const ports = portsOf('web', '80').map((line) => line.replace(/.*:/, ''))
    expect(ports).toContain('9000')
    expect(ports).toContain('9002') // 9001 leads to another port
    const [any] = ports.filter((port) => !/^900./.test(port))
    expect(Number(any)).toBeGreaterThan(32767)
    const [exposed = ''] = portsOf('all', '80')
    for (const at of ['127.0.0.1:9000', '127.0.0.1:9002', `127.0.0.1:${any}`, exposed])
      await answered(town, at.replace('0.0.0.0', '127.0.0.1'))
    expect(page(town, 'host', '127.0.0.1:9003')).toBe('refused')
    expect(portsOf('web')).toContain('99/sctp -> 0.0.0.0:99')
    expect(town.on('host', ['nft', 'list', 'ruleset']).out).toContain('sctp . 99')
  }, patience)
})

test('a container that was killed leaves no address, link or element', async (context) => {
  const town = await begunTown(context)
  const { stepbox, on, root } = town
  town.run('web', ['-p', '8080:80'], ...serving)
  await answered(town, '127.0.0.1:8080')
  const found = listContainers(root)[0]
  for (const each of [found?.monitor, found?.init]) if (each) process.kill(each.pid, 'SIGKILL')
  await until(() => stepbox('ps', '-q').out === '')
  expect(leasesIn(root, 'bridge')).toEqual([])
  expect(on('host', ['nft', 'list', 'ruleset']).out).not.toContain(found?.id)
  await until(() => !on('host', ['ip', '-br', 'link']).out.includes('sbv'))
  expect(namesIn(join(root, 'running'))).toEqual([])
}, patience)
