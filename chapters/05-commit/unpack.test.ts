/** Chapter 5. Archives unpacked: whole when they are honest, never outside when they are not. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test, type TestContext } from 'vitest'
import { batches } from '../../runtime/batches.ts'
import { attributes, closed, enter, newFile, written } from '../../runtime/files.ts'
import { layerTar } from '../../runtime/layer.ts'
import { StepError } from '../../runtime/native.ts'
import { strace } from '../../runtime/strace.ts'
import { encodeRecord } from '../../runtime/tar-pax.ts'
import { tarEnd, tarHeader } from '../../runtime/tar-write.ts'
import { checksumOf, fields, paddingOf, type Entry } from '../../runtime/tar.ts'
import { unpackLayer } from '../../runtime/unpack.ts'
import { stackIn } from '../../runtime/upper.ts'
import { steps } from '../../test/carry-out.ts'
import { needs, scratch } from '../../test/scratch.ts'
import {
  change,
  chunksOf,
  everything,
  facts,
  gathered,
  layOutEmpty,
  sha256,
} from '../../test/trees.ts'

describe('a layer survives the way through an archive', () => {
  test('with all that a file can have', async (context) => {
    needs(context, 'root')
    const [upper, dir] = [scratch(), scratch()]
    await everything(upper)
    const archive = await gathered(layerTar({ upper, lowers: [] }))
    const { diffId, entries } = await unpackLayer(chunksOf(archive), dir)
    const [, ...copied] = await facts(dir)
    const [, ...original] = await facts(upper)
    expect(copied).toEqual(original)
    expect(entries).toBe(original.length)
    expect(diffId).toBe(`sha256:${sha256(archive)}`)
    expect(sha256(await gathered(layerTar({ upper: dir, lowers: [] })))).toBe(sha256(archive))
  })

  test('and does as a lower directory what it did as an upper one', async (context) => {
    needs(context, 'root')
    const { dir } = layOutEmpty(1)
    shell(`${dir}/lower0`, 'mkdir -p a/b swapped; touch a/b/gone a/b/kept gone swapped/old')
    await change(dir, 'rm gone a/b/gone; rm -r swapped; mkdir swapped; touch swapped/new a/new')
    const { dir: second } = layOutEmpty(2)
    shell(second, `cp -a ${dir}/lower0/. lower1`)
    await unpackLayer(layerTar(stackIn(dir)), `${second}/lower0`)
    await change(
      second,
      'test "$(find . -type f | sort | xargs)" = "./a/b/kept ./a/new ./swapped/new"',
    )
    expect(await facts(`${second}/lower1`)).toEqual(await facts(`${dir}/lower0`))
  })

  const forms = ['--format=gnu', '--format=pax --xattrs --xattrs-include=*']
  for (const form of forms)
    for (const sparse of ['', ' --sparse'])
      test(`when GNU tar made it: ${form}${sparse}`, async (context) => {
        needs(context, 'root', 'tar')
        const [source, theirs, ours] = [scratch(), scratch(), scratch()]
        await everything(source)
        const options = `${form}${sparse} --sort=name --numeric-owner`.split(' ')
        const large = { maxBuffer: 2 ** 30, stdio: ['pipe', 'pipe', 'ignore'] as 'pipe'[] }
        const archive = execFileSync('tar', [...options, '-cC', source, '.'], large)
        const attributes = form.includes('xattrs') ? ['--xattrs', '--xattrs-include=*'] : []
        const how = [...attributes, '--same-owner', '--numeric-owner', '-xpC', theirs]
        execFileSync('tar', how, { ...large, input: archive })
        await unpackLayer(chunksOf(archive), ours)
        expect(await facts(ours)).toEqual(await facts(theirs))
      })
})

describe('of several entries with one name the last one counts', () => {
  test('a file over a file is new, and other names of the old one keep it', async (context) => {
    const dir = await unpacked(context, [file('a', 'old'), link('b', 'a'), file('a', 'new')])
    expect([read(dir, 'a'), read(dir, 'b')]).toEqual(['new', 'old'])
  })

  test('a directory over a directory keeps what is in it', async (context) => {
    const dir = await unpacked(context, [
      directory('d', { mode: 0o700 }),
      file('d/x'),
      directory('d', { mode: 0o711, mtimeNs: 5n }),
    ])
    expect(await facts(dir)).toMatchObject({
      length: 3,
      1: expect.stringMatching(/^"d" 40711 0 0 5 /),
    })
  })

  test('a directory over a file, a file over a link, a link over a directory', async (context) => {
    const dir = await unpacked(context, [
      file('f'),
      directory('f'),
      file('f/in', 'it'),
      symlink('s', 'f/in'),
      file('s', 'own'),
      directory('d'),
      symlink('d', 'f'),
    ])
    expect([read(dir, 'f/in'), read(dir, 's'), read(dir, 'd/in')]).toEqual(['it', 'own', 'it'])
  })

  test('but a file does not empty a directory', async (context) => {
    const failed = unpacked(context, [directory('d'), file('d/x'), file('d')])
    await expect(failed).rejects.toThrow('rmdir: ENOTEMPTY')
  })

  test('a file linked to itself stays', async (context) => {
    expect(read(await unpacked(context, [file('a', 'x'), link('a', './a')]), 'a')).toBe('x')
  })
})

test("a directory that the archive has no entry for is root's, and of no time", async (context) => {
  const dir = await unpacked(context, [file('a/b/c', '', { mtimeNs: 7n })])
  expect((await facts(dir)).map((line) => line.split(' ').slice(0, 5).join(' '))).toEqual([
    '"." 40755 0 0 0',
    '"a" 40755 0 0 0',
    '"a/b" 40755 0 0 0',
    '"a/b/c" 100644 0 0 7',
  ])
})

test('the entry of the root is what the root becomes', async (context) => {
  const about = { mode: 0o1700, uid: 1, gid: 2, mtimeNs: 3n }
  for (const path of ['.', '', './/'])
    expect(await facts(await unpacked(context, [directory(path, about), file('x')]))).toMatchObject(
      {
        0: expect.stringMatching(/^"\." 41700 1 2 3 /),
      },
    )
})

test('set-group-id and default ACL of a directory do not go to what is in it', async (context) => {
  const acl = { name: 'system.posix_acl_default', value: aclOf(0o770) }
  const dir = await unpacked(context, [
    directory('d', { mode: 0o2775, gid: 50, xattrs: [acl] }),
    file('d/f'),
    directory('d/sub'),
  ])
  const lines = await facts(dir)
  expect(lines[1]).toMatch(/^"d" 42775 0 50 .* system\.posix_acl_default=/)
  expect(lines.slice(2).map((line) => line.split(' ').slice(0, 4).join(' '))).toEqual([
    '"d/f" 100644 0 0',
    '"d/sub" 40755 0 0',
  ])
  expect(lines.slice(2).join()).not.toContain('acl')
})

describe('whiteouts', () => {
  test('become what overlayfs takes for them', async (context) => {
    const dir = await unpacked(context, [file('d/.wh.gone'), file('e/.wh..wh..opq')])
    expect((await facts(dir)).slice(1)).toEqual([
      '"d" 40755 0 0 0 0 0',
      expect.stringMatching(/^"d\/gone" 20000 0 0 \d+ 0 0$/),
      '"e" 40755 0 0 0 0 0 trusted.overlay.opaque=79',
    ])
  })

  const pairs: Record<string, [Made, Made]> = {
    'a file': [file('.wh.x'), file('x', 'stays')],
    'a symlink': [file('.wh.x'), symlink('x', 'stays')],
    'a directory': [file('.wh.x'), directory('x')],
    'what is in a directory': [file('.wh.x'), file('x/y', 'stays')],
    'an opaque directory': [file('x/.wh..wh..opq'), file('x/y', 'stays')],
  }
  for (const [name, [mark, entry]] of Object.entries(pairs))
    test(`delete nothing of their own layer, before or after it: ${name}`, async (context) => {
      const before = await facts(await unpacked(context, [mark, entry]))
      const after = await facts(await unpacked(context, [entry, mark]))
      expect(after).toEqual(before)
      expect(before.join('\n')).not.toMatch(/"x" 20000/)
      const isDirectory = before[1]?.startsWith('"x" 40')
      expect(before[1]?.includes('trusted.overlay.opaque=79')).toBe(isDirectory)
    })

  test('of AUFS are not unpacked', async (context) => {
    const dir = await unpacked(context, [
      file('.wh..wh.aufs'),
      directory('.wh..wh.plnk'),
      file('x'),
    ])
    expect(readdirSync(dir)).toEqual(['x'])
  })

  const refused: Record<string, Made[]> = {
    'of no name': [file('.wh.')],
    'of the directory itself': [file('d/.wh..')],
    'of the directory above': [file('d/.wh...')],
    'of the root': [file('.wh..wh..opq')],
    'with files in them': [file('.wh.d/x')],
    'that a symlink leads through': [symlink('s', '.wh.d'), file('s/x')],
    'with another name': [file('.wh.x'), link('y', 'x')],
  }
  for (const [name, entries] of Object.entries(refused))
    test(`are refused ${name}`, async (context) => {
      await expect(unpacked(context, entries)).rejects.toThrow('the archive is damaged')
    })
})

test('a file is made by these calls, in this order', () => {
  const xattrs = [{ name: 'user.x', value: Buffer.from('y') }]
  const entry = file('f', 'ab', { mode: 0o4755, uid: 7, mtimeNs: 9n, size: 4, xattrs })
  const content = { offset: 0, data: Buffer.from('ab') }
  const plan = [newFile('f', entry), written(content), closed(entry, 2), attributes('f', entry)]
  expect(plan.flat().map(({ call }) => strace(call))).toEqual([
    'open("f", O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0755)',
    'pwrite(4, /* 2 bytes */, 0)',
    'ftruncate(4, 4)',
    'close(4)',
    'lchown("f", 7, 0)',
    'chmod("f", 04755)',
    'lsetxattr("f", "user.x", /* 1 bytes */)',
    'utimensat(AT_FDCWD, "f", {mtime=9}, AT_SYMLINK_NOFOLLOW)',
  ])
})

