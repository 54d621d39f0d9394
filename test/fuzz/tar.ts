/** Tests. Fuzzed: the reader of tar archives, and where it says that names lead. */
import { newFile } from '../../runtime/05-commit/layer/files.ts'
import { layerTree } from '../../runtime/05-commit/layer/tree.ts'
import { encodeRecord } from '../../runtime/05-commit/tar/pax.ts'
import { readTar } from '../../runtime/05-commit/tar/read.ts'
import {
  checksumOf,
  fields,
  paddingOf,
  typeflags,
  type Entry,
} from '../../runtime/05-commit/tar/tar.ts'
import { tarEnd, tarHeader } from '../../runtime/05-commit/tar/write.ts'
import type { Random } from '../power/random.ts'
import { numbers } from './mutate.ts'
import { rule, same, type Target } from './target.ts'

export const tar: Target = {
  name: 'tar',
  seeds: () => archives,
  words: [
    ...['ustar\x0000', 'ustar  \0', '../', '/', '.wh.', '.wh..wh..opq', './', '\0'.repeat(512)],
    ...['path', 'linkpath', 'size', 'mtime', 'uid', 'SCHILY.xattr.user.a', 'GNU.sparse.major'],
    ...records([['path', 'a/b'], ['linkpath', '/x'], ['size', '3'], ['mtime', '-1.5']]),
    ...records([['GNU.sparse.map', '0,1,5,2'], ['GNU.sparse.realsize', '9'], ['size', '-1']]),
  ],
  reshape,
  check: async (bytes) => {
    const entries = await read(bytes, bytes.length || 1)
    entries.forEach(checkEntry)
    await checkRewritten(entries)
    const inPieces = await read(bytes, 1 + (bytes.length % 700))
    same(inPieces, entries, 'another archive if it comes in other pieces')
    checkPlaces(entries)
    return `${entries.map(({ type, extents }) => `${type}${extents?.length ?? ''}`).join(' ')}`
  },
}

function records(all: [key: string, value: string][]): string[] {
  return all.map(([key, value]) => encodeRecord(key, value))
}

type Read = Entry & { data: { offset: number; data: string }[] }

async function read(bytes: Buffer, pieceLength: number): Promise<Read[]> {
  const entries: Read[] = []
  for await (const { content, whole: _, ...entry } of readTar(pieces(bytes, pieceLength))) {
    const data: Read['data'] = []
    for await (const piece of content) {
      const last = data.at(-1)
      const text = piece.data.toString('latin1')
      if (last && last.offset + last.data.length === piece.offset) last.data += text
      else data.push({ offset: piece.offset, data: text })
    }
    entries.push({ ...entry, data })
  }
  return entries
}

async function* pieces(bytes: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

/** What the documentation of `Entry` says. */
function checkEntry({ path, type, mode, uid, gid, size, target, device, data, extents }: Read) {
  const isId = (id: number) => Number.isInteger(id) && id >= 0 && id < 2 ** 32 - 1
  rule(path !== undefined && !path.includes('\0') && !target.includes('\0'), 'a NUL in a name')
  rule(type in typeflags && mode >= 0 && mode <= 0o7777, `${type}, mode ${mode}`)
  rule(isId(uid) && isId(gid), `an owner ${uid}:${gid}`)
  rule(Number.isSafeInteger(size) && size >= 0, `a size ${size}`)
  rule(type === 'file' || (size === 0 && data.length === 0), `a ${type} with content`)
  rule((target !== '') === (type === 'symlink' || type === 'hardlink'), `a ${type} to '${target}'`)
  rule(device.major >= 0 && device.minor >= 0, `a device ${device.major}:${device.minor}`)
  let [at, sum] = [0, 0]
  for (const piece of data) {
    rule(piece.offset >= at && piece.offset + piece.data.length <= size, 'data outside the file')
    at = piece.offset + piece.data.length
    sum += piece.data.length
  }
  const wanted = extents ? extents.reduce((all, { length }) => all + length, 0) : size
  rule(sum === wanted, `${sum} bytes of data, not ${wanted}`)
}

/** What was read can be written, and is read as the same again. */
async function checkRewritten(entries: Read[]): Promise<void> {
  const parts = entries.map(({ data, ...entry }) => {
    const content = Buffer.from(data.map(({ data }) => data).join(''), 'latin1')
    return Buffer.concat([tarHeader(entry), content, Buffer.alloc(paddingOf(content.length))])
  })
  const again = await read(Buffer.concat([...parts, tarEnd]), 2 ** 20)
  same(again, entries, 'another archive after it was written and read again')
}

/** Every path in every call is inside the layer, and is not a whiteout's name. */
function checkPlaces(entries: Read[]): void {
  const tree = layerTree()
  for (const entry of entries) {
    const { steps, filePath } = tree.place(entry)
    const making = filePath === undefined ? [] : newFile(filePath, entry)
    for (const { call } of [...steps, ...making]) {
      const [name, ...args] = call
      const first = name.startsWith('lsetxattr') ? args.slice(0, 1) : args
      const paths = name === 'symlink' ? args.slice(1) : first
      for (const path of paths.filter((each) => typeof each === 'string'))
        for (const part of path.split('/'))
          rule(!['', '..'].includes(part) && !part.startsWith('.wh.'), `${name} of ${path}`)
    }
  }
}

/** Change a field of a header, or the order of the blocks; the checksums are right again. */
function reshape(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes)
  const headers: number[] = []
  for (let at = 0; at + 512 <= copy.length; at += 512)
    if (copy.toString('latin1', at + 257, at + 262) === 'ustar') headers.push(at)
  if (headers.length === 0) return copy
  const at = random.pick(headers)
  const to = random.pick([...headers, copy.length])
  if (random.fraction() < 0.2) // an entry comes again, or two are left out
    return Buffer.concat([copy.subarray(0, to), copy.subarray(at)])
  if (random.fraction() < 0.3)
    return Buffer.concat([copy.subarray(0, at), extension(random), copy.subarray(at)])
  const block = copy.subarray(at, at + 512)
  const [offset, width] = random.pick(Object.values(fields))
  const text = random.pick(fieldTexts)(random, width)
  block.fill(0, offset, offset + width)
  block.write(text.slice(0, width), offset, 'latin1')
  seal(block)
  return copy
}

