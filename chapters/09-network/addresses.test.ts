/** Tests: addresses and subnets as numbers, and which of them are chosen. */
import { describe, expect, test } from 'vitest'
import { contains, formatAddress, formatSubnet } from '../../runtime/09-network/addresses.ts'
import { overlap, parseAddress, parseSubnet } from '../../runtime/09-network/addresses.ts'
import type { Subnet } from '../../runtime/09-network/addresses.ts'
import { freePool, isFree, localSubnet } from '../../runtime/09-network/subnets.ts'

function again(text: string): string | undefined {
  const address = parseAddress(text)
  return address && formatAddress(address)
}

function subnet(text: string): Subnet {
  return parseSubnet(text) ?? { family: 4, base: 0n, prefix: 0 }
}

describe('addresses', () => {
  test.each([
    ['172.17.0.2', '172.17.0.2'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['fd00:0:0:0:0:0:0:1', 'fd00::1'],
    ['FD00:A::', 'fd00:a::'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['1:0:2:0:3:0:4:0', '1:0:2:0:3:0:4:0'],
    ['10:0:0:10::', '10:0:0:10::'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
  ])('%s is written %s', (text, written) => expect(again(text)).toBe(written))

  test.each([
    ...['', '1.2.3', '1.2.3.4.5', '1.2.3.256', '01.2.3.4', 'a.b.c.d', ':', ':::', '1::2::3'],
    ...['1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '12345::', 'g::', '::1.2.3', '1:2:3:4:5:6:7::8'],
  ])('%s is none', (text) => expect(parseAddress(text)).toBeUndefined())

  test('a subnet has the addresses that begin as it does', () => {
    expect(formatSubnet(subnet('172.17.3.4/16'))).toBe('172.17.0.0/16')
    const within = (text: string, address: string) =>
      contains(subnet(text), parseAddress(address) ?? { family: 4, value: 0n })
    expect(within('172.17.0.0/16', '172.17.255.255')).toBe(true)
    expect(within('172.17.0.0/16', '172.18.0.0')).toBe(false)
    expect(within('fd00::/64', 'fd00::ffff:0:0:1')).toBe(true)
    expect(within('fd00::/64', '0.0.0.0')).toBe(false)
    expect(overlap(subnet('10.0.0.0/8'), subnet('10.200.0.0/24'))).toBe(true)
    expect(overlap(subnet('10.0.0.0/24'), subnet('10.0.1.0/24'))).toBe(false)
    for (const text of ['10.0.0.0', '10.0.0.0/33', '/8', 'fd00::/129', '10.0.0.0/-1'])
      expect(parseSubnet(text)).toBeUndefined()
  })
})

describe('what is chosen', () => {
  test('is the first of the pools that nobody has', () => {
    expect(freePool([])).toBe('172.17.0.0/16')
    expect(freePool([subnet('172.17.4.0/24'), subnet('172.18.0.0/15')])).toBe('172.20.0.0/16')
    expect(freePool([subnet('172.16.0.0/12')])).toBe('192.168.0.0/20')
    expect(freePool([subnet('172.16.0.0/12'), subnet('192.168.1.0/24')])).toBe('192.168.16.0/20')
    expect(isFree('172.17.0.0/16', [subnet('172.17.255.0/24')])).toBe(false)
  })

  test('may be nothing', () => {
    const all = [subnet('172.16.0.0/12'), subnet('192.168.0.0/16')]
    expect(() => freePool(all)).toThrow('could not find an available, non-overlapping IPv4 address')
  })

  test('of IPv6 comes from the id of the network', () => {
    expect(localSubnet(`0123456789abcdef${'0'.repeat(48)}`)).toBe('fd01:2345:6789:abcd::/64')
  })
})
