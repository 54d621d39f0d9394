/** Tests. Why a file does not become the command, and why a path leads nowhere: each provoked. */
import { chmodSync, copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { arch } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readElf } from '../runtime/03-pivot-root/elf.ts'
import { ofContent } from '../runtime/tools/explain/programs.ts'
import type { Call } from '../runtime/calls.ts'
import { causeIn, explained, ownMounts } from './explaining.ts'
import { needs, scratch } from './scratch.ts'
import { ownRootfs } from './world.ts'

const execute = (file: string, path = 'PATH=/bin'): Call => ['execvpe', file, [file], [path]]

/** From here on, `dir` is the root. */
const inside = (dir: string): Call[] => [
  ['chroot', dir],
  ['chdir', '/'],
]

/** A scratch root file system with one file in it, executable. */
function rootWith(path: string, content: string | Buffer, mode = 0o755): string {
  const dir = scratch()
  mkdirSync(join(dir, 'bin'))
  mkdirSync(join(dir, 'tmp'))
  writeFileSync(join(dir, path), content)
  chmodSync(join(dir, path), mode)
  return dir
}

async function causeInside(dir: string, call: Call): Promise<string | undefined> {
  return (await causeIn(...inside(dir), call)).cause
}

/** The beginning of an ELF file for `machine` (elf(5)), with nothing in it. */
function elfFor(machine: number): Buffer {
  const bytes = Buffer.alloc(128)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  bytes.writeUInt16LE(2, 16)
  bytes.writeUInt16LE(machine, 18)
  return bytes
}

describe('a command that is not found (127)', () => {
  test('is in none of the directories of PATH, which is told', async (context) => {
    needs(context, 'root')
    const { text, exitCode } = await explained(execute('no-such', 'PATH=/usr/bin:/bin'))
    expect(text).toBe(`execvpe("no-such", …) = ENOENT
  step 1 of 1
  not in /usr/bin:/bin`)
    expect(exitCode).toBe(127)
  })

  test('is a flag that stands behind the image', async (context) => {
    needs(context, 'root')
    const late = await causeIn(execute('--trace', 'PATH=/bin'))
    expect(late.cause).toBe('--trace is the command here: flags go before it')
    expect((await causeIn(execute('x--trace', 'PATH=/bin'))).cause).toBe('not in /bin')
  })

  test('is looked for in no PATH', async (context) => {
    needs(context, 'root')
    const { cause } = await causeIn(execute('no-such', 'HOME=/'))
    expect(cause).toBe('no PATH is set to look for no-such in')
  })

  test('is not there, because nothing is in the root file system', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    for (const name of ['dev', 'proc', 'sys']) mkdirSync(join(dir, name))
    const cause = 'the root file system is empty but for dev, proc, sys'
    expect(await causeInside(dir, execute('sh'))).toBe(cause)
    expect(await causeInside(dir, execute('/bin/sh'))).toBe(cause)
    const other = rootWith('bin/other', '')
    expect(await causeInside(other, execute('sh'))).toBe('not in /bin')
  })

  test('is a link that leads nowhere inside, wherever it leads outside', async (context) => {
    needs(context, 'root')
    const dir = rootWith('bin/other', '')
    symlinkSync('/etc/passwd', join(dir, 'bin/link'))
    expect(await causeInside(dir, execute('/bin/link'))).toBe(
      '/bin/link is a symbolic link to /etc/passwd: /etc does not exist',
    )
  })

  test('is there, and its loader is not', async (context) => {
    needs(context, 'root')
    const loader = readElf(readFileSync(process.execPath))?.interpreter
    expect(loader).toMatch(/^\/lib.*ld.*\.so/)
    const dir = rootWith('bin/other', '')
    copyFileSync('/bin/cat', join(dir, 'bin/cat'))
    symlinkSync('cat', join(dir, 'bin/tac'))
    const cause = (name: string) => `${name} exists, but its loader does not: ${loader}`
    expect(await causeInside(dir, execute('/bin/cat'))).toBe(cause('/bin/cat'))
    expect(await causeInside(dir, execute('tac'))).toBe(cause('/bin/tac'))
  })

  test('is a script whose interpreter is not there', async (context) => {
    needs(context, 'root')
    const dir = rootWith('bin/script', '#! /bin/bash -e\n')
    expect(await causeInside(dir, execute('script'))).toBe(
      'the first line of /bin/script asks for /bin/bash, which does not exist',
    )
  })

  test('is a script with the line ends of Windows', async (context) => {
    needs(context, 'root')
    const rootfs = await ownRootfs()
    writeFileSync(join(rootfs, 'bin/script'), '#!/bin/sh\r\necho\r\n', { mode: 0o755 })
    const cause = await causeInside(rootfs, execute('script'))
    expect(cause).toContain('the first line of /bin/script asks for /bin/sh\\r: it ends in a')
  })
})

