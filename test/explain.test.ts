/** Tests. Why mounts and roots fail: each cause provoked, and not told where it does not hold. */
import { existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { explain } from '../runtime/tools/explain/explain.ts'
import { unknownType } from '../runtime/tools/explain/mounts.ts'
import { pivotCause } from '../runtime/tools/explain/roots.ts'
import type { Chapter } from '../runtime/chapter.ts'
import type { ChapterTools } from '../runtime/chapter-tools.ts'
import type { Call } from '../runtime/calls.ts'
import { steps } from './carry-out.ts'
import { bindTo, causeIn, explained, explainedIn, mount, ownMounts, tmpfs } from './explaining.ts'
import { needs, scratch } from './scratch.ts'

describe('what is told', () => {
  test('is the call, its place, and the cause that was seen: three lines', async (context) => {
    needs(context, 'root')
    const { text, exitCode } = await explained(['umask', 18], ['chdir', '/etc/passwd'])
    expect(text).toBe(`chdir("/etc/passwd") = ENOTDIR
  step 2 of 2
  /etc/passwd is a file, not a directory`)
    expect(exitCode).toBe(125)
  })

  test('is two lines where the errno says it all, or nobody looked', async (context) => {
    needs(context, 'root')
    const nowhere = join(scratch(), 'nowhere')
    expect((await explained(['chdir', nowhere])).text.split('\n')).toHaveLength(2)
    const answer = { result: -1, errno: 'EBUSY', nanoseconds: 0, answer: Buffer.of() }
    const report = { index: 0, pid: 1, failed: true, ...answer }
    const { text } = await explain(steps(['pivot_root', '.', '.']), report)
    expect(text).toBe('pivot_root(".", ".") = EBUSY\n  step 1 of 1')
  })

  test('names no more than is printable', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    writeFileSync(join(dir, 'a\nb'), '')
    const { cause } = await causeIn(['chdir', join(dir, 'a\nb', 'c')])
    expect(cause).toBe(String.raw`${dir}/a\nb is not a directory`)
  })
})

describe('a cause that only a chapter knows', () => {
  const call: Call = ['chdir', '/nowhere']
  const rowWith = (explain: ChapterTools['explain']) =>
    ({ tools: async () => (explain ? { explain } : {}) }) as Chapter
  const causeOf = async (rows: Chapter[], ...calls: Call[]) =>
    (await explainedIn(steps(...calls), rows)).text.split('\n')[2]?.trim()

  test('is named if the shared causes do not apply; a later chapter first', async (context) => {
    needs(context, 'root')
    const rows = [
      rowWith(([name], { errno }) => `${name} and ${errno} of an early chapter`),
      rowWith(([name], { errno, pid }) => `${name} and ${errno}${pid > 1 ? '' : ' of nobody'}`),
      rowWith(() => undefined),
      rowWith(undefined),
    ]
    expect(await causeOf(rows, call)).toBe('chdir and ENOENT')
    expect(await causeOf(rows.slice(0, 1), call)).toBe('chdir and ENOENT of an early chapter')
    expect(await causeOf(rows.slice(2), call)).toBeUndefined()
    const shared = await causeOf(rows, ['chdir', '/etc/passwd'])
    expect(shared).toBe('/etc/passwd is a file, not a directory')
  })

  test('is left out if looking for it fails', async (context) => {
    needs(context, 'root')
    const broken = rowWith(() => {
      throw new Error('no such file')
    })
    expect(await causeOf([rowWith(() => 'it is known'), broken], call)).toBe('it is known')
  })
})

