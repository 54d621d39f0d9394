/** Tests. Who goes on sending to a published UDP port reaches the container that has it now. */
import { expect, test } from 'vitest'
import { addresses, begunTown, type Side, type Town } from './town.ts'

const patience = 120_000

/** In the network of `side`: who answers `name` to each datagram at port 53. */
function answeringAs(name: string, { start }: Town, side: Side): void {
  const script = `const socket = require('dgram').createSocket('udp4')
    socket.on('message', (_, { port, address }) => socket.send('${name}', port, address))
    socket.bind(53)`
  start(side, [process.execPath, '-e', script])
}

/** Who answers a client that always sends from the same port; `nobody` in `seconds`. */
function answerer({ on }: Town, seconds = 20): string {
  const script = `const socket = require('dgram').createSocket('udp4')
    const end = (word) => { console.log(word); process.exit() }
    socket.on('message', (text) => end(text.toString()))
    socket.bind(4000, () => setInterval(() => socket.send('?', 5300, '${addresses.host}'), 100))
    setTimeout(() => end('nobody'), ${seconds * 1000})`
  return on('outside', [process.execPath, '-e', script]).out.trim()
}

const published = ['-p', '5300:53/udp']

test('when a container ends, its conversations do', async (context) => {
  const town = await begunTown(context)
  answeringAs('first', town, town.run('first', published))
  expect(answerer(town)).toBe('first')
  town.stepbox('rm', '-f', 'first')
  town.run('other', []) // it has the address of the first one now
  answeringAs('second', town, town.run('second', published))
  expect(answerer(town)).toBe('second')
}, patience)

test('what was sent before it started is no conversation with it', async (context) => {
  const town = await begunTown(context)
  town.run('other', ['-p', '80']) // from now on the kernel keeps notes
  expect(answerer(town, 1)).toBe('nobody')
  answeringAs('late', town, town.run('late', published))
  expect(answerer(town)).toBe('late')
}, patience)