describe('a command that cannot be executed (126)', () => {
  test('lacks the x bit, for root and for a user', async (context) => {
    needs(context, 'root')
    const dir = rootWith('bin/notes', 'x', 0o644)
    const { text, exitCode } = await explained(...inside(dir), execute('/bin/notes'))
    expect(text.split('\n')[2]).toBe('  /bin/notes lacks the x bit: its mode is 0644')
    expect(exitCode).toBe(126)
    const own = rootWith('bin/own', 'x', 0o700)
    for (const path of [own, join(own, 'bin')]) chmodSync(path, 0o755)
    const user: Call[] = [['setuid', 1000], execute('/bin/own')]
    expect((await causeIn(...inside(own), ...user)).cause).toBe(
      '/bin/own lacks the x bit: its mode is 0700',
    )
  })

  test('is a directory', async (context) => {
    needs(context, 'root')
    expect(await causeInside(rootWith('bin/x', ''), execute('/bin'))).toBe('/bin is a directory')
  })

  test('lies on a mount without leave to execute', async (context) => {
    needs(context, 'root')
    const dir = rootWith('tmp/program', '#!/bin/sh\n')
    const at = join(dir, 'tmp')
    const calls: Call[] = [
      ['mount', at, at, null, ['MS_BIND'], null],
      ['mount', null, at, null, ['MS_REMOUNT', 'MS_BIND', 'MS_NOEXEC'], null],
    ]
    const { cause } = await causeIn(...ownMounts, ...calls, execute(join(at, 'program')))
    expect(cause).toBe(`${at}/program is on a mount that is noexec, on ${at}`)
  })

  test('is a script whose interpreter lacks the x bit', async (context) => {
    needs(context, 'root')
    const dir = rootWith('bin/script', '#!/bin/reader\n')
    writeFileSync(join(dir, 'bin/reader'), '', { mode: 0o600 })
    expect(await causeInside(dir, execute('script'))).toBe(
      '/bin/reader lacks the x bit: its mode is 0600',
    )
  })

  test('is made for another machine: both are named', async (context) => {
    needs(context, 'root')
    const [machine, number] = arch() === 'x64' ? ['amd64', 183] : ['arm64', 62]
    const other = number === 183 ? 'arm64' : 'amd64'
    const { failed, cause } = await causeIn(
      ...inside(rootWith('bin/foreign', elfFor(number))),
      execute('foreign'),
    )
    expect(failed).toBe('execvpe = ENOEXEC')
    expect(cause).toBe(`/bin/foreign is made for ${other}, and this machine is ${machine}`)
    expect(ofContent('x', elfFor(243), 'riscv64')).toBeUndefined()
  })

  test.for([
    ['empty', '', 'is empty'],
    ['a script without #!', 'echo hello\n', 'is text without #! and the name of an interpreter'],
    ['neither', '\0\0', 'is neither a program nor a script'],
    ['cut off', '\x7fELF', 'is a truncated program'],
  ])('is %s', async ([, content = '', cause = ''], context) => {
    needs(context, 'root')
    const dir = rootWith('bin/file', content)
    expect(await causeInside(dir, execute('file'))).toContain(`/bin/file ${cause}`)
  })
})

describe('a path', () => {
  test('chdir: the part that is missing or a file, and a link by its end', async (context) => {
    needs(context, 'root')
    const dir = rootWith('bin/file', '')
    symlinkSync('gone', join(dir, 'link'))
    symlinkSync('circle', join(dir, 'circle'))
    const cause = (path: string) => causeInside(dir, ['chdir', path])
    expect(await cause('/a/b')).toBe('/a does not exist')
    expect(await cause('/bin/file/x')).toBe('/bin/file is not a directory')
    expect(await cause('/bin/file')).toBe('/bin/file is a file, not a directory')
    expect(await cause('/link')).toBe('/link is a symbolic link to gone: /gone does not exist')
    expect(await cause('/circle')).toBe('the symbolic links of /circle form a loop')
    expect(await cause('/nowhere')).toBeUndefined()
  })

  test('chdir: a directory that a user may not pass', async (context) => {
    needs(context, 'root')
    const dir = rootWith('bin/file', '')
    mkdirSync(join(dir, 'closed/in'), { recursive: true })
    chmodSync(dir, 0o755)
    chmodSync(join(dir, 'closed'), 0o700)
    const calls: Call[] = [
      ['setuid', 1000],
      ['chdir', '/closed/in'],
    ]
    expect(await causeIn(...inside(dir), ...calls)).toEqual({
      failed: 'chdir = EACCES',
      cause: 'uid 1000 may not search /closed: its mode is 0700',
    })
  })

  test('mkdir: the mount is read-only', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const calls: Call[] = [
      ['mount', 'tmpfs', dir, 'tmpfs', ['MS_RDONLY'], null],
      ['mkdir', join(dir, 'x'), 0o755],
    ]
    expect(await causeIn(...ownMounts, ...calls)).toEqual({
      failed: 'mkdir = EROFS',
      cause: `the mount on ${dir} is read-only`,
    })
  })

  test('getcwd: the working directory is outside the root, or gone', async (context) => {
    needs(context, 'root')
    const [dir, outside] = [scratch(), scratch()]
    const out: Call[] = [['chdir', outside], ['chroot', dir], ['getcwd']]
    expect((await causeIn(...out)).cause).toBe(
      `the working directory is outside the root: it is the host's ${outside}`,
    )
    const gone = join(dir, 'gone')
    const calls: Call[] = [['mkdir', gone, 0o755], ['chdir', gone], ['rmdir', gone], ['getcwd']]
    expect((await causeIn(...calls)).cause).toContain('the working directory has been removed')
  })
})