describe('pivot_root', () => {
  test('EBUSY: the new root is a directory of the mount on /', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const told = await causeIn(...ownMounts, ['chdir', dir], ['pivot_root', '.', '.'])
    expect(told.failed).toBe('pivot_root = EBUSY')
    expect(told.cause).toContain(`the new root is not a mount point: ${dir} is a directory`)
  })

  test('EINVAL: the new root is a directory inside another mount', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const inner = join(dir, 'inner')
    const calls: Call[] = [
      ['mkdir', inner, 0o755],
      ['chdir', inner],
      ['pivot_root', '.', '.'],
    ]
    const { failed, cause } = await causeIn(...ownMounts, tmpfs(dir), ...calls)
    expect(failed).toBe('pivot_root = EINVAL')
    expect(cause).toBe(
      `the new root is not a mount point: ${inner} is a directory of the mount on ${dir}`,
    )
  })

  test('EINVAL: the mount that the new root is on is shared', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const { failed, cause } = await causeIn(
      ...ownMounts,
      ['mount', null, '/', null, ['MS_REC', 'MS_SHARED'], null],
      bindTo(dir),
      ['mount', null, dir, null, ['MS_PRIVATE'], null],
      ['chdir', dir],
      ['pivot_root', '.', '.'],
    )
    expect(failed).toBe('pivot_root = EINVAL')
    expect(cause).toMatch(/^the mount on \S+ is shared \(shared:\d+\); make it private first$/)
  })

  test('EINVAL: put_old is not under the new root', async (context) => {
    needs(context, 'root')
    const [dir, other] = [scratch(), scratch()]
    expect(
      await causeIn(...ownMounts, tmpfs(dir), tmpfs(other), ['pivot_root', dir, other]),
    ).toEqual({
      failed: 'pivot_root = EINVAL',
      cause: `${other} is not under the new root`,
    })
  })

  test('EINVAL: the present root is only a directory, after chroot', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const calls: Call[] = [
      ['mkdir', join(dir, 'new'), 0o755],
      ['mount', 'tmpfs', join(dir, 'new'), 'tmpfs', [], null],
      ['chroot', dir],
      ['chdir', '/new'],
      ['pivot_root', '.', '.'],
    ]
    expect(await causeIn(...ownMounts, ...calls)).toEqual({
      failed: 'pivot_root = EINVAL',
      cause: 'the present root is not a mount point but a directory, after a chroot',
    })
  })

  const root = mount('1 1 0:2 / / rw - rootfs rootfs rw')
  const fresh = mount('30 1 0:30 / /new rw - tmpfs tmpfs rw')
  const facts = {
    root,
    rootParent: root,
    fresh,
    freshParent: root,
    isMountPoint: true,
    freshPath: '/new',
    old: fresh,
    oldPath: '/new',
  }

  test('EINVAL: the present root is the initramfs', () => {
    expect(pivotCause('EINVAL', facts)).toMatch(/^the present root is the initramfs/)
  })

  test('nothing is told where all rules hold', () => {
    const disk = mount('2 1 8:1 / / rw - ext4 /dev/sda1 rw')
    expect(pivotCause('EINVAL', { ...facts, root: disk, freshParent: disk })).toBeUndefined()
    expect(pivotCause('EBUSY', { ...facts, root: disk, freshParent: disk })).toBeUndefined()
    expect(pivotCause('EPERM', facts)).toBeUndefined()
  })
})

describe('another mount', () => {
  test('ENODEV: a file system that this kernel does not have', async (context) => {
    needs(context, 'root')
    const call: Call = ['mount', 'none', scratch(), 'nosuchfs', [], null]
    expect(await causeIn(...ownMounts, call)).toEqual({
      failed: 'mount = ENODEV',
      cause: 'this kernel has no nosuchfs, or its module is not loaded: modprobe nosuchfs',
    })
    expect(unknownType('overlay', 'nodev\tproc\n\text4\n')).toContain('no overlay')
    expect(unknownType('overlay', 'nodev\toverlay\n\text4\n')).toBeUndefined()
  })

  test('ENOENT: the directory to mount on is missing, or the source is', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const cause = async (target: string) => (await causeIn(...ownMounts, tmpfs(target))).cause
    expect(await cause(join(dir, 'a'))).toBe(`${dir}/a does not exist`)
    expect(await cause(join(dir, 'a/b'))).toBe(`${dir}/a does not exist`)
    const source = await causeIn(['mount', join(dir, 'a'), dir, null, ['MS_BIND'], null])
    expect(source.cause).toBe(`${dir}/a does not exist`)
  })

  test('ENOENT: in a root of its own it is the root file system that lacks it', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const proc: Call = ['mount', 'proc', '/proc', 'proc', [], null]
    const { cause } = await causeIn(...ownMounts, ['chroot', dir], ['chdir', '/'], proc)
    expect(cause).toBe('the root file system has no /proc to mount on')
  })

  test('ENOTDIR: the target is a file, or only one of two is', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const file = join(dir, 'file')
    writeFileSync(file, '')
    expect((await causeIn(...ownMounts, tmpfs(file))).cause).toBe(`${file} is not a directory`)
    const bind = await causeIn(...ownMounts, ['mount', dir, file, null, ['MS_BIND'], null])
    expect(bind.cause).toBe(`${dir} is a directory, and ${file} is a file`)
  })

  test('ELOOP: a symbolic link', async (context) => {
    needs(context, 'root')
    const link = join(scratch(), 'link')
    symlinkSync('/tmp', link)
    expect(await causeIn(...ownMounts, tmpfs(link))).toEqual({
      failed: 'mount = ELOOP',
      cause: `${link} is a symbolic link, which a mount must not follow`,
    })
  })

  test('EINVAL: what is to be changed is no mount', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const readOnly = ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY'] as const
    const change: Call = ['mount', null, dir, null, [...readOnly], null]
    expect(await causeIn(...ownMounts, change)).toEqual({
      failed: 'mount = EINVAL',
      cause: `${dir} is not a mount, so there is nothing to change`,
    })
    const odd: Call = ['mount', 'tmpfs', dir, 'tmpfs', [], 'no_such_option']
    expect((await causeIn(...ownMounts, odd)).cause).toBeUndefined()
  })
})

test('what failed leaves nothing behind', async (context) => {
  needs(context, 'root')
  const dir = scratch()
  await explained(...ownMounts, tmpfs(dir), ['mkdir', join(dir, 'x'), 0o755], ['chdir', '/no'])
  expect(existsSync(join(dir, 'x'))).toBe(false)
})
