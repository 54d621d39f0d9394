/** Tests. What `x-ray` and `--step` show of a container's network is what ip(8) and nft(8) say. */
import { expect, test, type TestContext } from 'vitest'
import { connectionsOf } from '../../runtime/09-network/tracked.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { until } from '../../test/detached.ts'
import { needs } from '../../test/scratch.ts'
import { program } from '../../test/stepbox.ts'
import { addresses, canBuild, town, type Town } from './town.ts'

async function begun(context: TestContext): Promise<Town> {
  needs(context, 'root', 'overlay', 'container-links')
  if (!canBuild()) context.skip('it takes iproute2, nftables, util-linux and busybox')
  return town(await rootWithBusybox())
}

interface Link {
  ifname: string
  ifindex: number
  address: string
  master?: string
  link_index?: number
  stats64: Record<'rx' | 'tx', { bytes: number; packets: number }>
}

const [serving, page] = [['busybox', 'httpd', '-f', '-p', '80', '-h', '/etc'], 'hostname']
const get = ['busybox', 'wget', '-q', '-O', '-']

test('x-ray draws bridge, cables, addresses, routes and what is published', async (context) => {
  const { stepbox, on } = await begun(context)
  stepbox('network', 'create', 'shop')
  stepbox('run', '-d', '--name', 'other', '--network', 'shop', 'busybox', 'sleep', '600')
  const given = ['--name', 'web', '--network', 'shop', '-p', '8080:80']
  expect(stepbox('run', '-d', ...given, ...serving).err).toBe('')
  const url = `http://${addresses.host}:8080/${page}`
  await until(() => on('outside', [...get, url]).code === 0)
  const links = JSON.parse(on('host', ['ip', '-j', '-s', '-d', 'link']).out) as Link[]
  const seen = JSON.parse(stepbox('x-ray', '--format', 'json', 'web').out) as {
    id: string
    more: { part?: string; name: string; host: string; container: string }[]
  }
  const end = links.find(({ ifname }) => ifname === `sbv${seen.id.slice(0, 11)}`)
  const other = links.find(({ ifname }) => /^sbv/.test(ifname) && ifname !== end?.ifname)
  const rowsOf = (part: string) =>
    seen.more.filter((each) => each.part === part).map((row) => [row.name, row.host, row.container])
  const cable = (link: Link | undefined) => expect.stringContaining(`${link?.ifname} ═`) as string
  expect(rowsOf('network shop')).toEqual(
    expect.arrayContaining([
      ['bridge', `${end?.master} up`, ''],
      ['cable', cable(end), '══ eth0 up'],
      ['', cable(other), '══ eth0 of other'],
      ['number', `${end?.ifindex}, other end 2`, `2, other end ${end?.ifindex}`],
      ['address', '172.18.0.1/16', expect.stringMatching(/^172\.18\.0\.[23]\/16$/)],
      ['MAC address', end?.address, expect.stringMatching(/^02:42:ac:12:/)],
      ['route', '172.18.0.0/16', 'default via 172.18.0.1'],
      ['masquerade', '172.18.0.0/16', expect.any(String)],
    ]),
  )
  const packets = (name: string, side: 1 | 2) => {
    const row = rowsOf('network shop').find(([first]) => first === name)
    return Number(/(\d+) packets/.exec(row?.[side] ?? '')?.[1])
  }
  expect(packets('received', 1)).toBeGreaterThanOrEqual(end?.stats64.rx.packets ?? Infinity)
  expect(packets('sent', 2)).toBeGreaterThanOrEqual(packets('received', 1)) // looked at later
  const names = rowsOf('ports and names')
  expect(names).toContainEqual(['published', '0.0.0.0:8080/tcp', expect.stringMatching(/:80$/)])
  const resolver = names.find(([name]) => name === 'resolver')?.[1]?.replace('process ', '')
  expect(on('host', ['cat', `/proc/${resolver}/comm`]).out).toBe('resolver\n')
  const hosts = names.map(([, host]) => host)
  expect(hosts).toContainEqual(expect.stringContaining(`from ${addresses.outside}:`))
  expect(hosts).toContain(`to ${addresses.host}:8080`)
  const wide = stepbox('x-ray', 'web').out.split('\n').filter((line) => [...line].length > 80)
  expect(wide).toEqual([])
  expect(stepbox('x-ray', '--lang', 'zh', 'web').out).toMatch(/^ 网桥/m)
}, 120_000)

