/** Tests: networks on the disk, and who has which of their addresses. */
import { mkdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { checkSubnet, createNetwork } from '../../runtime/09-network/change-networks.ts'
import { theDefaultNetwork } from '../../runtime/09-network/change-networks.ts'
import { freeStale, giveBack, lease, leasesIn } from '../../runtime/09-network/leases.ts'
import { leasesOfRunning } from '../../runtime/09-network/leases.ts'
import { bridgeNetworks, findNetwork, listNetworks } from '../../runtime/09-network/networks.ts'
import { networkDir, readNetwork } from '../../runtime/09-network/networks.ts'
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
