/** Tests. A container with a resolver and nothing else, and the host's resolver that it asks. */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { onTestFinished } from 'vitest'
import { processIds } from '../../runtime/01-namespaces/namespaces.ts'
import { enterNames, ownNames, resolvingDir } from '../../runtime/09-network/names.ts'
import { lendSockets, startResolver } from '../../runtime/09-network/resolver.ts'
import { resolverFilter } from '../../runtime/09-network/resolver-filter.ts'
import type { Step } from '../../runtime/step.ts'
import { steps } from '../../test/carry-out.ts'

export const [web, data, net1] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [
  string,
  string,
  string,
]

/** `web`, which calls `data` db, and `data` beside it; both are called `both`. */
export function twoContainers(root: string, servers: string[] = []): void {
  const place = { network: net1, domain: 'net1' }
  const [own, other] = [web, data].map((id) => id.slice(0, 12)) as [string, string]
  const first = { ...place, addresses: ['172.18.0.2'], names: ['web', own, 'both'] }
  const names = ['data', other, 'both']
  const second = { ...place, addresses: ['172.18.0.3', 'fd00:1::3'], names }
  enterNames(root, web, { places: [{ ...first, links: [['db', 'data']] }], servers })
  enterNames(root, data, { places: [{ ...second, links: [] }], servers: [] })
}

/** `argv` with a network of its own, in which the resolver of `web` answers. */
export function resolving(root: string, argv: string[]): Step[] {
  const directory = resolvingDir(root)
  const resolver = { directory, file: ownNames(web), filter: resolverFilter() }
  return [
    ...startResolver({ resolver }),
    ...processIds('host'),
    ...steps(['unshare', ['CLONE_NEWNET']], ['ioctl_ifflags', 'lo', ['IFF_UP']]),
    ...lendSockets({ resolver }),
    ...steps(['execvpe', argv[0] ?? '', argv, ['PATH=/usr/sbin:/usr/bin:/sbin:/bin']]),
  ]
}

/** What is asked: a name, a type such as A, and `tcp` or `udp`. */
export type Asked = [name: string, type: keyof typeof types, how?: 'udp' | 'tcp']

const types = { A: 1, PTR: 12, MX: 15, AAAA: 28 }

/** A program that asks one question after the other, and prints a line of JSON for each answer. */
export function asking(...asked: Asked[]): string[] {
  const queries = asked.map(([name, type, how = 'udp']) => [queryFor(name, types[type]), how])
  return [process.execPath, '-e', `(${client.toString()})(${JSON.stringify(queries)})`]
}

function queryFor(name: string, type: number): string {
  const labels = name.split('.').map((label) => [label.length, ...Buffer.from(label)])
  const head = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
  return Buffer.from([...head, ...labels.flat(), 0, 0, type, 0, 1]).toString('hex')
}

/** It is passed to another Node as text, so it has nothing from around it. */
async function client(queries: string[][]): Promise<void> {
  const { createSocket } = process.getBuiltinModule('node:dgram')
  const { connect } = process.getBuiltinModule('node:net')
  for (const [query = '', how] of queries) {
    const bytes = Buffer.from(query, 'hex')
    const reply = await new Promise<string>((resolve) => {
      if (how === 'udp') {
        const socket = createSocket('udp4')
        socket.on('message', (message) => {
          socket.close()
          resolve(message.toString('hex'))
        })
        socket.send(bytes, 53, '127.0.0.11')
        return
      }
      const socket = connect(53, '127.0.0.11')
      let got = Buffer.alloc(0)
      socket.write(Buffer.from([bytes.length >> 8, bytes.length & 255, ...bytes]))
      socket.on('data', (some) => {
        got = Buffer.concat([got, some])
        if (got.length < 2 || got.length < 2 + got.readUInt16BE(0)) return
        socket.end()
        resolve(got.subarray(2).toString('hex'))
      })
    })
    console.log(JSON.stringify(reply))
  }
}

/** An answer in words: its code, `tc` if it was cut, and what it says. */
export function inWords(line: string): string {
  const bytes = Buffer.from(JSON.parse(line) as string, 'hex')
  const codes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']
  const words = [codes[bytes.readUInt8(3) & 15] ?? '', ...(bytes.readUInt8(2) & 2 ? ['tc'] : [])]
  let at = 12
  const skipName = () => {
    while (bytes[at] && (bytes[at] ?? 0) < 64) at += 1 + (bytes[at] ?? 0)
    at += bytes[at] ? 2 : 1
  }
  if (bytes.readUInt16BE(4) > 0) skipName()
  at += bytes.readUInt16BE(4) > 0 ? 4 : 0
  for (let left = bytes.readUInt16BE(6); left > 0; left--) {
    skipName()
    const [type, length] = [bytes.readUInt16BE(at), bytes.readUInt16BE(at + 8)]
    words.push(dataInWords(type, bytes.subarray(at + 10, at + 10 + length)))
    at += 10 + length
  }
  return words.join(' ')
}

function dataInWords(type: number, data: Buffer): string {
  if (type === types.A) return data.join('.')
  if (type === types.AAAA) return data.toString('hex').replace(/....(?=.)/g, '$&:')
  const labels: string[] = []
  for (let at = 0; data[at]; at += 1 + (data[at] ?? 0))
    labels.push(data.toString('latin1', at + 1, at + 1 + (data[at] ?? 0)))
  return labels.join('.')
}

/**
 * A resolver of the host at `address`, until the test ends: it knows all names but those that begin
 * with `nx`; of `long…` it has 60 addresses, for TCP. Gives what it was asked.
 */
export async function upstream(address: string): Promise<string[]> {
  const asked: string[] = []
  const answer = (query: Buffer, how: string): Buffer => {
    const end = query.indexOf(0, 12) + 5
    const name = query.toString('latin1', 13, 13 + query.readUInt8(12))
    asked.push(`${how} ${name}`)
    const isLong = name.startsWith('long')
    const count = name.startsWith('nx') || (isLong && how === 'udp') ? 0 : isLong ? 60 : 1
    const head = Buffer.from(query.subarray(0, 12))
    head.writeUInt16BE(0x8180 | (name.startsWith('nx') ? 3 : 0) | (isLong && !count ? 0x200 : 0), 2)
    head.writeUInt16BE(count, 6)
    head.writeUInt16BE(0, 10)
    const record = (last: number) => [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, last]
    const records = Array.from({ length: count }, (_, at) => record(at + 1)).flat()
    return Buffer.concat([head, query.subarray(12, end), Buffer.from(records)])
  }
  const datagrams = createSocket('udp4')
  datagrams.on('message', (query, from) => {
    datagrams.send(answer(query, 'udp'), from.port, from.address)
  })
  const server = createServer((socket) => {
    socket.on('error', () => {}) // ignoring: who asks may be killed
    socket.on('data', (bytes) => {
      const reply = answer(bytes.subarray(2), 'tcp')
      socket.write(Buffer.from([reply.length >> 8, reply.length & 255, ...reply]))
    })
  })
  onTestFinished(() => {
    datagrams.close()
    server.close()
  })
  await new Promise<void>((resolve) => datagrams.bind(53, address, resolve))
  await new Promise<void>((resolve) => server.listen(53, address, resolve))
  return asked
}
