/** Tests: nobody reaches the host's loopback from a cable (CVE-2020-8558). */
import { expect, test, vi } from 'vitest'
import { answered, page, serving, soon } from './calling.ts'
import { addresses, begunTown } from './town.ts'

test("what is for 127.0.0.1 stays on the host, whoever's cable it comes from", async (context) => {
  const town = await begunTown(context)
  town.stepbox('network', 'create', 'blue')
  town.run('web', ['-p', '127.0.0.1:8080:80'], ...serving)
  const attackers = [
    { side: 'outside', via: addresses.host, device: 'up0' },
    { side: town.run('near', []), via: '172.17.0.1', device: 'eth0' },
    { side: town.run('far', ['--network', 'blue']), via: '172.18.0.1', device: 'eth0' },
  ] as const
  town.start('host', ['busybox', 'httpd', '-f', '-p', '127.0.0.1:9000', '-h', '/etc'])
  await answered(town, '127.0.0.1:8080')
  const own = () => page(town, 'host', '127.0.0.1:9000')
  await vi.waitFor(() => expect(own()).not.toBe('refused'), { timeout: 40_000 })
  for (const { side, via, device } of attackers) {
    const script = `
      set -e; ip address del 127.0.0.1/8 dev lo; ip route add 127.0.0.1 via ${via}
      echo 1 > /proc/sys/net/ipv4/conf/${device}/route_localnet`
    expect(town.on(side, ['sh', '-c', script]).err).toBe('')
    for (const port of [8080, 9000]) expect(soon(town, side, `127.0.0.1:${port}`)).toBe('nothing')
  }
  expect(page(town, 'host', '127.0.0.1:8080')).toBe('hello')
}, 120_000)
