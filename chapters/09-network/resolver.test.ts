/** Tests. A resolver of names: what it answers, whom it asks, and that it can do nothing else. */
import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { describe, expect, test, type TestContext } from 'vitest'
import { enterNames, forgetNames } from '../../runtime/09-network/names.ts'
import { resolverFilter } from '../../runtime/09-network/resolver-filter.ts'
import type { Call } from '../../runtime/calls.ts'
import { bpf } from '../../runtime/seccomp.ts'
import { begin, carryOut, statusOf, steps, until } from '../../test/carry-out.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { asking, data, inWords, net1, resolving, twoContainers, upstream } from './asking.ts'
import { web, type Asked } from './asking.ts'
import { waiting } from './waiting.ts'

/** What `web` is answered, in words. */
async function answers(context: TestContext, servers: string[], asked: Asked[]): Promise<string[]> {
  needs(context, 'root', 'packet-filter')
  const root = scratch()
  twoContainers(root, servers)
  const { out, err, exitCode } = await carryOut(resolving(root, asking(...asked)))
  expect({ err, exitCode }).toEqual({ err: '', exitCode: 0 })
  return out.trim().split('\n').map(inWords)
}

describe('containers of a network are found', () => {
  test('by name, short id and alias, with the network behind it or without', async (context) => {
    const names = ['data', 'DATA', 'data.net1', 'bbbbbbbbbbbb', 'web', 'db', 'db.net1']
    const asked = names.map((name): Asked => [name, 'A'])
    const [first, ...others] = ['3', '3', '3', '3', '2', '3', '3']
    expect(await answers(context, [], asked)).toEqual(
      [first, ...others].map((last) => `NOERROR 172.18.0.${last}`),
    )
  })

  test('by IPv6; without such an address, the answer is empty, not missing', async (context) => {
    const asked: Asked[] = [['data', 'AAAA'], ['web', 'AAAA'], ['data', 'MX']]
    expect(await answers(context, [], asked)).toEqual([
      'NOERROR fd00:0001:0000:0000:0000:0000:0000:0003',
      'NOERROR',
      'NOERROR',
    ])
  })

  test('of several with one name, another one comes first each time', async (context) => {
    const asked = Array.from({ length: 3 }, (): Asked => ['both', 'A'])
    const [first, second, third] = await answers(context, [], asked)
    expect(first?.split(' ').sort()).toEqual(['172.18.0.2', '172.18.0.3', 'NOERROR'])
    expect(second).toBe(`NOERROR ${first?.split(' ').slice(1).reverse().join(' ')}`)
    expect(third).toBe(first)
  })

  test('an address has a name', async (context) => {
    const six = `3.${'0.'.repeat(23)}1.0.0.0.0.0.d.f.ip6.arpa`
    const asked: Asked[] = [['3.0.18.172.in-addr.arpa', 'PTR'], [six, 'PTR']]
    expect(await answers(context, [], asked)).toEqual(['NOERROR data.net1', 'NOERROR data.net1'])
  })

  test('by TCP too', async (context) => {
    const asked: Asked[] = [['data', 'A', 'tcp'], ['nobody', 'A', 'tcp']]
    expect(await answers(context, [], asked)).toEqual(['NOERROR 172.18.0.3', 'NXDOMAIN'])
  })
})

describe('other names', () => {
  const server = '127.53.9.1'

  test('are asked of the host’s resolvers, the way the question came', async (context) => {
    const asked = await upstream(server)
    const found = await answers(context, [server], [
      ['example.org', 'A'],
      ['nx.example.org', 'A'],
      ['long.example.org', 'A'],
      ['long.example.org', 'A', 'tcp'],
    ])
    const all = Array.from({ length: 60 }, (_, at) => `192.0.2.${at + 1}`).join(' ')
    expect(found).toEqual(['NOERROR 192.0.2.1', 'NXDOMAIN', 'NOERROR tc', `NOERROR ${all}`])
    expect(asked).toEqual(['udp example', 'udp nx', 'udp long', 'tcp long'])
  })

  test('are asked of the next one, where nobody listens', async (context) => {
    await upstream('127.53.9.2')
    const asked: Asked[] = [['example.org', 'A'], ['example.org', 'A', 'tcp']]
    const good = 'NOERROR 192.0.2.1'
    expect(await answers(context, ['127.53.9.99', '127.53.9.2'], asked)).toEqual([good, good])
  })

  test('are unknown at once, where nobody can be asked', async (context) => {
    expect(await answers(context, [], [['example.org', 'A']])).toEqual(['NXDOMAIN'])
    const failed: Asked[] = [['example.org', 'A'], ['example.org', 'A', 'tcp']]
    expect(await answers(context, ['127.53.9.99'], failed)).toEqual(['SERVFAIL', 'SERVFAIL'])
  })
})

test('what changes is known at the next question', async (context) => {
  needs(context, 'root', 'packet-filter')
  const root = scratch()
  twoContainers(root)
  const ask = `${asking(['data', 'A']).map((word) => `'${word}'`).join(' ')}; read line`
  const begun = begin(resolving(root, ['sh', '-c', `while ${ask}; do :; done`]))
  const nth = async (count: number) => {
    const lines = () => begun.said.out.split('\n').slice(0, -1)
    await until(() => lines().length >= count, () => `answer ${count}`)
    return inWords(lines()[count - 1] ?? '')
  }
  expect(await nth(1)).toBe('NOERROR 172.18.0.3')
  const place = { network: net1, domain: 'net1', names: ['data'], links: [] }
  enterNames(root, data, { places: [{ ...place, addresses: ['172.18.0.9'] }], servers: [] })
  begun.launched.process.stdin?.write('\n')
  expect(await nth(2)).toBe('NOERROR 172.18.0.9')
  forgetNames(root, data)
  begun.launched.process.stdin?.write('\n')
  expect(await nth(3)).toBe('NXDOMAIN')
})