describe('the root that the calls are made in', () => {
  test('is entered before anything else is done', () => {
    expect(enter('/layer').map(({ call }) => strace(call))).toEqual([
      'close_range(4, 4294967295, 0)',
      'chroot("/layer")',
      'chdir("/")',
      'umask(0)',
    ])
  })

  test('holds, whatever the calls say', async (context) => {
    needs(context, 'root')
    const [dir, victim] = [scratch(), scratch()]
    const program = batches(enter(dir))
    const absolute = `${victim}/absolute`
    await program.make(
      steps(['symlink', victim, 'out'], ['mkdir', '../../../up', 0o755], ['mkdir', '/top', 0o755]),
    )
    await expect(program.make(steps(['mkdir', absolute, 0o755]))).rejects.toThrow('mkdir: ENOENT')
    const again = batches(enter(dir))
    await expect(again.make(steps(['mkdir', 'out/x', 0o755]))).rejects.toThrow('mkdir: ENOENT')
    await Promise.all([program.end(), again.end()])
    expect(readdirSync(victim)).toEqual([])
    expect(readdirSync(dir).sort()).toEqual(['out', 'top', 'up'])
  })
})

describe('a hostile archive changes nothing outside', () => {
  const outside = (context: TestContext) => {
    needs(context, 'root')
    const around = scratch()
    mkdirSync(`${around}/layer`)
    mkdirSync(`${around}/victim`)
    writeFileSync(`${around}/victim/file`, 'as it was')
    return { around, dir: `${around}/layer`, victim: `${around}/victim` }
  }
  type Attack = (victim: string) => Made[]
  const clamped: Record<string, [Attack, made: (victim: string) => string]> = {
    'with an absolute name': [(victim) => [file(`${victim}/file`)], (victim) => `${victim}/file`],
    'with .. in a name': [() => [file('../victim/file')], () => 'victim/file'],
    'with .. behind a directory': [
      () => [directory('d'), file('d/../../victim/file')],
      () => 'victim/file',
    ],
    'with .. in a pax name': [
      () => [withRecords([['path', '../victim/file']], file('x'))],
      () => 'victim/file',
    ],
    'with .. in the name of a file with holes': [
      () => [{ ...file('../victim/file'), size: 4096, extents: [], content: '' }],
      () => 'victim/file',
    ],
    'with a symlink to go through': [
      (victim) => [symlink('s', victim), file('s/file')],
      (victim) => `${victim}/file`,
    ],
    'with a relative symlink to go through': [
      () => [symlink('a/s', '../../victim'), file('a/s/file')],
      () => 'victim/file',
    ],
    'with a chain of symlinks': [
      (victim) => [symlink('one', 'two/..'), symlink('two', victim), file('one/victim/file')],
      (victim) => `${victim}/file`,
    ],
    'with a symlink in place of a directory': [
      (victim) => [directory('d'), symlink('d', victim), file('d/file')],
      (victim) => `${victim}/file`,
    ],
    'with a whiteout through a symlink': [
      (victim) => [symlink('s', victim), file('s/.wh.file')],
      (victim) => `${victim}/file`,
    ],
    'with the mode and owner of what a symlink leads to': [
      (victim) => [symlink('s', victim), directory('s/.', { mode: 0o777, uid: 1000 })],
      (victim) => victim,
    ],
  }
  for (const [name, [attack, made]] of Object.entries(clamped))
    test(`${name}: it stays inside`, async (context) => {
      const { around, dir, victim } = outside(context)
      const before = await facts(victim)
      await unpackLayer(archiveOf(attack(victim)), dir)
      expect(await facts(victim)).toEqual(before)
      expect(readdirSync(around).sort()).toEqual(['layer', 'victim'])
      expect((await facts(dir)).join('\n')).toContain(
        `${JSON.stringify(made(victim).replace(/^\//, ''))} `,
      )
    })

  test('with a file over a symlink: the link is replaced', async (context) => {
    const { dir, victim } = outside(context)
    await unpackLayer(archiveOf([symlink('s', `${victim}/file`), file('s', 'mine')]), dir)
    expect([read(victim, 'file'), read(dir, 's')]).toEqual(['as it was', 'mine'])
  })

  const refused: Record<string, [Attack, RegExp]> = {
    'with a second name of a file outside': [
      (victim) => [link('mine', `${victim}/file`), file('mine', 'changed')],
      /another name of .*which is no file in it/,
    ],
    'with a second name behind ..': [() => [link('mine', '../victim/file')], /no file in it/],
    'with a second name through a symlink': [
      (victim) => [symlink('s', victim), link('mine', 's/file')],
      /no file in it/,
    ],
    'with a second name of a directory': [() => [directory('d'), link('e', 'd')], /no file in it/],
    'with symlinks in a circle': [
      () => [symlink('a', 'b'), symlink('b', 'a'), file('a/x')],
      /too many symlinks/,
    ],
    'with a file in a file': [() => [file('f', 'x'), file('f/x')], /which is a file/],
    'with a root that is a symlink': [(victim) => [symlink('.', victim)], /its root is a symlink/],
    'with a root that is a file': [() => [file('..')], /its root is a file/],
    'with a device that deletes': [
      () => [made('character', 'dev', { device: { major: 0, minor: 0 } })],
      /is a device 0:0/,
    ],
    'with a name longer than a path': [
      () => [file(`${'x/'.repeat(3000)}y`)],
      /longer than any path/,
    ],
  }
  for (const [name, [attack, message]] of Object.entries(refused))
    test(`${name}: it is refused`, async (context) => {
      const { around, dir, victim } = outside(context)
      const before = await facts(victim)
      await expect(unpackLayer(archiveOf(attack(victim)), dir)).rejects.toThrow(message)
      expect(await facts(victim)).toEqual(before)
      expect(readdirSync(around).sort()).toEqual(['layer', 'victim'])
    })

  test("with overlayfs's own attributes: they are dropped, the others kept", async (context) => {
    const names = [
      'trusted.overlay.opaque',
      'trusted.overlay.redirect',
      'user.overlay.opaque',
      'user.x',
    ]
    const xattrs = names.map((name) => ({ name, value: Buffer.from('y') }))
    const dir = await unpacked(context, [directory('d', { xattrs }), file('f', 'x', { xattrs })])
    const [, d, f] = await facts(dir)
    for (const line of [d, f]) expect(line?.match(/\S+=\w+/g)).toEqual(['user.x=79'])
  })
})