function seal(block: Buffer): void {
  block.write(`${checksumOf(block).toString(8).padStart(6, '0')}\0 `, fields.checksum[0])
}

/** An extended header with a record or two, or one of GNU's for a long name. */
function extension(random: Random): Buffer {
  const type = random.pick(['x', 'x', 'x', 'x', 'g', 'L', 'K'])
  const value = () => random.pick([...names, ...numbers, 'n'.repeat(random.below(6000)), '0,1,1,0'])
  const record = () => encodeRecord(random.pick(keys), value())
  const text = 'xg'.includes(type) ? record() + random.pick(['', record()]) : value()
  const content = Buffer.from(text, 'latin1')
  const header = tarHeader({ ...plain, path: 'more', size: content.length })
  header.write(type, fields.typeflag[0])
  seal(header)
  return Buffer.concat([header, content, Buffer.alloc(paddingOf(content.length))])
}

const keys = ['path', 'linkpath', 'size', 'uid', 'gid', 'mtime', 'SCHILY.xattr.user.x', 'comment']
  .concat(['name', 'realsize', 'size', 'major', 'minor', 'map', 'offset', 'numbytes'].map(ofSparse))

function ofSparse(key: string): string {
  return `GNU.sparse.${key}`
}

const names = ['..', '../..', '/', '.', 'd/../..', 'd/l/x', 'a', '.wh.a', '.wh...', 'd/', 'a\0b']

const fieldTexts: ((random: Random, width: number) => string)[] = [
  (random) => random.pick('0123456789xgLKSVMNDA\0 '.split('')),
  (random, width) => random.below(2 ** random.below(34)).toString(8).padStart(width - 1, '0'),
  (random) => random.pick(numbers),
  (random) => random.pick(names),
  (random, width) => '\x80' + String.fromCharCode(random.below(256)).repeat(width - 1),
  (random, width) => '\xff'.repeat(width - 1) + String.fromCharCode(random.below(256)),
  (_, width) => 'n'.repeat(width),
]

const plain: Entry = {
  path: 'file',
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtimeNs: 0n,
  target: '',
  device: { major: 0, minor: 0 },
  xattrs: [],
}

const archives: Buffer[] = [
  archive([[{ path: 'd', type: 'directory', mode: 0o1777 }], [{ path: 'd/file' }, 'content']]),
  archive([
    [{ path: 'd', type: 'directory' }],
    [{ path: 'd/l', type: 'symlink', target: '../../etc' }],
    [{ path: 'd/l/x', mode: 0o4755 }, 'x'],
    [{ path: 'a', type: 'hardlink', target: 'd/l' }],
  ]),
  archive([
    [{ path: 'null', type: 'character', device: { major: 1, minor: 3 } }],
    [{ path: 'disk', type: 'block', device: { major: 259, minor: 300 } }],
    [{ path: 'pipe', type: 'fifo' }],
    [{ path: '.wh.gone' }],
    [{ path: 'd/.wh..wh..opq' }],
  ]),
  archive([
    [{ path: `${'long/'.repeat(30)}name`, uid: 3_000_000, mtimeNs: -1_500_000_000n }, 'far'],
    [{ path: 'é\udcff', xattrs: [{ name: 'user.a=%', value: Buffer.from([0, 255]) }] }],
  ]),
  archive([[{ path: 'holes', size: 70_000, extents: [{ offset: 66_000, length: 4 }] }, 'data']]),
  archive([]),
]

function archive(entries: [about: Partial<Entry>, content?: string][]): Buffer {
  const parts = entries.map(([about, content = '']) => {
    const entry = { ...plain, size: content.length, ...about }
    return [tarHeader(entry), Buffer.from(content), Buffer.alloc(paddingOf(content.length))]
  })
  return Buffer.concat([...parts.flat(), tarEnd])
}
