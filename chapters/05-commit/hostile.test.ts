/** Hostile archives: what they may not have, and that they reach nothing outside. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test, type TestContext } from 'vitest'
import { batches } from '../../runtime/04-overlay/batches.ts'
import { enter } from '../../runtime/05-commit/layer/files.ts'
import type { Call } from '../../runtime/calls.ts'
import { perform } from '../../runtime/native.ts'
import { strace } from '../../runtime/strace.ts'
import { unpackLayer } from '../../runtime/05-commit/layer/unpack.ts'
import { steps } from '../../test/carry-out.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { facts, gathered } from '../../test/trees.ts'
import { archiveOf, directory, file, link, made, symlink } from './archives.ts'
import { unpacked, withRecord, type Made } from './archives.ts'

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
    const refused = program.make(steps(['mkdir', absolute, 0o755]))
    await expect(refused).rejects.toThrow(/^mkdir.* = ENOENT/)
    const again = batches(enter(dir))
    await expect(again.make(steps(['mkdir', 'out/x', 0o755]))).rejects.toThrow(/^mkdir.* = ENOENT/)
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
      () => [withRecord('path', '../victim/file', file('x'))],
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
      /a hard link to .*which is no file in it/,
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
    'with a device whose number is cut to that': [
      () => [made('character', 'dev', { device: { major: 4096, minor: 0 } })],
      /is a device 4096:0/,
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

test('neither GNU tar nor mknod makes a device whose number Linux would cut', async (context) => {
  needs(context, 'root', 'gnu-tar')
  const dir = scratch()
  for (const [major, minor] of [[4096, 0], [2 ** 20, 0], [0, 2 ** 20]] as const) {
    const archive = archiveOf([made('character', 'dev', { device: { major, minor } })])
    const tar = spawnSync('tar', ['-xC', dir], { input: await gathered(archive), encoding: 'utf8' })
    expect(tar.stderr).toContain('dev: Cannot mknod: Invalid argument')
    const call: Call = ['mknod', `${dir}/dev`, 'S_IFCHR', 0, major, minor]
    await expect(perform(steps(call))).rejects.toThrow('EINVAL')
  }
  const cut: Call = ['mknod', `${dir}/dev`, 'S_IFCHR', 0, 2 ** 32, 2 ** 32]
  await expect(perform(steps(cut))).rejects.toThrow('EINVAL')
  expect(readdirSync(dir)).toEqual([])
})

function read(dir: string, name: string): string {
  return readFileSync(`${dir}/${name}`, 'utf8')
}