test('what the kernel refuses is told as the call that it refused', async (context) => {
  const failed = unpacked(context, [file('fine'), file('n'.repeat(256)), file('after')])
  await expect(failed).rejects.toThrow(StepError)
  await expect(failed).rejects.toMatchObject({ report: { errno: 'ENAMETOOLONG' } })
})

test('an archive that is cut off fails, whatever was unpacked of it', async (context) => {
  needs(context, 'root')
  const dir = scratch()
  const whole = await gathered(archiveOf([file('first', 'x'), file('second', 'y'.repeat(5000))]))
  await expect(unpackLayer(chunksOf(whole.subarray(0, 4000)), dir)).rejects.toThrow('cut off')
})

test('an error of the stream is the error', async (context) => {
  needs(context, 'root')
  async function* broken() {
    yield Buffer.from(tarHeader({ ...plain, path: 'x', type: 'file' }))
    throw new Error('the disk is gone')
  }
  await expect(unpackLayer(broken(), scratch())).rejects.toThrow('the disk is gone')
})

test('the diff id is that of every byte, those after the end too', async (context) => {
  needs(context, 'root')
  const bytes = Buffer.concat([await gathered(archiveOf([file('x')])), Buffer.alloc(9000)])
  const { diffId } = await unpackLayer(chunksOf(bytes), scratch())
  expect(diffId).toBe(`sha256:${sha256(bytes)}`)
})

