/** Tests. An empty data root gets its first image: of busybox, a directory or an archive. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { tarOf } from '../chapters/05-commit/handmade.ts'
import { tarHeader } from '../runtime/05-commit/tar/write.ts'
import { busyboxBinary } from '../runtime/setup/busybox.ts'
import { needs, scratch } from './scratch.ts'
import { program, stepbox } from './stepbox.ts'

const path = { PATH: '/bin' }

/** A directory with busybox as sh, in a scratch directory. */
function rootfs(): string {
  const dir = join(scratch(), 'rootfs')
  mkdirSync(join(dir, 'bin'), { recursive: true })
  writeFileSync(join(dir, 'bin/busybox'), readFileSync(busyboxBinary()), { mode: 0o755 })
  symlinkSync('busybox', join(dir, 'bin/sh'))
  writeFileSync(join(dir, 'hello'), 'hello\n')
  return dir
}

/** Import bytes from standard input. */
function importing(root: string, input: Uint8Array, ...args: string[]) {
  const env = { ...process.env, STEPBOX_ROOT: root }
  const argv = [program, 'import', '-', ...args]
  return spawnSync(process.execPath, argv, { env, input, encoding: 'utf8' })
}

describe('import', () => {
  test('--busybox is the first image of an empty data root', async (context) => {
    needs(context, 'root')
    const root = join(scratch(), 'root')
    const made = await stepbox(['import', '--busybox'], { root })
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^sha256:\w{64}\n$/) })
    const run = await stepbox(['run', '--rm', 'busybox', 'echo', 'hi'], { root })
    expect(run).toMatchObject({ code: 0, out: 'hi\n' })
    expect((await stepbox(['import', '--busybox'], { root })).out).toBe(made.out)
  })

  test('makes an image of a directory, which runs and says where it is from', async (context) => {
    needs(context, 'root', 'overlay')
    const root = join(scratch(), 'root')
    const args = ['-c', 'CMD ["sh", "-c", "read line < /hello; echo $line"]', '-m', 'by hand']
    const { code, err } = await stepbox(['import', ...args, rootfs(), 'web:1.0'], { root })
    expect([code, err]).toEqual([0, ''])
    expect((await stepbox(['run', '--rm', 'web:1.0'], { root })).out).toBe('hello\n')
    const { out } = await stepbox(['history', '--format', '{{.Comment}}', 'web:1.0'], { root })
    expect(out).toBe('by hand\n')
  })

  test('makes the same layer of an archive, packed or not', async (context) => {
    needs(context, 'root', 'tar', 'zstd')
    const root = join(scratch(), 'root')
    const dir = scratch()
    const tar = join(dir, 'a.tar')
    execFileSync('tar', ['-cf', tar, '-C', rootfs(), '.'])
    writeFileSync(join(dir, 'b'), gzipSync(readFileSync(tar)))
    execFileSync('zstd', ['-q', tar, '-o', join(dir, 'c')])
    const layers = []
    for (const name of ['a.tar', 'b', 'c']) {
      await stepbox(['import', join(dir, name), `${name}:v1`], { root })
      const inspect = ['inspect', '-f', '{{.RootFS.Layers}} {{.Size}}', `${name}:v1`]
      layers.push((await stepbox(inspect, { root })).out)
    }
    expect(new Set(layers).size).toBe(1)
    expect(layers[0]).toMatch(/^\[sha256:\w{64}\] \d{5,}\n$/)
  })

  test('with a directory as root, an image is copied to one, once', async (context) => {
    needs(context, 'root')
    const root = join(scratch(), 'root')
    const dir = rootfs()
    for (const name of ['proc', 'sys', 'dev']) mkdirSync(join(dir, name))
    const before = ['--chapter', 'pivot-root']
    await stepbox([...before, 'import', dir, 'mine'], { root })
    const run = [...before, 'run', '--rm', 'mine', 'sh', '-c']
    await stepbox([...run, 'echo kept > /kept'], { root })
    expect((await stepbox([...run, 'read line < /kept; echo $line'], { root })).out).toBe('kept\n')
  })

  test('of nothing at all is an image without files, as in Docker', () => {
    const root = join(scratch(), 'root')
    expect(importing(root, Buffer.alloc(0), 'empty')).toMatchObject({ status: 0, stderr: '' })
    expect(importing(root, Buffer.alloc(1024), 'zeros')).toMatchObject({ status: 0, stderr: '' })
  })

  test('without a name gives an image that only its id names', async () => {
    const root = join(scratch(), 'root')
    const id = importing(root, tarOf({ a: 'x' })).stdout.trim()
    const unnamed = ['images', '--filter', 'dangling=true', '-q', '--no-trunc']
    const { out } = await stepbox(unnamed, { root })
    expect(out.trim()).toBe(id)
    importing(root, tarOf({ a: 'y' }))
    expect((await stepbox(['images', '-q'], { root })).out.trim().split('\n')).toHaveLength(2)
  })
})