const isGone = (pid: number) => ['', 'Z (zombie)'].includes(statusOf(pid, 'State'))

describe('the process that answers', () => {
  test('has no user, no capability and few system calls', async (context) => {
    const { pid } = await waiting(context)
    const ids = '2000000053\t2000000053\t2000000053\t2000000053'
    expect(statusOf(pid, 'Uid')).toBe(ids)
    expect(statusOf(pid, 'Gid')).toBe(ids)
    for (const set of ['CapPrm', 'CapEff', 'CapAmb']) expect(statusOf(pid, set)).toMatch(/^0+$/)
    expect([statusOf(pid, 'NoNewPrivs'), statusOf(pid, 'Seccomp')]).toEqual(['1', '2'])
  })

  test.each<[what: string, call: Call]>([
    ['make a directory', ['mkdir', '/tmp/made', 0o755]],
    ['create a file', ['open', '/tmp/made', ['O_WRONLY', 'O_CREAT', 'O_EXCL', 'O_CLOEXEC'], 0o600]],
    ['bind a socket', ['hold_port', '127.0.0.1', 5353, 'SOCK_DGRAM', 9]],
    ['talk to the kernel', ['netlink_socket', 9]],
    ['enter a namespace', ['unshare', ['CLONE_NEWNET']]],
    ['become a program', ['execvpe', 'true', ['true'], ['PATH=/bin:/usr/bin']]],
  ])('may not %s', async (_, call) => {
    const plan = steps(['seccomp', reporting()], call)
    const { failure } = await carryOut(plan)
    expect(failure).toMatchObject({ index: 1, errno: 'EPERM' })
  })

  test('sees no file of the host, and is on the host’s network', async (context) => {
    const { pid } = await waiting(context)
    expect(readlinkSync(`/proc/${pid}/root`)).toMatch(/resolving\/root$/)
    expect(readlinkSync(`/proc/${pid}/ns/net`)).toBe(readlinkSync('/proc/self/ns/net'))
  })

  test('has little memory of its own', async (context) => {
    const { pid } = await waiting(context)
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    const kilobytes = Number(/^Private_Dirty: +(\d+) kB/m.exec(rollup)?.[1])
    expect(kilobytes).toBeGreaterThan(0)
    expect(kilobytes).toBeLessThan(256)
  })

  test('leaves port 53 free', async (context) => {
    const server = `require('net').createServer().listen(53, () => console.log('ready'))`
    const { begun } = await waiting(context, { script: `exec ${process.execPath} -e "${server}"` })
    expect(begun.said.err).toBe('')
  })

  test('ends with its container', async (context) => {
    const { begun, pid } = await waiting(context)
    begun.launched.process.kill('SIGKILL')
    await until(() => isGone(pid), () => 'the end of the resolver')
  })

  test('survives packets of any kind', async (context) => {
    needs(context, 'root', 'packet-filter')
    const root = scratch()
    twoContainers(root)
    const [node = '', , ask] = asking(['data', 'A'])
    const argv = [node, '-e', `(${noise.toString()})().then(() => ${ask})`]
    const { out, exitCode } = await carryOut(resolving(root, argv))
    expect([exitCode, inWords(out.trim())]).toEqual([0, 'NOERROR 172.18.0.3'])
  })
})

/** Two thousand datagrams: questions with bytes changed, cut or longer, and bytes of any kind. */
async function noise(): Promise<void> {
  const { createSocket } = process.getBuiltinModule('node:dgram')
  const { connect } = process.getBuiltinModule('node:net')
  const socket = createSocket('udp4')
  const good = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 4, 100, 97, 116, 97, 0, 0, 1, 0, 1]
  let seed = 42
  const random = (below: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below
  for (let round = 0; round < 2000; round++) {
    const bytes = [...good, ...Array.from({ length: random(600) }, () => random(256))]
    for (let at = random(6); at > 0; at--) bytes[random(good.length)] = random(256)
    const datagram = Buffer.from(bytes.slice(0, random(bytes.length) + 1))
    await new Promise((resolve) => socket.send(datagram, 53, '127.0.0.11', resolve))
  }
  socket.close()
  for (let round = 0; round < 20; round++)
    await new Promise<void>((resolve) => {
      const stream = connect(53, '127.0.0.11')
      stream.on('error', () => {})
      stream.on('close', () => resolve())
      stream.end(Buffer.from(Array.from({ length: random(50) }, () => random(256))))
    })
}

/** The filter, with writev(2), by which failures are reported, in place of write(2). */
function reporting(): Uint8Array {
  const filter = Buffer.from(resolverFilter())
  const [write, writev] = process.arch === 'x64' ? [1, 20] : [64, 66]
  for (let at = 0; at < filter.length; at += 8)
    if (filter.readUInt16LE(at) === bpf.isEqual && filter.readUInt32LE(at + 4) === write)
      filter.writeUInt32LE(writev, at + 4)
  return filter
}

test('a container that is forgotten leaves no file', () => {
  const root = scratch()
  twoContainers(root)
  forgetNames(root, web)
  forgetNames(root, data)
  const found = [`own/${web}`, `own/${data}`, `networks/${net1}/${web}`, `networks/${net1}/${data}`]
  expect(found.filter((path) => existsSync(`${root}/resolving/root/${path}`))).toEqual([])
})