test('a large file is unpacked in little memory, whatever the chunks', async (context) => {
  needs(context, 'root')
  const dir = scratch()
  const size = 256 * 2 ** 20
  const chunk = Buffer.alloc(2 ** 20, 'content ')
  const before = process.memoryUsage.rss()
  let most = 0
  async function* stream() {
    yield tarHeader({ ...plain, path: 'large', type: 'file', size })
    for (let left = size; left > 0; left -= chunk.length) {
      yield chunk
      most = Math.max(most, process.memoryUsage.rss() - before)
    }
    yield tarEnd
  }
  await unpackLayer(stream(), dir)
  expect(readFileSync(`${dir}/large`).equals(Buffer.alloc(size, 'content '))).toBe(true)
  expect(most / 2 ** 20).toBeLessThan(100)
})

/** An entry and what follows it; `before` is what comes before it. */
type Made = Entry & { content: string; before?: Buffer }

const plain = {
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtimeNs: 0n,
  target: '',
  device: { major: 0, minor: 0 },
  xattrs: [],
}

function made(type: Entry['type'], path: string, about: Partial<Entry>): Made {
  return { ...plain, type, path, content: '', ...about }
}

function file(path: string, content = '', about: Partial<Entry> = {}): Made {
  return { ...made('file', path, { size: content.length, ...about }), content }
}

