/** Tests. The drive, as a client of the protocol sees it that sends bytes by hand. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { scratch } from '../scratch.ts'
import { blockBytes } from './disk.ts'
import { serveDrive } from './nbd.ts'

const bytes = 16 * blockBytes

test('what is written is read again, and writes and flushes are noted in their order', async () => {
  const { drive, client } = await connected()
  const data = Buffer.alloc(2 * blockBytes, 5)
  client.write(Buffer.concat([request(1, 3, 2), data, request(3, 0, 0), request(0, 2, 3)]))
  expect(await answer(client, 0)).toMatchObject({ error: 0 })
  expect(await answer(client, 0)).toMatchObject({ error: 0 })
  const { error, data: read } = await answer(client, 3 * blockBytes)
  expect([error, read]).toEqual([0, Buffer.concat([Buffer.alloc(blockBytes), data])])
  const noted = drive.log.map((entry) => (entry.kind === 'write' ? entry.block : 'flush'))
  expect(noted).toEqual([3, 4, 'flush'])
})

test('what lies beyond the end is refused, and the next request is understood', async () => {
  const { drive, client } = await connected()
  client.write(Buffer.concat([request(1, 15, 2), Buffer.alloc(2 * blockBytes), request(0, 16, 1)]))
  client.write(request(0, 15, 1))
  expect(await answer(client, 0)).toMatchObject({ error: 22 })
  expect(await answer(client, 0)).toMatchObject({ error: 22 })
  expect(await answer(client, blockBytes)).toMatchObject({ error: 0 })
  expect(drive.log).toEqual([])
})

test('another disk is read once it is inserted, and its log begins anew', async () => {
  const { drive, client } = await connected()
  client.write(Buffer.concat([request(1, 0, 1), Buffer.alloc(blockBytes, 1)]))
  await answer(client, 0)
  drive.insert(new Map([[0, new Uint8Array(blockBytes).fill(2)]]))
  client.write(request(0, 0, 1))
  expect((await answer(client, blockBytes)).data[0]).toBe(2)
  expect(drive.log).toEqual([])
})

/** A client that has gone through the handshake: an option that is not known, then GO. */
async function connected() {
  const drive = await serveDrive(join(scratch(), 'drive'), bytes)
  onTestFinished(drive.close)
  const client = connect(drive.socket)
  expect((await take(client, 18)).toString('latin1')).toBe('NBDMAGICIHAVEOPT\0\x01')
  client.write(Buffer.from('00000001', 'hex'))
  client.write(Buffer.from('49484156454f50540000000800000000', 'hex'))
  expect((await take(client, 20)).toString('hex')).toBe('0003e889045565a9000000088000000100000000')
  client.write(Buffer.from('49484156454f50540000000700000006000000000000', 'hex'))
  const exported = (await take(client, 32)).toString('hex')
  expect(exported).toBe('0003e889045565a900000007000000030000000c00000000000000010000000d')
  await take(client, 34 + 20)
  return { drive, client }
}

/** `at` and `count` in blocks. */
function request(command: number, at: number, count: number): Buffer {
  const head = Buffer.alloc(28)
  head.writeUInt32BE(0x25609513, 0)
  head.writeUInt16BE(command, 6)
  head.writeBigUInt64BE(7n, 8)
  head.writeBigUInt64BE(BigInt(at * blockBytes), 16)
  head.writeUInt32BE(count * blockBytes, 24)
  return head
}

async function answer(client: Socket, length: number) {
  const head = await take(client, 16)
  expect([head.readUInt32BE(0), head.readBigUInt64BE(8)]).toEqual([0x67446698, 7n])
  const data = length > 0 ? await take(client, length) : Buffer.alloc(0)
  return { error: head.readUInt32BE(4), data }
}

async function take(client: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const found = client.read(length) as Buffer | null
    if (found) return found
    await once(client, 'readable')
  }
}