/** An archive with an entry that no layer may have. */
function deviceZero(): Buffer {
  const device = { major: 0, minor: 0 }
  const entry = { path: 'd', type: 'character', mode: 0o600, uid: 0, gid: 0, size: 0 } as const
  const header = tarHeader({ ...entry, mtimeNs: 0n, target: '', device, xattrs: [] })
  return Buffer.concat([header, Buffer.alloc(1024)])
}

const refused: [what: string, input: () => Uint8Array, says: RegExp][] = [
  ['text', () => Buffer.from('hello\n'), /^stepbox: cannot import '-': it is no tar archive/],
  ['an archive that is cut off', () => tarOf({ a: 'x' }).subarray(0, 700), /is cut off/],
  ['gzip that is cut off', () => gzipSync(tarOf({ a: 'x' })).subarray(0, 40), /not valid gzip/],
  ['xz', () => Buffer.from('fd377a585a0000', 'hex'), /it is packed with xz: xz -dc FILE \|/],
  ['a device that means a deleted name', deviceZero, /device 0:0/],
]

describe('import refuses, and leaves the store as it was', () => {
  test.for(refused)('%s', ([, input, says]) => {
    const root = join(scratch(), 'root')
    const ended = importing(root, input(), 'x:v1')
    expect([ended.status, ended.stdout]).toEqual([1, ''])
    expect(ended.stderr).toMatch(says)
    expect(ended.stderr).not.toMatch(/ {4}at /)
    const { stdout } = spawnSync(process.execPath, [program, '--root', root, 'images', '-q'])
    expect(String(stdout)).toBe('')
  })

  test('what is not there, a URL, a bad name, and a directory with mounts', async (context) => {
    needs(context, 'root')
    const root = join(scratch(), 'root')
    const says = async (...args: string[]) => (await stepbox(['import', ...args], { root })).err
    expect(await says('nosuch', 'x')).toBe("stepbox: no file or directory 'nosuch'\n")
    expect(await says('http://host/x.tar')).toContain('curl -fsSL URL | stepbox import - NAME')
    expect(await says('/etc', 'Bad')).toContain("invalid reference 'Bad'")
    expect(await says('/', 'all')).toMatch(/'\/' has \w+ mounted on \/\w+: umount it first/)
    expect(await says()).toMatch(/import what\? a directory, a tar archive/)
  })
})

describe('a name that no image has', () => {
  test('in an empty store, is told with the command that makes an image', async (context) => {
    needs(context, 'root')
    const root = join(scratch(), 'root')
    const env = { ...path, HOME: scratch() }
    const line = `stepbox --root ${root} import`
    for (const args of [['run', 'busybox', 'true'], ['plan', 'busybox'], ['rmi', 'busybox']]) {
      const { err } = await stepbox(['--root', root, ...args], { root, env })
      expect(err).toContain("no image named 'busybox'; there are none")
      expect(err).toContain(`${line} --busybox`)
    }
    const { err } = await stepbox(['run', 'web', 'true'], { root, env })
    expect(err).toContain('stepbox import --busybox')
    expect(err).toContain('stepbox import FILE NAME')
  })

  test('but a directory or a file has, is told how to import that', async (context) => {
    needs(context, 'root')
    const root = join(scratch(), 'root')
    const dir = rootfs()
    const { err } = await stepbox(['run', dir, 'sh'], { root })
    expect(err).toContain(`'${dir}' is a path, and run needs an image: stepbox import ${dir} NAME`)
  })

  test('gets the nearest one, and one in the other data root', async (context) => {
    needs(context, 'root')
    const [root, home] = [join(scratch(), 'root'), scratch()]
    importing(root, tarOf({ a: 'x' }), 'busybox')
    const typo = await stepbox(['run', 'busibox', 'true'], { root, env: path })
    expect(typo.err).toMatch(/'busibox'; have: busybox:latest\n {2}did you mean 'busybox'\?\n/)
    importing(join(home, 'stepbox'), tarOf({ a: 'x' }), 'faraway')
    const env = { ...path, XDG_DATA_HOME: home }
    const { err } = await stepbox(['run', 'faraway', 'true'], { root, env })
    expect(err).toContain(`there is one in another data root: --root ${home}/stepbox\n`)
  })
})
