/** Chapter 5. Archives written and read: what goes in comes out, and what is wrong is refused. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { perform } from '../../runtime/native.ts'
import { encodeRecord } from '../../runtime/tar-pax.ts'
import { readTar } from '../../runtime/tar-read.ts'
import { tarEnd, tarHeader } from '../../runtime/tar-write.ts'
import { checksumOf, fields, paddingOf, type Entry } from '../../runtime/tar.ts'
import { steps } from '../../test/carry-out.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { chunksOf, holed } from '../../test/trees.ts'

const plain: Entry = {
  path: 'file',
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtimeNs: 1_600_000_000_000_000_000n,
  target: '',
  device: { major: 0, minor: 0 },
  xattrs: [],
}

describe('an entry is read as it was written', () => {
  const cases: Record<string, Partial<Entry>> = {
    'of a plain file': {},
    'with a name of 100 bytes': { path: 'n'.repeat(100) },
    'with a name of 101 bytes': { path: 'n'.repeat(101) },
    'with a path of 4000 bytes': { path: `${'p'.repeat(199)}/`.repeat(19) + 'end' },
    'with a name that is not ASCII': { path: 'ünïcode/日本語' },
    'with a name that is not UTF-8': { path: 'latin \udce9\udcff' },
    'with a newline and an equals sign in its name': { path: 'a\n12 b=c\n' },
    'of a directory with a long name': { type: 'directory', path: 'd'.repeat(150) },
    'with setuid, setgid and sticky bits': { mode: 0o7777 },
    'with the largest ids of the old form': { uid: 2_097_151, gid: 2_097_151 },
    'with ids that do not fit it': { uid: 2_097_152, gid: 4_294_967_294 },
    'with a time to the nanosecond': { mtimeNs: 1_600_000_000_123_456_789n },
    'with a time of one nanosecond': { mtimeNs: 1n },
    'from before 1970': { mtimeNs: -1n },
    'from long before 1970': { mtimeNs: -86_400_500_000_000n },
    'from after 2242, when the field is full': { mtimeNs: 8_589_934_592_000_000_000n },
    'of a symlink': { type: 'symlink', target: '../elsewhere' },
    'of a symlink to a long name': { type: 'symlink', target: 't'.repeat(3000) },
    'of a symlink to a name that is not UTF-8': { type: 'symlink', target: '\udcfe' },
    'of a second name': { type: 'hardlink', target: 'first' },
    'of a character device': { type: 'character', device: { major: 4095, minor: 1_048_575 } },
    'of a block device': { type: 'block', device: { major: 8, minor: 0 } },
    'of a fifo': { type: 'fifo' },
    'with attributes of any bytes': {
      xattrs: [
        { name: 'user.bytes', value: Buffer.from([0, 10, 61, 255]) },
        { name: 'user.none', value: Buffer.alloc(0) },
        { name: 'user.a=b%3Dc%', value: Buffer.from('=') },
        { name: 'user.\udcff', value: Buffer.alloc(70_000, 1) },
      ],
    },
  }
  for (const [name, told] of Object.entries(cases))
    test(name, async () => {
      const entry = { ...plain, ...told }
      expect(await read(tarHeader(entry), tarEnd)).toEqual([{ ...entry, data: [] }])
    })
})

test('an archive cut into chunks at any place reads the same', async () => {
  const content = Buffer.from('0123456789'.repeat(120))
  const entry = { ...plain, path: 'é', size: content.length, mtimeNs: 1n }
  const bytes = Buffer.concat([tarHeader(entry), padded(content), tarHeader(plain), tarEnd])
  for (const size of [1, 7, 511, 512, 513, bytes.length]) {
    const [first, second] = await all(chunksOf(bytes, size))
    expect(first?.path).toBe('é')
    expect(first?.data).toEqual([[0, content.toString()]])
    expect(second).toEqual({ ...plain, data: [] })
  }
})

test(
  'content that nobody takes is skipped, more than 8 GiB of it',
  { timeout: 30_000 },
  async () => {
    const size = 8 * 2 ** 30 + 1
    const zeros = Buffer.alloc(2 ** 20)
    async function* stream() {
      yield tarHeader({ ...plain, size })
      for (let left = size + paddingOf(size); left > 0; left -= zeros.length)
        yield zeros.subarray(0, Math.min(left, zeros.length))
      yield Buffer.concat([tarHeader({ ...plain, path: 'after' }), tarEnd])
    }
    const found: [string, number][] = []
    for await (const { path, size: told } of readTar(stream())) found.push([path, told])
    expect(found).toEqual([
      ['file', size],
      ['after', 0],
    ])
  },
)

describe('holes', () => {
  const size = 20_000_000_000
  const extents = [
    { offset: 4096, length: 3 },
    { offset: 10_000_000_000, length: 600 },
  ]
  const sparse: Entry = { ...plain, path: 'hôles', size, extents }
  const content = Buffer.from(`abc${'x'.repeat(600)}`)

  test('the data of a file are given with the places where they belong', async () => {
    const [entry] = await read(tarHeader(sparse), padded(content), tarEnd)
    expect(entry).toEqual({
      ...sparse,
      data: [
        [4096, 'abc'],
        [10_000_000_000, 'x'.repeat(600)],
      ],
    })
  })

  test('a file that is all hole has no data', async () => {
    const hole = { ...sparse, extents: [] }
    expect(await read(tarHeader(hole), tarEnd)).toEqual([{ ...hole, data: [] }])
  })

  test('a map that says more, less or something else than the content is refused', async () => {
    const wrong: [Entry, Buffer][] = [
      [{ ...sparse, size: 100 }, content],
      [{ ...sparse, extents: extents.toReversed() }, content],
      [{ ...sparse, extents: [...extents, { offset: 10_000_000_100, length: 0 }] }, content],
    ]
    for (const [entry, data] of wrong)
      await expect(read(tarHeader(entry), padded(data), tarEnd)).rejects.toThrow(
        'contradicts itself',
      )
    const header = tarHeader({ ...sparse, extents: [] })
    const longer = sealed(header, (block) => block.write('00000002000', fields.size[0]), 1024)
    const shorter = sealed(header, (block) => block.write('00000000100', fields.size[0]), 1024)
    await expect(read(shorter, tarEnd)).rejects.toThrow('a map of holes that is longer')
    const beyond = encodeRecord('GNU.sparse.size', '100') + encodeRecord('GNU.sparse.map', '99,2')
    const outside = [extension('x', beyond), tarHeader({ ...plain, size: 2 })]
    await expect(read(...outside, padded(content), tarEnd)).rejects.toThrow('contradicts itself')
    await expect(read(longer, padded(content), tarEnd)).rejects.toThrow(
      '0 bytes of data, stored in',
    )
  })
})

describe('what GNU tar writes is read as it was meant', () => {
  const forms: Record<string, string[]> = {
    v7: ['--format=v7'],
    ustar: ['--format=ustar'],
    oldgnu: ['--format=oldgnu', '--sparse'],
    gnu: ['--format=gnu', '--sparse'],
    'pax without holes': ['--format=pax'],
    'pax with holes 0.0': ['--format=pax', '--sparse-version=0.0', '--sparse'],
    'pax with holes 0.1': ['--format=pax', '--sparse-version=0.1', '--sparse'],
    'pax with holes 1.0': ['--format=pax', '--sparse-version=1.0', '--sparse'],
  }
  for (const [name, options] of Object.entries(forms))
    test(name, async (context) => {
      needs(context, 'root', 'tar')
      const dir = scratch()
      const isExact = name.startsWith('pax')
      const hasLongNames = name !== 'v7'
      const below = hasLongNames ? `${'b'.repeat(90)}/${'b'.repeat(60)}` : 'below'
      mkdirSync(`${dir}/${below}`, { recursive: true })
      writeFileSync(`${dir}/${below}/file`, 'content')
      const holes: [string, number][] = Array.from({ length: 30 }, (_, at) => [
        'data',
        at * 2 ** 20,
      ])
      const target = 't'.repeat(name === 'v7' || name === 'ustar' ? 90 : 200)
      await perform(
        steps(
          ...holed(`${dir}/holes`, holes, 40_000_000),
          ['symlink', target, `${dir}/link`],
          ['link', `${dir}/link`, `${dir}/second`],
          ['mknod', `${dir}/pipe`, name === 'v7' ? 'S_IFREG' : 'S_IFIFO', 0o600, 0, 0],
          ['lchown', `${dir}/pipe`, 1_000_000, 100],
          ['utimensat', `${dir}/${below}/file`, isExact ? -1_500_000_000n : 1_000_000_000n],
        ),
      )
      const args = ['--sort=name', '--numeric-owner', '-C', dir, ...options, '-c', '.']
      const archive = execFileSync('tar', args, { maxBuffer: 2 ** 30 })
      const found = new Map((await all(chunksOf(archive))).map((entry) => [entry.path, entry]))
      expect(found.get(`./${below}/file`)).toMatchObject({
        size: 7,
        data: [[0, 'content']],
        mtimeNs: isExact ? -1_500_000_000n : 1_000_000_000n,
      })
      expect(found.get('./link')).toMatchObject({ type: 'symlink', target })
      expect(found.get('./second')).toMatchObject({ type: 'hardlink', target: './link' })
      const type = name === 'v7' ? 'file' : 'fifo'
      expect(found.get('./pipe')).toMatchObject({ type, uid: 1_000_000, gid: 100 })
      expect(found.get('.')).toMatchObject({ type: 'directory', size: 0 })
      const data = (found.get('./holes')?.data ?? []).map(([at, text]) => [at, text.slice(0, 4)])
      expect(found.get('./holes')?.size).toBe(40_000_000)
      if (options.includes('--sparse')) expect(data).toEqual(holes.map(([text, at]) => [at, text]))
    })

  test('numbers in base 256', async () => {
    const bytes = (hex: string) => (block: Buffer) =>
      Buffer.from(hex, 'hex').copy(block, fields.uid[0])
    const [entry] = await read(sealed(tarHeader(plain), bytes('80000000fffffffe')), tarEnd)
    expect(entry?.uid).toBe(0xfffffffe)
    for (const wrong of ['ffffffffffffffff', '80000000ffffffff', '8000000100000000'])
      await expect(read(sealed(tarHeader(plain), bytes(wrong)), tarEnd)).rejects.toThrow('no id of')
  })
})

test('before POSIX a directory was a file with a slash at its end', async () => {
  const [old] = await read(tarHeader({ ...plain, path: 'dir/' }), tarEnd)
  expect(old).toMatchObject({ type: 'directory', path: 'dir' })
})

test('where POSIX has the beginning of a long name, GNU has something else', async () => {
  const prefixed = sealed(tarHeader(plain), (block) => block.write('before', fields.prefix[0]))
  const gnu = sealed(prefixed, (block) => block.write('ustar  \0', fields.magic[0]))
  const found = await read(prefixed, gnu, tarEnd)
  expect(found.map(({ path }) => path)).toEqual(['before/file', 'file'])
})

describe('an archive is refused', () => {
  const header = tarHeader(plain)
  const withRecords = (text: string, flag = 'x') => [extension(flag, text), header]
  const flagged = (flag: string) => sealed(header, (block) => block.write(flag, fields.typeflag[0]))
  const cases: Record<string, [parts: Buffer[], message: RegExp]> = {
    'that is empty': [[], /cut off/],
    'that ends without its end': [[header], /cut off/],
    'cut off in a header': [[header.subarray(0, 300)], /cut off/],
    'cut off in the content': [[tarHeader({ ...plain, size: 600 }), Buffer.alloc(512)], /cut off/],
    'cut off in the padding': [[tarHeader({ ...plain, size: 3 }), Buffer.alloc(300)], /cut off/],
    'with more after its end': [[tarEnd, header, tarEnd], /more follows/],
    'with a changed header': [[Buffer.from(header).fill('F', 0, 1), tarEnd], /checksum/],
    'with an entry of a type that is not known': [[flagged('D'), tarEnd], /unknown type 'D'/],
    'with a field that is no number': [
      [sealed(header, (block) => block.write('12x', fields.mode[0])), tarEnd],
      /not a number/,
    ],
    'with a negative size': [
      [sealed(header, (block) => block.fill(0xff, 124, 136)), tarEnd],
      /not a size/,
    ],
    'with a name of nothing': [
      [sealed(header, (block) => block.fill(0, 0, 100)), tarEnd],
      /without a name/,
    ],
    'with a link to nothing': [[flagged('2'), tarEnd], /without a target/],
    'with a record that is too long': [[...withRecords('99 path=x\n'), tarEnd], /made of records/],
    'with a record that is too short': [[...withRecords('9 path=xy\n'), tarEnd], /made of records/],
    'with records that no newline ends': [
      [...withRecords('9 path=xy9 path=ab'), tarEnd],
      /made of records/,
    ],
    'with a record without a key': [[...withRecords('5 =x\n'), tarEnd], /made of records/],
    'with a record that is no record': [[...withRecords('path=x\n'), tarEnd], /made of records/],
    'with a NUL in a name': [[...withRecords('11 path=a\0\n'), tarEnd], /NUL/],
    'with a time that is none': [[...withRecords('13 mtime=1e9\n'), tarEnd], /a time/],
    'with a size in words': [[...withRecords('11 size=0x\n'), tarEnd], /not a number/],
    'with two names for one file': [
      [extension('L', 'a\0'), extension('L', 'b\0'), header, tarEnd],
      /two extended headers/,
    ],
    'with a name and no file after it': [[extension('L', 'a\0'), tarEnd], /no file/],
    'with a name for all files': [[...withRecords('11 path=ab\n', 'g'), tarEnd], /of every file/],
    'with an extended header of 2 MiB': [
      [extension('x', encodeRecord('comment', Buffer.alloc(2 ** 21))), header, tarEnd],
      /extended header of/,
    ],
    'with holes of a form to come': [
      [...withRecords('22 GNU.sparse.major=2\n25 GNU.sparse.realsize=1\n'), tarEnd],
      /form 2\.0/,
    ],
  }
  for (const [name, [parts, message]] of Object.entries(cases))
    test(name, async () => {
      await expect(read(...parts)).rejects.toThrow(message)
    })

  test('with a map of holes without an end', async () => {
    const told = ['major=1', 'minor=0', 'realsize=9'].map((text) => {
      const [key = '', value = ''] = text.split('=')
      return encodeRecord(`GNU.sparse.${key}`, value)
    })
    const map = Buffer.alloc(4 * 2 ** 20, '1\n')
    map.write('9999999\n')
    const large = tarHeader({ ...plain, size: map.length })
    await expect(read(extension('x', told.join('')), large, map, tarEnd)).rejects.toThrow(
      'has no end',
    )
  })
})

test('a global header gives every file after it what it does not say itself', async () => {
  const global = extension('g', encodeRecord('uid', '77') + encodeRecord('mtime', '5.5'))
  const [one, two] = await read(
    global,
    tarHeader(plain),
    tarHeader({ ...plain, mtimeNs: 1n }),
    tarEnd,
  )
  expect(one).toMatchObject({ uid: 77, mtimeNs: 5_500_000_000n })
  expect(two).toMatchObject({ uid: 77, mtimeNs: 1n })
})

test('attributes beyond what readers accept are not written', () => {
  const xattrs = Array.from({ length: 17 }, (_, at) => ({
    name: `user.${at}`,
    value: Buffer.alloc(65_536),
  }))
  expect(() => tarHeader({ ...plain, xattrs })).toThrow('more extended attributes')
})

/** An entry that says something of the next. */
function extension(flag: string, text: string): Buffer {
  const content = Buffer.from(text, 'latin1')
  const header = sealed(tarHeader({ ...plain, size: content.length }), (block) =>
    block.write(flag, fields.typeflag[0]),
  )
  return Buffer.concat([header, padded(content)])
}

/** The header in `bytes` at `at`, changed, with a checksum that is right. */
function sealed(bytes: Buffer, change: (block: Buffer) => unknown, at = 0): Buffer {
  const copy = Buffer.from(bytes)
  const block = copy.subarray(at, at + 512)
  change(block)
  block.write(`${checksumOf(block).toString(8).padStart(6, '0')}\0 `, fields.checksum[0])
  return copy
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content], content.length + paddingOf(content.length))
}

type Read = Entry & { data: [offset: number, text: string][] }

function read(...parts: Buffer[]): Promise<Read[]> {
  return all(chunksOf(Buffer.concat(parts)))
}

/** The entries of an archive, with pieces of content that follow each other as one. */
async function all(chunks: AsyncIterable<Uint8Array>): Promise<Read[]> {
  const entries: Read[] = []
  for await (const { content, ...entry } of readTar(chunks)) {
    const data: Read['data'] = []
    for await (const piece of content) {
      const last = data.at(-1)
      const text = piece.data.toString('latin1')
      if (last && last[0] + last[1].length === piece.offset) last[1] += text
      else data.push([piece.offset, text])
    }
    entries.push({ ...entry, data })
  }
  return entries
}
