/** Writes a zip archive. The same files give the same bytes. */
import { crc32, deflateRawSync } from 'node:zlib'

/** 1980-01-01, the first day of MS-DOS's calendar. */
const day = 0x0021
const version = 20
/** Names are UTF-8. */
const flags = 0x0800
const [storedMethod, deflated] = [0, 8]

/** The archive of `files`, in order. Those in `stored` are not compressed. */
export function zip(files: Map<string, string>, stored: Set<string>): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, text] of files) {
    const content = Buffer.from(text)
    const method = stored.has(name) ? storedMethod : deflated
    const data = method === storedMethod ? content : deflateRawSync(content, { level: 9 })
    const path = Buffer.from(name)
    const about = described({ content, data, method, path })
    const head = Buffer.concat([number32(0x04034b50), about, path, data])
    const listed = Buffer.concat([
      number32(0x02014b50),
      number16(version),
      about,
      Buffer.alloc(10), // no comment, disk 0, no attributes
      number32(offset),
      path,
    ])
    parts.push(head)
    directory.push(listed)
    offset += head.length
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0)
  const count = number16(files.size)
  const end = [number32(0x06054b50), Buffer.alloc(4), count, count, number32(size)]
  return Buffer.concat([...parts, ...directory, ...end, number32(offset), number16(0)])
}

interface Member {
  content: Buffer
  data: Buffer
  method: number
  path: Buffer
}

/** What stands before a file's data and in the directory alike. */
function described({ content, data, method, path }: Member): Buffer {
  const sizes = [number32(crc32(content)), number32(data.length), number32(content.length)]
  const start = [version, flags, method, 0, day].map(number16)
  return Buffer.concat([...start, ...sizes, number16(path.length), number16(0)])
}

function number16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}
