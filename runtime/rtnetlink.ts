/**
 * Messages to the kernel about links, addresses and routes: rtnetlink(7), as data and as bytes.
 *
 * A message is a header, a part of a fixed size, and attributes, each with a length and a type
 * (netlink(7)). Numbers are in the byte order of the machine, which is taken to be little-endian;
 * addresses are in network order.
 */
import { fromAddress, toAddress } from './net-address.ts'
import { layouts, link, messageFlags, messageTypes } from './rtnetlink-layouts.ts'
import type { AttributeTable, FixedField, AttributeKind, Layout } from './rtnetlink-layouts.ts'
import type { MessageFlag, MessageType } from './rtnetlink-layouts.ts'

export interface Message {
  type: MessageType
  flags: MessageFlag[]
  /** The fields of the fixed part, by their names in C; those that are missing are 0. */
  fixed: Record<string, number>
  attributes: Attribute[]
}

/** A value is a text, a number of 32 bits, an address, or further attributes. */
export type Attribute = [name: string, value: AttributeValue]
export type AttributeValue = string | number | Attribute[] | PeerValue

/** The other end of a veth pair: a message in a message, without its header. */
export type PeerValue = Pick<Message, 'fixed' | 'attributes'>

const headerBytes = 16

/** The message as the kernel takes it. Its sequence number is 1: one is sent at a time. */
export function toBytesOf({ type, flags, fixed, attributes }: Message): Uint8Array {
  const layout = layouts[type]
  const body = Buffer.concat([fixedBytes(layout.fields, fixed), listed(attributes, layout)])
  const header = Buffer.alloc(headerBytes)
  header.writeUInt32LE(headerBytes + body.length, 0)
  header.writeUInt16LE(messageTypes[type], 4)
  header.writeUInt16LE(flags.reduce((all, flag) => all | messageFlags[flag], 0), 6)
  header.writeUInt32LE(1, 8)
  return Buffer.concat([header, body])
}

function fixedBytes(fields: FixedField[], values: Record<string, number>): Buffer {
  const parts = fields.map(({ name, bytes }) => {
    const part = Buffer.alloc(bytes)
    part.writeUIntLE((values[name] ?? 0) >>> 0, 0, bytes)
    return part
  })
  return Buffer.concat(parts)
}

function listed(attributes: Attribute[], { attributes: table }: Pick<Layout, 'attributes'>) {
  return Buffer.concat(
    attributes.map(([name, value]) => {
      const { type, kind } = table[name] ?? unknown(name)
      return wrapped(type, payload(value, kind))
    }),
  )
}

function unknown(name: string): never {
  throw new Error(`no attribute '${name}'`)
}

/** The length counts the header of the attribute, and not the bytes that fill up to four. */
function wrapped(type: number, bytes: Uint8Array): Buffer {
  const whole = Buffer.alloc(4 + Math.ceil(bytes.length / 4) * 4)
  whole.writeUInt16LE(4 + bytes.length, 0)
  whole.writeUInt16LE(type, 2)
  whole.set(bytes, 4)
  return whole
}

function payload(value: AttributeValue, kind: AttributeKind): Uint8Array {
  if (typeof value === 'number')
    return fixedBytes([{ name: 'value', bytes: kind === 'byte' ? 1 : 4 }], { value })
  if (Array.isArray(value)) return listed(value, { attributes: kind as AttributeTable })
  if (typeof value === 'object')
    return Buffer.concat([fixedBytes(link.fields, value.fixed), listed(value.attributes, link)])
  if (kind === 'mac') return Buffer.from(value.replaceAll(':', ''), 'hex')
  return kind === 'address' ? fromAddress(value) : Buffer.from(`${value}\0`)
}

/** The message that bytes are, or undefined if they are none that is known here. */
export function messageIn(bytes: Uint8Array): Message | undefined {
  const all = Buffer.from(bytes)
  if (all.length < headerBytes || all.readUInt32LE(0) !== all.length) return undefined
  const number = all.readUInt16LE(4)
  const found = Object.entries(messageTypes).find(([, each]) => each === number)
  if (!found) return undefined
  const type = found[0] as MessageType
  const names = Object.keys(messageFlags) as MessageFlag[]
  const flags = names.filter((name) => all.readUInt16LE(6) & messageFlags[name])
  return { type, flags, ...partsIn(all.subarray(headerBytes), layouts[type]) }
}

function partsIn(bytes: Buffer, { fields, attributes }: Layout): PeerValue {
  let at = 0
  const fixed: Record<string, number> = {}
  for (const { name, bytes: size } of fields) {
    if (name && at + size <= bytes.length) fixed[name] = bytes.readUIntLE(at, size)
    at += size
  }
  return { fixed, attributes: attributesIn(bytes.subarray(at), attributes) }
}

function attributesIn(bytes: Buffer, table: AttributeTable): Attribute[] {
  const found: Attribute[] = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = Math.max(bytes.readUInt16LE(at), 4)
    const type = bytes.readUInt16LE(at + 2)
    const [name, { kind = 'text' as AttributeKind } = {}] =
      Object.entries(table).find(([, each]) => each.type === type) ?? [`${type}`]
    found.push([name, valueIn(bytes.subarray(at + 4, at + length), kind)])
    at += Math.ceil(length / 4) * 4
  }
  return found
}

function valueIn(bytes: Buffer, kind: AttributeKind): AttributeValue {
  if (kind === 'number') return bytes.readUInt32LE(0)
  if (kind === 'byte') return bytes.readUInt8(0)
  if (kind === 'text') return bytes.toString('utf8').replace(/\0$/, '')
  if (kind === 'mac') return Array.from(bytes, (byte) => hex(byte)).join(':')
  if (kind === 'address') return toAddress(bytes)
  return kind === 'peer' ? partsIn(bytes, link) : attributesIn(bytes, kind)
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

/** AF_INET or AF_INET6, as the address is written. */
export function addressFamily(address: string): number {
  return address.includes(':') ? 10 : 2
}
