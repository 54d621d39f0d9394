/** Tests: networks on the disk, and who has which of their addresses. */
import { mkdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { createNetwork } from '../../runtime/09-network/change-networks.ts'
import { theDefaultNetwork } from '../../runtime/09-network/change-networks.ts'
import { freeStale, giveBack, lease, leasesIn } from '../../runtime/09-network/leases.ts'
import { leasesOfRunning } from '../../runtime/09-network/leases.ts'
import { checkMtu, checkSubnet } from '../../runtime/09-network/network-checks.ts'
import { bridgeNetworks, findNetwork, listNetworks } from '../../runtime/09-network/networks.ts'
import { networkDir, readNetwork } from '../../runtime/09-network/networks.ts'
import type { NetworkSubnet } from '../../runtime/09-network/networks.ts'
import { newId } from '../../runtime/container/create.ts'
import { makePlaces, runningMark } from '../../runtime/container/state.ts'
import { namesIn, unlinkIfThere } from '../../runtime/files.ts'
import { needs, scratch } from '../../test/scratch.ts'

function begun(context: TestContext): string {
  needs(context, 'root')
  const root = join(scratch(), 'data')
  makePlaces(root)
  return root
}

/** The id of a container that is taken to run. */
function marked(root: string): string {
  const id = newId()
  writeFileSync(runningMark(root, id), '{}')
  return id
}

const small = { name: 'small', subnets: [{ subnet: '10.9.8.0/29' }] }

describe('on the disk', () => {
  test('a network is a directory, found by its name and its id', async (context) => {
    const root = begun(context)
    const made = await createNetwork(root, { name: 'blue', labels: { keep: 'yes' } })
    expect(readNetwork(root, 'blue')).toEqual(made)
    for (const word of ['blue', made.id, made.id.slice(0, 12)])
      expect(findNetwork(root, word)).toEqual(made)
    expect(listNetworks(root).map(({ name }) => name)).toEqual(['blue', 'host', 'none'])
    expect(made.bridge?.name).toBe(`sb-${made.id.slice(0, 12)}`)
    expect(() => findNetwork(root, 'green')).toThrow("no network named 'green'; have: blue, host")
    expect(namesIn(join(root, 'tmp'))).toEqual([])
  })

  test('no two have a name or an address in common', async (context) => {
    const root = begun(context)
    await createNetwork(root, small)
    const other = (asked: object) => createNetwork(root, { name: 'other', ...asked })
    await expect(other({ name: 'small' })).rejects.toThrow('with name small already exists')
    const overlapping = { subnets: [{ subnet: '10.9.0.0/16' }] }
    await expect(other(overlapping)).rejects.toThrow('Pool overlaps with other one')
    for (const name of ['bridge', 'host', 'none', 'default'])
      await expect(other({ name })).rejects.toThrow('not permitted on predefined')
    for (const name of ['', '.', '../x', 'a b', '-a'])
      await expect(other({ name })).rejects.toThrow('is not the name of a network')
    const [one, two] = await Promise.all([other({ name: 'one' }), other({ name: 'two' })])
    expect(one.subnets[0]?.subnet).not.toBe(two.subnets[0]?.subnet)
  })

  test('the default network is made once, however many ask for it', async (context) => {
    const root = begun(context)
    const all = await Promise.all([1, 2, 3].map(() => theDefaultNetwork(root)))
    expect(new Set(all.map(({ id }) => id)).size).toBe(1)
    expect(bridgeNetworks(root)).toHaveLength(1)
  })

  test('one that is damaged is none', async (context) => {
    const root = begun(context)
    await createNetwork(root, small)
    writeFileSync(join(networkDir(root, 'small'), 'network.json'), '{"vers')
    mkdirSync(join(root, 'networks', 'empty'))
    expect(bridgeNetworks(root)).toEqual([])
  })

  test('the parts of a subnet fit together', () => {
    const subnet = '10.1.0.0/16'
    checkSubnet({ subnet, gateway: '10.1.0.9', range: '10.1.4.0/24', auxiliary: { a: '10.1.0.3' } })
    const wrong = (more: object, why: string) =>
      expect(() => checkSubnet({ subnet, ...more })).toThrow(why)
    wrong({ subnet: '10.1.0.0' }, "invalid subnet '10.1.0.0'")
    wrong({ gateway: '10.2.0.1' }, 'no matching subnet for gateway 10.2.0.1')
    wrong({ range: '10.2.0.0/24' }, 'no matching subnet for range 10.2.0.0/24')
    wrong({ range: '10.0.0.0/8' }, 'no matching subnet for range 10.0.0.0/8')
    wrong({ auxiliary: { a: 'fd00::1' } }, 'no matching subnet for aux-address fd00::1')
  })

  test.for([
    ...['127.0.0.0/8', '127.5.0.0/16', '126.0.0.0/7', '0.0.0.0/0', '0.1.0.0/16', '224.0.0.0/24'],
    ...['240.0.0.0/8', '255.255.255.0/24', '169.254.0.0/16', '169.254.7.0/24', '::1/128', '::/64'],
    ...['::/128', '::ffff:10.0.0.0/104', 'fe80::/64', 'fe80:1::/64', 'febf::/16', 'ff02::/64'],
  ])('addresses that mean something else are no subnet: %s', (subnet) => {
    const why = /^invalid subnet \S+: \S+ is for .*; take one such as [\w.:]+\/\d+$/
    expect(() => checkSubnet({ subnet })).toThrow(why)
  })

  test.for([
    ...['128.0.0.0/16', '1.0.0.0/8', '223.255.255.0/24', '169.253.0.0/16', '10.9.0.0/30'],
    ...['fd00:28::/64', 'fec0::/64', 'fd00::/126', '64:ff9b::/96'],
  ])('those beside them are: %s', (subnet) => checkSubnet({ subnet }))

  test('there is room for a gateway and a container', () => {
    const wrong = (asked: NetworkSubnet, why: string) =>
      expect(() => checkSubnet(asked)).toThrow(why)
    for (const subnet of ['10.1.0.0/31', '10.1.0.0/32', 'fd00::/127', 'fd00::1/128'])
      wrong({ subnet }, `No available addresses on this pool: ${subnet} has no room`)
    const [subnet, gateway] = ['10.1.0.0/24', '10.1.0.1']
    const none = (range: string) => `${range} has none left for a container`
    wrong({ subnet, range: '10.1.0.9/32' }, none('10.1.0.9/32'))
    wrong({ subnet, gateway, range: '10.1.0.0/31' }, none('10.1.0.0/31'))
    wrong({ subnet, gateway, range: '10.1.0.255/32' }, none('10.1.0.255/32'))
    wrong({ subnet, range: '10.1.0.255/32' }, 'failed to allocate gateway (10.1.0.255)')
    wrong({ subnet, auxiliary: { a: gateway } }, `secondary ip address (a:${gateway})`)
    wrong({ subnet: '10.1.0.0/30', auxiliary: { a: '10.1.0.2' } }, none('10.1.0.0/30'))
    checkSubnet({ subnet, gateway, range: '10.1.0.9/32' })
    for (const own of ['10.1.0.0', '10.1.0.255'])
      wrong({ subnet, gateway: own }, `failed to allocate gateway (${own}): Address already`)
    wrong({ subnet: 'fd00::/64', gateway: 'fd00::' }, 'take one from fd00::1 to ')
    checkSubnet({ subnet: 'fd00::/126', gateway: 'fd00::3' })
  })

  test('packets are as large as a link carries them', () => {
    for (const mtu of ['0', '68', '1500', '65535']) checkMtu(mtu, false)
    checkMtu('1280', true)
    for (const mtu of ['67', '-1', '65536', '100000'])
      expect(() => checkMtu(mtu, false)).toThrow(`invalid MTU number: ${mtu}; it is from 68 to`)
    expect(() => checkMtu('1279', true)).toThrow('invalid MTU number: 1279; with IPv6')
    for (const mtu of ['', '15k']) expect(() => checkMtu(mtu, false)).toThrow('failed to parse')
  })
})

describe('leases', () => {
  test('the lowest address that is free, and not the gateway', async (context) => {
    const root = begun(context)
    const network = await createNetwork(root, small)
    expect(network.subnets[0]?.gateway).toBe('10.9.8.1')
    const [a, b, c] = [marked(root), marked(root), marked(root)] as const
    expect(await lease(root, network, { container: a })).toEqual(['10.9.8.2'])
    expect(await lease(root, network, { container: b })).toEqual(['10.9.8.3'])
    giveBack(root, 'small', { address: '10.9.8.2', container: a })
    expect(await lease(root, network, { container: c })).toEqual(['10.9.8.2'])
    giveBack(root, 'small', { address: '10.9.8.2', container: a }) // it is not a's any more
    expect(leasesIn(root, 'small')).toHaveLength(2)
    expect(readlinkSync(join(networkDir(root, 'small'), 'leases', '10.9.8.2'))).toBe(c)
  })

  test('all are given, and then none', async (context) => {
    const root = begun(context)
    const network = await createNetwork(root, small)
    const ids = [1, 2, 3, 4, 5].map(() => marked(root))
    const all = await Promise.all(ids.map((container) => lease(root, network, { container })))
    expect(all.flat().sort()).toEqual([2, 3, 4, 5, 6].map((last) => `10.9.8.${last}`))
    const one = lease(root, network, { container: marked(root) })
    await expect(one).rejects.toThrow("no available IPv4 addresses on network 'small'")
  })

  test('one that was wished for, if it is there to be had', async (context) => {
    const root = begun(context)
    const network = await createNetwork(root, { ...small, hasIPv6: true })
    const asking = (more: object) => lease(root, network, { container: marked(root), ...more })
    expect((await asking({ four: '10.9.8.5' }))[0]).toBe('10.9.8.5')
    await expect(asking({ four: '10.9.8.5' })).rejects.toThrow('Address already in use: 10.9.8.5')
    await expect(asking({ four: '10.9.8.1' })).rejects.toThrow('Address already in use: 10.9.8.1')
    for (const four of ['10.9.8.0', '10.9.8.7'])
      await expect(asking({ four })).rejects.toThrow(`in use: ${four} stands for all of network`)
    const [six = ''] = network.subnets[1]?.subnet.split('/') ?? []
    await expect(asking({ six })).rejects.toThrow(`in use: ${six} stands for all of network`)
    await expect(asking({ four: '10.1.1.1' })).rejects.toThrow('is not in network')
    await expect(asking({ six: 'fe80::1' })).rejects.toThrow('is not in network')
    expect(leasesIn(root, 'small')).toHaveLength(2) // a lease that failed left none of the other
  })

  test('from the range, and not what is somebody else\'s', async (context) => {
    const root = begun(context)
    const auxiliary = { dns: '10.9.7.5' }
    const subnets = [{ subnet: '10.9.0.0/16', range: '10.9.7.4/30', auxiliary }]
    const network = await createNetwork(root, { name: 'small', subnets })
    expect(network.subnets[0]?.gateway).toBe('10.9.7.4')
    expect(await lease(root, network, { container: marked(root) })).toEqual(['10.9.7.6'])
  })

  test('end with the mark of their container', async (context) => {
    const root = begun(context)
    const network = await createNetwork(root, small)
    const [gone, here] = [marked(root), marked(root)] as const
    for (const container of [gone, here]) await lease(root, network, { container })
    unlinkIfThere(runningMark(root, gone))
    expect(leasesOfRunning(root, 'small').map(({ container }) => container)).toEqual([here])
    await freeStale(root, 'small')
    expect(leasesIn(root, 'small')).toEqual([{ address: '10.9.8.3', container: here }])
  })

  test('a container that starts anew has one still', async (context) => {
    const root = begun(context)
    const network = await createNetwork(root, small)
    const container = marked(root)
    await lease(root, network, { container })
    expect(await lease(root, network, { container })).toEqual(['10.9.8.2'])
    expect(leasesIn(root, 'small')).toHaveLength(1)
  })
})