test('a walk shows the network as it grows, on the side where it does', async (context) => {
  const { on } = await begun(context)
  const words = ['run', '--rm', '--step', '--name', 'web', '-p', '8080:80', 'busybox', 'true']
  const argv = [process.execPath, '--', program, ...words]
  const { err } = on('host', ['sh', '-c', 'yes next | head -n 200 | "$@"', 'sh', ...argv])
  const grown = err.match(/^change . (?:host )?(?:link|address|route|filter) .*/gm) ?? []
  const plain = grown.map((line) =>
    line.replace(/^change /, '').replace(/sbv\w+/g, 'sbvX').replace(/\d{6,}/g, 'N'),
  )
  expect(plain).toEqual(expect.arrayContaining(onTheWay))
  const isInside = (line: string) => !line.startsWith('host', 2)
  expect(plain.filter(isInside)).toEqual(onTheWay.filter(isInside))
}, 120_000)

const onTheWay = [
  '+ host link stepbox0 a bridge, number N, down',
  '+ host address 172.17.0.1/16 given to stepbox0',
  '~ host link stepbox0 a bridge, number N, down → a bridge, number N, up',
  '+ host route 172.17.0.0/16 through stepbox0',
  '+ host filter anywhere4 { tcp . 8080 : 172.17.0.2 . 80 } in table inet stepbox',
  '+ host filter chain forward in table inet stepbox',
  '+ host link sbvX a veth, number N, the other end is 2, a port of stepbox0, up',
  '+ link eth0 a veth, number 2, the other end is N, down',
  '+ address 172.17.0.2/16 given to eth0',
  '~ link eth0 a veth, number 2, the other end is N, down → ' +
    'a veth, number 2, the other end is N, up',
  '+ route 172.17.0.0/16 through eth0',
  '+ route default via 172.17.0.1, through eth0',
]

test('a connection is shown as both sides of a translation have it', () => {
  const tuple = (from: string, to: string) => {
    const [src, sport, dst, dport] = [from, to].flatMap((each) => each.split(':'))
    return `src=${src} dst=${dst} sport=${sport} dport=${dport}`
  }
  const line = (sent: string, answered: string) =>
    `ipv4 2 tcp 6 117 TIME_WAIT ${sent} packets=6 bytes=400 ${answered} packets=5 bytes=522 use=2\n`
  const table =
    line(tuple('192.0.2.2:41', '192.0.2.1:8080'), tuple('172.17.0.2:80', '192.0.2.2:41')) +
    line(tuple('172.17.0.2:42', '192.0.2.2:80'), tuple('192.0.2.2:80', '192.0.2.1:42')) +
    line(tuple('172.17.0.9:43', '192.0.2.2:80'), tuple('192.0.2.2:80', '192.0.2.1:43'))
  const traffic = { packets: 11, bytes: 922 }
  const same = { protocol: 'tcp', state: 'TIME_WAIT', traffic }
  expect(connectionsOf(['172.17.0.2'], table)).toEqual([
    {
      ...same,
      outside: { from: '192.0.2.2:41', to: '192.0.2.1:8080' },
      inside: { from: '192.0.2.2:41', to: '172.17.0.2:80' },
    },
    {
      ...same,
      outside: { from: '192.0.2.1:42', to: '192.0.2.2:80' },
      inside: { from: '172.17.0.2:42', to: '192.0.2.2:80' },
    },
  ])
})
