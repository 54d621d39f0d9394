/** What the kernel answers to a netlink dump (netlink(7)): messages, taken apart. */

/** A message: its type, the part of a fixed size, and attributes by their numbers. */
export interface HeardMessage {
  type: number
  fixed: Buffer
  attributes: Map<number, Buffer>
}

const headerBytes = 16

/** The size of the fixed part: struct ifinfomsg, ifaddrmsg, rtmsg, nfgenmsg. */
const fixedBytes: Record<number, number> = { 16: 16, 20: 8, 24: 12 }
const fixedOfNetfilter = 4

/** The messages in an answer; each begins at a multiple of four bytes. */
export function heardIn(answer: Buffer): HeardMessage[] {
  const found: HeardMessage[] = []
  for (let at = 0; at + headerBytes <= answer.length; ) {
    const length = Math.max(answer.readUInt32LE(at), headerBytes)
    const type = answer.readUInt16LE(at + 4)
    const body = answer.subarray(at + headerBytes, at + length)
    const size = fixedBytes[type] ?? fixedOfNetfilter
    found.push({ type, fixed: body.subarray(0, size), attributes: heardAttributes(body, size) })
    at += filled(length)
  }
  return found
}

/** Attributes from byte `at` on. The two highest bits of a type are flags. */
export function heardAttributes(bytes: Buffer, at = 0): Map<number, Buffer> {
  const found = new Map<number, Buffer>()
  while (at + 4 <= bytes.length) {
    const length = Math.max(bytes.readUInt16LE(at), 4)
    found.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length))
    at += filled(length)
  }
  return found
}

function filled(length: number): number {
  return Math.ceil(length / 4) * 4
}

/** A request for all of a kind (NLM_F_REQUEST | NLM_F_DUMP), with an empty fixed part. */
export function dumpRequest(type: number, fixed: number): Uint8Array {
  return requestOf(type, 0x301, fixed)
}

/** A request that is acknowledged at its end (NLM_F_REQUEST | NLM_F_ACK). */
export function plainRequest(type: number, fixed: number): Uint8Array {
  return requestOf(type, 0x5, fixed)
}

function requestOf(type: number, flags: number, fixed: number): Uint8Array {
  const bytes = Buffer.alloc(headerBytes + fixed)
  bytes.writeUInt32LE(bytes.length, 0)
  bytes.writeUInt16LE(type, 4)
  bytes.writeUInt16LE(flags, 6)
  bytes.writeUInt32LE(1, 8)
  return bytes
}
