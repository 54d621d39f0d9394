/** Tests. Packets to a resolver that nobody sends who means well. */
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../../test/detached.ts'
import { asking, inWords } from './asking.ts'
import { waiting } from './waiting.ts'

const asked = `'${asking(['data', 'A'], ['data', 'A', 'tcp']).slice(1).join("' '")}'`
const ask = `${process.execPath} ${asked}`
const found = 'NOERROR 172.18.0.3'

/** A shell that runs a program of Node, says so, and asks by UDP and by TCP. */
const afterwards = (program: () => Promise<void>) =>
  `echo ready; read line
  ${process.execPath} -e '(${program.toString()})()' || exit 9
  ${ask}; read line`

const packets: [what: string, program: () => Promise<void>][] = [
  ['malformed questions', malformed],
  ['half messages by TCP, and more connections than there is room for', halfMessages],
  ['a flood of questions that others are to answer', flood],
]

test.for(packets)('%s: it answers then, with as little memory', async ([, program], context) => {
  const servers = ['127.53.9.98'] // nobody is there
  const { begun, pid } = await waiting(context, { script: afterwards(program), servers })
  begun.launched.process.stdin?.write('\n')
  const lines = () => begun.said.out.split('\n').slice(1, -1)
  await until(() => lines().length >= 2 || begun.said.err !== '')
  expect([begun.said.err, lines().map(inWords)]).toEqual(['', [found, found]])
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const kilobytes = [...rollup.matchAll(/^Private_(?:Clean|Dirty): +(\d+)/gm)]
  expect(kilobytes.reduce((sum, [, each]) => sum + Number(each), 0)).toBeLessThan(256)
})

/** It is passed to another Node as text, as those below. */
async function malformed(): Promise<void> {
  const { createSocket } = process.getBuiltinModule('node:dgram')
  const head = (count = 1, flags = 1) => [1, 2, flags, 0, count >> 8, count & 255, 0, 0, 0, 0, 0, 0]
  const [tail, name] = [[0, 0, 1, 0, 1], [4, 100, 97, 116, 97]]
  const label = (length: number) => [length, ...Array.from({ length }, () => 97)]
  const edns = (size: number) => [0, 0, 41, size >> 8, size & 255, 0, 0, 0, 0, 0, 0]
  const long = Array.from({ length: 7 }, () => label(63)).flat()
  const all = [
    [],
    head(),
    head(0),
    [...head(2), ...name, ...tail],
    [...head(65535), ...name, ...tail],
    [...head(1, 0x81), ...name, ...tail], // an answer
    [...head(1, 0x29), ...name, ...tail], // another opcode
    [...head(), 0xc0, 12, 0, 1, 0, 1], // a name that is itself
    [...head(), 0xc0, 14, 0xc0, 12, 0, 1, 0, 1],
    [...head(), 0xff, 0xff, 0, 1, 0, 1],
    ...[63, 64, 127, 128, 191, 192, 255].map((size) => [...head(), ...label(size), ...tail]),
    ...[1, 4, 5, 200].map((size) => [...head(), size, 97, 97, 97]), // it ends in the name
    ...[3, 4, 5].map((count) => [...head(), ...long.slice(0, 64 * count), ...tail]),
    [...head(), ...long, ...tail],
    [...head(), 4, 0, 46, 255, 10, ...tail],
    ...[0, 511, 513, 65535].map((size) => [
      ...[...head().slice(0, 11), 1, ...name, ...tail, ...edns(size)],
    ]),
    ...[0, 255, 65535].map((type) => [...head(), ...name, 0, type >> 8, type & 255, 0, 1]),
    [...head(), ...name, 0, 0, 1, 255, 255], // another class
    Array.from({ length: 9000 }, () => 1),
  ]
  const socket = createSocket('udp4')
  for (let round = 0; round < 20; round++)
    for (const bytes of all)
      await new Promise((resolve) => socket.send(Buffer.from(bytes), 53, '127.0.0.11', resolve))
  socket.close()
}

async function halfMessages(): Promise<void> {
  const { connect } = process.getBuiltinModule('node:net')
  const { once } = process.getBuiltinModule('node:events')
  const half = Buffer.from([0, 40, 1, 2, 1, 0, 0, 1])
  const sockets = Array.from({ length: 20 }, () => connect(53, '127.0.0.11'))
  for (const socket of sockets) {
    socket.on('error', () => {})
    socket.write(half)
  }
  for (const socket of sockets.slice(0, 8)) if (socket.connecting) await once(socket, 'connect')
  for (const socket of sockets) socket.destroy()
}

async function flood(): Promise<void> {
  const { createSocket } = process.getBuiltinModule('node:dgram')
  const sockets = Array.from({ length: 20 }, () => createSocket('udp4'))
  const tail = [0, 0, 1, 0, 1]
  for (let round = 0; round < 250; round++)
    for (const socket of sockets) {
      const name = [8, ...Array.from({ length: 8 }, (_, at) => 97 + ((round >> at) & 1))]
      const bytes = Buffer.from([round, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...name, ...tail])
      await new Promise((resolve) => socket.send(bytes, 53, '127.0.0.11', resolve))
    }
  for (const socket of sockets) socket.close()
}

test('who goes away while others are asked for him leaves no connection', async (context) => {
  const address = '127.53.9.97'
  let count = 0
  const silent = createServer((socket) => {
    socket.on('error', () => {}) // ignoring: it may be reset
    count++
  })
  onTestFinished(() => void silent.close())
  await once(silent.listen(53, address), 'listening')
  const script = `echo ready; ${process.execPath} -e '(${reset.toString()})()'; read line`
  const { begun, pid } = await waiting(context, { script, servers: [address] })
  await until(() => count > 0)
  begun.launched.process.stdin?.write('\n')
  const open = () => readdirSync(`/proc/${pid}/fd`).length
  await until(() => open() === standing)
})

/** The end of the process that it serves, and two sockets. */
const standing = 3

/** It asks for a name that others know, and resets its connection when it is told to. */
async function reset(): Promise<void> {
  const { connect } = process.getBuiltinModule('node:net')
  const socket = connect(53, '127.0.0.11')
  const name = [7, 101, 120, 97, 109, 112, 108, 101]
  const bytes = [1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...name, 0, 0, 1, 0, 1]
  socket.write(Buffer.from([0, bytes.length, ...bytes]))
  process.stdin.once('data', () => {
    socket.resetAndDestroy()
    process.stdin.destroy()
  })
}