function directory(path: string, about: Partial<Entry> = {}): Made {
  return made('directory', path, { mode: 0o755, ...about })
}

function symlink(path: string, target: string): Made {
  return made('symlink', path, { target })
}

function link(path: string, target: string): Made {
  return made('hardlink', path, { target })
}

/** The entry with an extended header of these records. */
function withRecords(records: [key: string, value: string][], entry: Made): Made {
  const text = records.map(([key, value]) => encodeRecord(key, value)).join('')
  const header = tarHeader({ ...plain, path: 'PaxHeaders/x', type: 'file', size: text.length })
  header.write('x', fields.typeflag[0])
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, fields.checksum[0])
  return { ...entry, before: Buffer.concat([header, padded(text)]) }
}

async function* archiveOf(entries: Made[]): AsyncGenerator<Buffer> {
  for (const { content, before, ...entry } of entries) {
    if (before) yield before
    yield tarHeader(entry)
    yield padded(content)
  }
  yield tarEnd
}

function padded(content: string): Buffer {
  return Buffer.concat([Buffer.from(content)], content.length + paddingOf(content.length))
}

async function unpacked(context: TestContext, entries: Made[]): Promise<string> {
  needs(context, 'root')
  const dir = scratch()
  await unpackLayer(archiveOf(entries), dir)
  return dir
}

function read(dir: string, name: string): string {
  return readFileSync(`${dir}/${name}`, 'utf8')
}

/** The smallest ACL, which says no more than the mode (acl(5)). */
function aclOf(mode: number): Buffer {
  const entry = (tag: number, bits: number) => {
    const bytes = Buffer.alloc(8, 0xff)
    bytes.writeUInt16LE(tag, 0)
    bytes.writeUInt16LE(bits & 7, 2)
    return bytes
  }
  const parts = [entry(1, mode >> 6), entry(4, mode >> 3), entry(0x20, mode)]
  return Buffer.concat([Buffer.from([2, 0, 0, 0]), ...parts])
}

function shell(cwd: string, script: string): void {
  execFileSync('sh', ['-ec', script], { cwd })
}
