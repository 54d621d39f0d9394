/** Archives written and read: what goes in comes out, and what is wrong is refused. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { perform } from '../../runtime/native.ts'
import { encodeRecord } from '../../runtime/05-commit/tar/pax.ts'
import { readTar } from '../../runtime/05-commit/tar/read.ts'
import { tarEnd, tarHeader } from '../../runtime/05-commit/tar/write.ts'
import { checksumOf, fields, paddingOf, type Entry } from '../../runtime/05-commit/tar/tar.ts'
import { steps } from '../../test/carry-out.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { chunksOf, holed } from '../../test/trees.ts'
import { all, extension, padded, plain, read, sealed } from './archives.ts'

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
      needs(context, 'root', 'gnu-tar')
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
          isExact
            ? ['utimensat', `${dir}/${below}/file`, -2n, 500_000_000]
            : ['utimensat', `${dir}/${below}/file`, 1n, 0],
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
      await expect(read(sealed(tarHeader(plain), bytes(wrong)), tarEnd)).rejects.toThrow(
        'not a user or group id',
      )
  })
})

test('before POSIX a directory was a file with a slash at its end', async () => {
  const [old] = await read(tarHeader({ ...plain, path: 'dir/' }), tarEnd)
  expect(old).toMatchObject({ type: 'directory', path: 'dir' })
})

test('a checksum of signed bytes, as early tars made it, is right too', async () => {
  const header = tarHeader({ ...plain, path: 'é' }).subarray(-512)
  const signed = checksumOf(header) - 2 * 256
  header.write(`${signed.toString(8).padStart(6, '0')}\0 `, fields.checksum[0])
  expect(await read(header, tarEnd)).toMatchObject([{ path: 'é' }])
})

test('where POSIX has the beginning of a long name, GNU has something else', async () => {
  const prefixed = sealed(tarHeader(plain), (block) => block.write('before', fields.prefix[0]))
  const gnu = sealed(prefixed, (block) => block.write('ustar  \0', fields.magic[0]))
  const found = await read(prefixed, gnu, tarEnd)
  expect(found.map(({ path }) => path)).toEqual(['before/file', 'file'])
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
