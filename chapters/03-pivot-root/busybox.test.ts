/** Tests: a root file system that follows from one binary, and from nothing else. */
import { execFileSync } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { busyboxBinary } from '../../runtime/setup/busybox.ts'
import { busyboxRoot, readBusybox, writeRootfs } from '../../runtime/03-pivot-root/busybox.ts'
import { readElf } from '../../runtime/03-pivot-root/elf.ts'
import { nativePath } from '../../runtime/native.ts'
import { needs, scratch } from '../../test/scratch.ts'

const content = Buffer.from('busybox')

/** Every file under `dir`, as a line that tells all about it that a copy must keep. */
function listing(dir: string): string[] {
  return ['', ...readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort()].map((path) => {
    const stat = lstatSync(join(dir, path))
    const target = stat.isSymbolicLink() ? ` -> ${readlinkSync(join(dir, path))}` : ''
    const size = stat.isFile() ? ` ${stat.size}` : ''
    const { mode, uid, gid, mtimeMs } = stat
    return `${mode.toString(8)} ${uid}:${gid} ${mtimeMs} /${path}${size}${target}`
  })
}

test('the tree of a busybox with three commands', () => {
  const applets = ['bin/sh', 'usr/sbin/httpd', 'sbin/init']
  const files = busyboxRoot({ content, applets, architecture: 'amd64' })
  const lines = files.map((file) =>
    file.type === 'symlink'
      ? `${file.path} -> ${file.target}`
      : `${file.path}${file.type === 'directory' ? '/' : ''} ${file.mode.toString(8)}`,
  )
  expect(lines).toEqual([
    'bin/ 755',
    'bin/busybox 755',
    'bin/sh -> busybox',
    'dev/ 755',
    'etc/ 755',
    'etc/group 644',
    'etc/passwd 644',
    'home/ 755',
    'proc/ 755',
    'root/ 700',
    'sbin/ 755',
    'sbin/init -> ../bin/busybox',
    'sys/ 755',
    'tmp/ 1777',
    'usr/ 755',
    'usr/bin/ 755',
    'usr/sbin/ 755',
    'usr/sbin/httpd -> ../../bin/busybox',
    'var/ 755',
    'var/tmp/ 1777',
  ])
})

test('a command is only in a directory for commands, and there once', () => {
  const applets = ['linuxrc', '../bin/x', '/bin/y', 'bin/a/b', 'etc/passwd', 'bin/busybox', 'bin/[']
  const files = busyboxRoot({ content, applets: [...applets, 'bin/['], architecture: 'amd64' })
  const links = files.filter(({ type }) => type === 'symlink')
  expect(links.map(({ path }) => path)).toEqual(['bin/['])
})

test('the tree on disk is the same under any umask', (context) => {
  needs(context, 'root')
  const before = process.umask()
  onTestFinished(() => void process.umask(before))
  const files = busyboxRoot({ content, applets: ['bin/sh'], architecture: 'amd64' })
  const listings = [0o077, 0].map((umask) => {
    const dir = scratch()
    process.umask(umask)
    writeRootfs(dir, files)
    return listing(dir)
  })
  expect(listings[0]).toEqual(listings[1])
  expect(listings[0]).toContain('40755 0:0 0 /')
  expect(listings[0]).toContain('41777 0:0 0 /tmp')
  expect(listings[0]).toContain('40700 0:0 0 /root')
  expect(listings[0]).toContain('100755 0:0 0 /bin/busybox 7')
  expect(listings[0]).toContain('120777 0:0 0 /bin/sh -> busybox')
})

test('a root with things in it already is not written over', () => {
  const dir = scratch()
  mkdirSync(join(dir, 'bin'))
  const files = busyboxRoot({ content, applets: [], architecture: 'amd64' })
  expect(() => writeRootfs(dir, files)).toThrow('EEXIST')
})

describe('this machine’s busybox', () => {
  test('is asked which commands it is, and they run in the tree', async (context) => {
    needs(context, 'root')
    const busybox = await readBusybox(busyboxBinary())
    expect(busybox.applets.length).toBeGreaterThan(100)
    const dir = scratch()
    writeRootfs(dir, busyboxRoot(busybox))
    const words = ['sh', '-c', 'cd /tmp && [ -d /proc ] && id -un && ls -d /root']
    expect(execFileSync('chroot', [dir, ...words], { encoding: 'utf8' })).toBe('root\n/root\n')
  })

  test('is refused when it is another program, or needs a loader', async (context) => {
    needs(context, 'root')
    const text = join(scratch(), 'text')
    writeFileSync(text, '#!/bin/sh\n')
    await expect(readBusybox(text)).rejects.toThrow(`${text} is not an ELF program`)
    await expect(readBusybox(process.execPath)).rejects.toThrow('needs a dynamic loader')
    const why = `${nativePath} is not a busybox that runs here: it lists no bin/sh`
    await expect(readBusybox(nativePath)).rejects.toThrow(why)
  })
})

describe('an executable says for which processor it is', () => {
  /** The headers of a program with one entry of `kind` in its table. */
  function elf(
    [bits, order]: [bits: 32 | 64, order: 'little' | 'big'],
    machine: number,
    kind: number,
  ): Buffer {
    const bytes = Buffer.alloc(256)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    const isLittle = order === 'little'
    bytes.set([0x7f, 0x45, 0x4c, 0x46, bits / 32, isLittle ? 1 : 2])
    view.setUint16(18, machine, isLittle)
    if (bits === 64) view.setBigUint64(32, 100n, isLittle)
    else view.setUint32(28, 100, isLittle)
    view.setUint16(bits === 64 ? 54 : 42, 32, isLittle)
    view.setUint16(bits === 64 ? 56 : 44, 2, isLittle)
    view.setUint32(132, kind, isLittle)
    return bytes
  }

  test.each([
    [elf([64, 'little'], 62, 1), { architecture: 'amd64', isDynamic: false }],
    [elf([64, 'little'], 183, 3), { architecture: 'arm64', isDynamic: true }],
    [elf([64, 'big'], 22, 3), { architecture: 's390x', isDynamic: true }],
    [elf([32, 'little'], 40, 1), { architecture: 'arm', isDynamic: false }],
    [elf([32, 'little'], 9, 3), { architecture: 'machine-9', isDynamic: true }],
  ])('%#: as its headers have it', (bytes, expected) => {
    const loader = expected.isDynamic ? { interpreter: expect.any(String) } : {}
    expect(readElf(bytes)).toEqual({ ...expected, ...loader })
  })

  test('and what is no executable says nothing', () => {
    expect(readElf(Buffer.from('#!/bin/sh'))).toBeUndefined()
    expect(readElf(Buffer.alloc(100))).toBeUndefined()
    const truncated = elf([64, 'little'], 62, 3).subarray(0, 120)
    expect(readElf(truncated)?.isDynamic).toBe(false)
  })
})
