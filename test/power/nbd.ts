/** Tests. A disk in memory, served to a virtual machine over NBD; all that is written is noted. */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { blockBytes, readInto, type Disk, type Entry } from './disk.ts'

/** A drive: there is a disk in it, which can be changed while no machine has it mounted. */
export interface Drive {
  /** A unix socket, for QEMU: `nbd+unix:///?socket=…`. */
  socket: string
  /** What was asked of the disk since it was inserted. */
  log: Entry[]
  /** The disk with all that was written to it since. */
  disk: Disk
  insert: (disk: Disk) => void
  close: () => Promise<void>
}

/**
 * Serve a drive of `bytes` at the path `socket`. Requests are answered one after the other, in the
 * order in which they come, so what a flush covers is what stands before it in the log.
 * The protocol is https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md: fixed
 * newstyle, simple replies.
 */
export async function serveDrive(socket: string, bytes: number): Promise<Drive> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    sockets.add(client)
    client.on('close', () => sockets.delete(client))
    client.on('error', () => {}) // ignoring: a machine that was killed hangs up in the middle
    void serve(client, drive, bytes).finally(() => client.destroy())
  })
  const drive: Drive = {
    socket,
    log: [],
    disk: new Map(),
    insert: (disk) => Object.assign(drive, { disk: new Map(disk), log: [] }),
    close: async () => {
      for (const client of sockets) client.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  server.listen(socket)
  await once(server, 'listening')
  return drive
}

type Take = (bytes: number) => Promise<Buffer>

async function serve(client: Socket, drive: Drive, bytes: number): Promise<void> {
  const take = taker(client)
  try {
    if (await negotiate(client, take, bytes)) await transmit({ client, take, drive, bytes })
  } catch {
    // ignoring: the machine hung up
  }
}

const optionMagic = Buffer.from('IHAVEOPT')
const options = { abort: 2, go: 7 } as const
const replies = { ack: 1, info: 3, unsupported: 2 ** 31 + 1 } as const
const infos = { export: 0, blockSize: 3 } as const
/** What the drive can do: it has flags, takes flushes, and takes forced writes. */
const abilities = (1 << 0) | (1 << 2) | (1 << 3)

/** Give the one export, whatever it is called. False when the client wants none. */
async function negotiate(client: Socket, take: Take, bytes: number): Promise<boolean> {
  const fixedNewstyle = packed([2, 1])
  client.write(Buffer.concat([Buffer.from('NBDMAGIC'), optionMagic, fixedNewstyle]))
  await take(4) // the client's flags
  for (;;) {
    const head = await take(16)
    if (!head.subarray(0, 8).equals(optionMagic)) throw new Error('not an option')
    const option = head.readUInt32BE(8)
    await take(head.readUInt32BE(12)) // a name, and which infos: it gets all of them
    const reply = (type: number, data: Buffer = Buffer.alloc(0)) => {
      const magic = packed([8, 0x3e889045565a9])
      const fields = packed([4, option], [4, type], [4, data.length])
      client.write(Buffer.concat([magic, fields, data]))
    }
    if (option === options.go) {
      reply(replies.info, packed([2, infos.export], [8, bytes], [2, abilities]))
      const sizes = [blockBytes, blockBytes, 2 ** 25].map((size): Field => [4, size])
      reply(replies.info, packed([2, infos.blockSize], ...sizes))
      reply(replies.ack)
      return true
    }
    reply(option === options.abort ? replies.ack : replies.unsupported)
    if (option === options.abort) return false
  }
}

const commands = { read: 0, write: 1, disconnect: 2, flush: 3 } as const
const forced = 1
const invalid = 22 // EINVAL

interface Transmission {
  client: Socket
  take: Take
  drive: Drive
  bytes: number
}

async function transmit({ client, take, drive, bytes }: Transmission): Promise<void> {
  for (;;) {
    const head = await take(28)
    if (head.readUInt32BE(0) !== 0x25609513) throw new Error('not a request')
    const [flags, command] = [head.readUInt16BE(4), head.readUInt16BE(6)]
    const cookie = head.subarray(8, 16)
    const [offset, length] = [Number(head.readBigUInt64BE(16)), head.readUInt32BE(24)]
    const reply = (error: number, data = Buffer.alloc(0)) =>
      client.write(Buffer.concat([packed([4, 0x67446698], [4, error]), cookie, data]))
    const isWhole = offset % blockBytes === 0 && length % blockBytes === 0
    const isInside = isWhole && offset + length <= bytes
    if (command === commands.disconnect) return
    if (command === commands.flush) {
      drive.log.push({ kind: 'flush' })
      reply(0)
    } else if (command === commands.read && isInside) {
      const data = Buffer.alloc(length)
      readInto(data, drive.disk, offset)
      reply(0, data)
    } else if (command === commands.write) {
      const data = await take(length)
      if (isInside) write(drive, { data, offset, isForced: (flags & forced) !== 0 })
      reply(isInside ? 0 : invalid)
    } else reply(invalid)
  }
}

interface Writing {
  data: Buffer
  offset: number
  isForced: boolean
}

function write({ log, disk }: Drive, { data, offset, isForced }: Writing): void {
  for (let at = 0; at < data.length; at += blockBytes) {
    const block = (offset + at) / blockBytes
    const copy = Uint8Array.from(data.subarray(at, at + blockBytes))
    log.push({ kind: 'write', block, data: copy, isForced })
    disk.set(block, copy)
  }
}

/** So many bytes of a stream at a time, however it comes. Throws when it ends before. */
function taker(stream: Socket): Take {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let rest: Buffer = Buffer.alloc(0)
  return async (bytes) => {
    const parts = [rest]
    for (let have = rest.length; have < bytes; ) {
      const { value, done } = await chunks.next()
      if (done) throw new Error('the stream has ended')
      parts.push(value)
      have += value.length
    }
    const all = Buffer.concat(parts)
    rest = all.subarray(bytes)
    return all.subarray(0, bytes)
  }
}

/** How many bytes, and the number to put in them, most significant byte first. */
type Field = [bytes: 2 | 4 | 8, value: number]

function packed(...fields: Field[]): Buffer {
  return Buffer.concat(
    fields.map(([bytes, value]) => {
      const field = Buffer.alloc(8)
      field.writeBigUInt64BE(BigInt(value))
      return field.subarray(8 - bytes)
    }),
  )
}
