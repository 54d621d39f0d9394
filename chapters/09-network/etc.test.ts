/** Tests. What a container is told: files in /etc, byte for byte as dockerd 20.10 writes them. */
import { describe, expect, test } from 'vitest'
import { hostsFile, withOwnAddresses } from '../../runtime/09-network/hosts.ts'
import { askedNames } from '../../runtime/09-network/name-words.ts'
import { hostsResolvConf, ownResolvConf } from '../../runtime/09-network/resolv-conf.ts'
import { isStub, resolvConf, serversBehind } from '../../runtime/09-network/resolv-conf.ts'

const loopback = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::0\tip6-localnet',
  'ff00::0\tip6-mcastprefix',
  'ff02::1\tip6-allnodes',
  'ff02::2\tip6-allrouters',
]

describe('/etc/hosts', () => {
  const hostname = '76d4f7ff7e74'
  const bare = { extra: [], linked: [], addresses: [], hostname }

  test('has the loopback, what was added, links, and the own addresses, in this order', () => {
    const text = hostsFile({
      extra: [['foo', '1.2.3.4'], ['six', '::1']],
      linked: [{ address: '172.17.0.2', names: ['db', '3bab0288779a', 'ee'] }],
      addresses: ['192.168.48.2', 'fd00:1::2'],
      hostname,
    })
    expect(text.split('\n')).toEqual([
      ...loopback,
      '1.2.3.4\tfoo',
      '::1\tsix',
      '172.17.0.2\tdb 3bab0288779a ee',
      '192.168.48.2\t76d4f7ff7e74',
      'fd00:1::2\t76d4f7ff7e74',
      '',
    ])
  })

  test('without a network, it has the loopback alone', () => {
    expect(hostsFile(bare).split('\n')).toEqual([...loopback, ''])
  })

  test('of a name with a domain, it has both', () => {
    const lineOf = (name: string, domainname?: string) =>
      hostsFile({ ...bare, hostname: name, domainname, addresses: ['172.17.0.2'] })
        .split('\n')
        .at(-2)
    expect(lineOf('web')).toBe('172.17.0.2\tweb')
    expect(lineOf('web.example.org')).toBe('172.17.0.2\tweb.example.org web')
    expect(lineOf('web', 'example.org')).toBe('172.17.0.2\tweb.example.org web')
  })

  test('another network changes the own addresses, and nothing else', () => {
    const first = `${hostsFile({ ...bare, addresses: ['172.17.0.2'] })}10.0.0.1\tmine\n`
    const both = withOwnAddresses(first, { hostname, addresses: ['172.17.0.2', '172.18.0.4'] })
    expect(both.split('\n').slice(6)).toEqual([
      '10.0.0.1\tmine',
      '172.17.0.2\t76d4f7ff7e74',
      '172.18.0.4\t76d4f7ff7e74',
      '',
    ])
  })
})

describe('/etc/resolv.conf', () => {
  const host = 'search corp.example lan\nnameserver 10.99.0.1\noptions timeout:1 edns0\n'

  test('is the host’s, where programs ask the host’s resolvers', () => {
    expect(resolvConf(host, {})).toBe(host)
    expect(hostsResolvConf(host, {})).toBe(host)
  })

  test('names no resolver of the loopback, and none of IPv6 without IPv6', () => {
    const many = ['127.0.0.53', '::1', 'fe80::1%up0', '10.99.0.1', '2001:db8::1']
    const text = many.map((each) => `nameserver ${each}\n`).join('')
    expect(resolvConf(text, {})).toBe('nameserver 10.99.0.1\n')
    expect(resolvConf(text, {}, true)).toContain('nameserver 2001:db8::1\n')
    expect(hostsResolvConf(text, {})).toBe(text)
  })

  test('names others where none is left', () => {
    const others = 'nameserver 8.8.8.8\nnameserver 8.8.4.4\n'
    expect(resolvConf('nameserver 127.0.0.53\noptions edns0\nsearch lan\n', {})).toBe(
      `options edns0\nsearch lan\n\n${others}`,
    )
    expect(resolvConf('', {})).toBe(others)
  })

  test('names the own resolver, and what the host has beside', () => {
    expect(ownResolvConf(host, {}, '127.0.0.11')).toBe(
      'search corp.example lan\nnameserver 127.0.0.11\noptions timeout:1 edns0 ndots:0\n',
    )
    expect(ownResolvConf('', {}, '127.0.0.11')).toBe('nameserver 127.0.0.11\noptions ndots:0\n')
  })

  test('is made of what was asked for', () => {
    const options = ['ndots:3', 'timeout:2']
    const asked = { servers: ['9.9.9.9'], search: ['a.b', 'c.d'], options }
    expect(resolvConf(host, asked)).toBe(
      'search a.b c.d\nnameserver 9.9.9.9\noptions ndots:3 timeout:2\n',
    )
    expect(ownResolvConf(host, { ...asked, search: ['.'] }, '127.0.0.11')).toBe(
      'nameserver 127.0.0.11\noptions ndots:3 timeout:2\n',
    )
    expect(hostsResolvConf(host, { servers: ['1.1.1.1'] })).toBe(
      'search corp.example lan\nnameserver 1.1.1.1\noptions timeout:1 edns0\n',
    )
  })

  test('the own resolver asks those of the host, or those that were given', () => {
    expect(serversBehind(host, {})).toEqual(['10.99.0.1'])
    expect(serversBehind(host, { servers: ['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4'] })).toEqual(
      ['1.1.1.1', '2.2.2.2', '3.3.3.3'],
    )
  })

  test('a host that asks systemd-resolved alone is known by its address', () => {
    expect(isStub('nameserver 127.0.0.53\noptions edns0 trust-ad\n')).toBe(true)
    expect(isStub('nameserver 127.0.0.53\nnameserver 10.0.0.1\n')).toBe(false)
    expect(isStub('nameserver 127.0.0.1\n')).toBe(false)
  })
})

describe('words that are refused', () => {
  const asked = (flag: string, word: string) => () =>
    askedNames({ values: new Map([[flag, [word]]]) })

  test.each([
    ['dns', 'foo', 'foo is not an ip address'],
    ['dns-search', 'a b', 'a b is not a valid domain'],
    ['dns-search', 'a_b', 'a_b is not a valid domain'],
    ['add-host', 'foo', 'bad format for add-host: "foo"'],
    ['add-host', 'foo:', 'invalid IP address in add-host: ""'],
    ['add-host', ':1.2.3.4', 'bad format for add-host: ":1.2.3.4"'],
    ['link', 'a:b:c', 'bad format for links: a:b:c'],
  ])('--%s %s', (flag, word, why) => {
    expect(asked(flag, word)).toThrow(`invalid argument "${word}" for "--${flag}" flag: ${why}`)
  })

  test('what is good is taken', () => {
    const own = 'host-gateway'
    expect(asked('add-host', `foo:${own}`)()).toEqual({ extraHosts: [['foo', own]] })
    expect(asked('add-host', 'six:::1')()).toEqual({ extraHosts: [['six', '::1']] })
    expect(asked('link', 'db')()).toEqual({ links: [['db', 'db']] })
    expect(asked('link', 'db:data')()).toEqual({ links: [['db', 'data']] })
    expect(asked('dns-search', '.')()).toEqual({ dns: { search: ['.'] } })
  })
})
