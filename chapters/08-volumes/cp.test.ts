/** Tests. cp reaches what a container was given, and by that nothing of the host. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { rootWithBusybox } from '../../test/busybox.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { program, stepbox } from '../../test/stepbox.ts'

interface Line {
  call: string
  strace: string
}

/** A data root, and a directory to type in, with the directory `given` in it. */
async function place(context: TestContext) {
  needs(context, 'root', 'overlay', 'openat2', 'mount-setattr', 'mount-trees')
  const root = await rootWithBusybox()
  const dir = scratch()
  mkdirSync(join(dir, 'given/sub'), { recursive: true })
  writeFileSync(join(dir, 'new'), 'new\n')
  /** What is printed, or the error and the exit code. */
  const typed = async (line: string) => {
    const words = line.replaceAll('DIR', dir).split(' ')
    const { code, out, err } = await stepbox(words, { root, cwd: dir })
    return code === 0 && err === '' ? out.trim() : `${err.replaceAll(dir, 'DIR')}${code}`
  }
  return { root, dir, typed, at: (name: string) => join(dir, name) }
}

test('what is to be read only is not written to, and the rest is', async (context) => {
  const { typed, at } = await place(context)
  mkdirSync(at('given/w'))
  const flags = '--read-only -v DIR/given:/r:ro -v vol:/r/w -v DIR/new:/one'
  await typed(`run -d --name lives ${flags} busybox sleep 1000`)
  await typed(`create --name waits ${flags} busybox true`)
  for (const name of ['lives', 'waits']) {
    const error = `stepbox: /r/sub/new in '${name}' is mounted read-only\n1`
    expect(await typed(`cp new ${name}:/r/sub/new`)).toBe(error)
    expect(await typed(`cp new ${name}:/r/w/${name}`)).toBe('')
    expect(await typed(`cp new ${name}:/new`)).toContain(`container '${name}' is read-only`)
  }
  expect(readdirSync(at('given/sub'))).toEqual([])
  expect(await typed('run --rm -v vol:/v busybox ls /v')).toBe('lives\nwaits')
}, 60_000)

test('a link in a volume leads to a file of the container, never of the host', async (context) => {
  const { typed, at } = await place(context)
  symlinkSync('/etc/hostname', at('given/link'))
  symlinkSync('/proc/1/root', at('given/out'))
  await typed('run -d --name box -h inside -v DIR/given:/g -v /proc:/p:ro busybox sleep 1000')
  await typed('exec box mknod /g/zero c 1 5')
  expect(await typed('cp -L box:/g/link got')).toBe('')
  expect(readFileSync(at('got'), 'utf8')).toBe('inside\n')
  for (const path of ['/g/out/etc/hostname', '/p/1/root/etc/hostname'])
    expect(await typed(`cp box:${path} out`)).toMatch(/ in .*'box'.*\n1$/)
  expect(existsSync(at('out'))).toBe(false)
  expect(await typed('cp new box:/g/zero')).toContain('box:/g/zero is a device, and stays one')
}, 60_000)

test('the list attaches what was given, and closes devices there', async (context) => {
  const { typed } = await place(context)
  await typed('run -d --name box -v DIR/given:/g busybox sleep 1000')
  const plan = JSON.parse(await typed('plan --format json cp new box:/g/new')) as Line[]
  expect(plan.map(({ call }) => call).join(' ')).toBe(
    'close_range open_tree_in unshare mount move_mount open open_tree_as mount_setattr_tree ' +
      'fchdir chroot mkdir_parents openat2 move_mount_to close fchdir chroot close ' +
      'mount_setattr openat2_if_there fchdir chroot umask fchdir ' +
      'unlink open pwrite fchown fchmod close utimensat',
  )
  const nodev = plan.find(({ call }) => call === 'mount_setattr')?.strace
  expect(nodev).toContain('"/proc/self/fd/4", AT_RECURSIVE, {attr_set=MOUNT_ATTR_NODEV')
})

test('it mounts nothing that anybody else sees', async (context) => {
  needs(context, 'unshare')
  const { root, dir, typed, at } = await place(context)
  await typed('volume create vol')
  mkdirSync(at('given/sub/v'))
  const script = `set -e; mount --bind given given; mount --make-shared given
    box() { "$@" -v "$PWD/given:/g:rshared" -v vol:/g/sub/v busybox sleep 1000; }
    stepbox() { '${process.execPath}' '${program}' --root '${root}' "$@"; }
    box stepbox create --name waits; box stepbox run -d --name lives
    before=$(cat /proc/self/mountinfo)
    for name in waits lives; do stepbox cp new $name:/g/sub/v/$name; done
    [ "$before" = "$(cat /proc/self/mountinfo)" ] && echo same; stepbox rm -f lives waits`
  const all = ['-m', '--propagation', 'private', 'sh', '-c', script]
  const { stdout, stderr } = spawnSync('unshare', all, { cwd: dir, encoding: 'utf8' })
  expect(`${stderr}${stdout}`).toContain('same')
  expect(existsSync(at('given/sub/v/waits'))).toBe(false)
  expect(await typed('run --rm -v vol:/v busybox ls /v')).toBe('lives\nwaits')
}, 60_000)

test('what it was given and is gone is named', async (context) => {
  const { typed, at } = await place(context)
  await typed('create --name box -v DIR/given:/g busybox true')
  rmSync(at('given'), { recursive: true })
  expect(await typed('cp box:/etc/passwd got')).toBe(
    "stepbox: cannot reach what container 'box' was given, DIR/given: ENOENT\n1",
  )
})
