/** Archives unpacked: whole when they are honest, never outside when they are not. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { attributes, closed, newFile, written } from '../../runtime/05-commit/layer/files.ts'
import { layerTar } from '../../runtime/05-commit/layer/layer.ts'
import { strace } from '../../runtime/strace.ts'
import { tarEnd, tarHeader } from '../../runtime/05-commit/tar/write.ts'
import { unpackLayer } from '../../runtime/05-commit/layer/unpack.ts'
import { stackIn } from '../../runtime/04-overlay/stack.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { change, chunksOf, everything, facts, gathered } from '../../test/trees.ts'
import { layOutEmpty, sha256 } from '../../test/trees.ts'
import { archiveOf, directory, file, plain, unpacked } from './archives.ts'

describe('a layer survives the way through an archive', () => {
  test('with all that a file can have', async (context) => {
    needs(context, 'root')
    const [upper, dir] = [scratch(), scratch()]
    await everything(upper)
    const archive = await gathered(layerTar({ upper, lowers: [] }))
    const { diffId, entries } = await unpackLayer(chunksOf(archive), dir)
    const [, ...copied] = await facts(dir)
    const [, ...all] = await facts(upper)
    const original = all.map((line) => line.replace(/ trusted\.\S+/, '')) // root's private notes
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
    await unpackLayer(layerTar(stackIn(dir)), `${second}/lower0`)
    const lower = await facts(`${dir}/lower0`)
    shell(second, `rmdir lower1; mv ${dir}/lower0 lower1`)
    await change(
      second,
      'test "$(find . -type f | sort | xargs)" = "./a/b/kept ./a/new ./swapped/new"',
    )
    expect(await facts(`${second}/lower1`)).toEqual(lower)
  })

  const forms = ['--format=gnu', '--format=pax --xattrs --xattrs-include=*']
  for (const form of forms)
    for (const sparse of ['', ' --sparse'])
      test(`when GNU tar made it: ${form}${sparse}`, async (context) => {
        needs(context, 'root', 'gnu-tar')
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
    'utimensat(AT_FDCWD, "f", {tv_sec=0, tv_nsec=9}, AT_SYMLINK_NOFOLLOW)',
  ])
})

test('a whole small file is one call of ours, and few of the kernel', async (context) => {
  const xattrs = [{ name: 'user.x', value: Buffer.from('y') }]
  const about = { mode: 0o4755, uid: 7, gid: 8, mtimeNs: -1n, size: 2, xattrs }
  needs(context, 'root')
  const dir = scratch()
  const entries = [file('f', 'ab', about), file('empty', '', { mtimeNs: 5n })]
  await unpackLayer(chunksOf(await gathered(archiveOf(entries))), dir)
  expect((await facts(dir)).slice(1)).toEqual([
    expect.stringMatching(/^"empty" 100644 0 0 5 0 0 /),
    expect.stringMatching(/^"f" 104755 7 8 -1 2 0 user\.x=79 /),
  ])
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
