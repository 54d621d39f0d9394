/** Tests. What `ps` says of ports: literal lines of Docker 20.10, without those of `::`. */
import { expect, test } from 'vitest'
import { exposes, portsColumn, publishes } from '../../runtime/09-network/ports-column.ts'
import { parseExpose, parsePublish } from '../../runtime/09-network/publish-flag.ts'
import type { Container } from '../../runtime/options.ts'

/** A container that runs, with such flags. */
function container(publish: string[], expose: string[] = [], isInternal = false): Container {
  const ports = publish.flatMap(parsePublish).map(({ port, protocol, address, host }) => ({
    ...{ address: address ?? '0.0.0.0', port: host?.[0] ?? 0, protocol, fd: 0 },
    to: { address: '172.17.0.2', port },
  }))
  const words = [...ports.map(({ to, protocol }) => `${to.port}/${protocol}`),
    ...expose.flatMap(parseExpose)]
  const ExposedPorts = Object.fromEntries(words.map((word) => [word, {}]))
  const ends = [{ isInternal }]
  return { status: 'running', net: { ends, ports }, config: { ExposedPorts } } as never
}

const many = container(
  ['8090:80', '5353:53/udp', '7000:7000', '7001:7001', '7003:7003', '127.0.0.1:7002:7002'],
  ['90-92', '5/udp'],
)

test('groups of equal numbers come first, and what has another number on the host last', () => {
  expect(portsColumn(many)).toBe(
    '0.0.0.0:7000-7001->7000-7001/tcp, 5/udp, 90-92/tcp, 0.0.0.0:7003->7003/tcp, ' +
      '127.0.0.1:7002->7002/tcp, 0.0.0.0:5353->53/udp, 0.0.0.0:8090->80/tcp',
  )
  expect(portsColumn(container(['8080:80', '5353:53/udp']))).toBe(
    '0.0.0.0:5353->53/udp, 0.0.0.0:8080->80/tcp',
  )
  expect(portsColumn({ ...many, status: 'exited' })).toBeUndefined()
  expect(portsColumn(container(['80:80'], [], true))).toBeUndefined()
})

test('filters look for a port of the host, or for one of the container', () => {
  const found = (filter: typeof publishes, words: string) =>
    words.split(' ').filter((word) => filter(word)(many))
  expect(found(publishes, '8090 80 8080-8090/tcp 5353 5353/udp 90')).toEqual([
    '8090', '8080-8090/tcp', '5353/udp',
  ])
  expect(found(exposes, '80 8090 90 89-93 5 5/udp 53/udp')).toEqual([
    '80', '90', '89-93', '5/udp', '53/udp',
  ])
  for (const word of ['', 'foo', '80/foo', '90-80', '80/tcp/udp'])
    expect(() => publishes(word)).toThrow(`invalid --filter 'publish=${word}': a port, as 80, `)
})
