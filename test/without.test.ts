/** Tests. `--without` runs a list with a mistake in it, and no mistake reaches the host. */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { rootWithBusybox } from './busybox.ts'
import { needs, scratch } from './scratch.ts'
import { stepbox } from './stepbox.ts'

/** Try to write to every mount; print those where that works. */
const probe = `while read id parent dev from target rest; do
  (: > "$target/probe") 2> /dev/null && rm "$target/probe" && echo "$target"
done < /proc/self/mountinfo | sort -u`

/** What root does to be able to write again; each has to fail. */
const attacks = [
  'mount -o remount,rw /',
  'mount -o remount,bind,rw /',
  'mkdir /dev/m && mount --bind / /dev/m && : > /dev/m/probe',
  'mount -t tmpfs none /mnt',
  'mknod /dev/disk b 7 0',
  'nsenter -t 1 -m true',
  'unshare -Urm mount -o remount,bind,rw /',
  ': > /proc/sys/kernel/core_pattern',
  '[ -e /proc/sysrq-trigger ] && echo h > /proc/sysrq-trigger',
  '[ -S /run/docker.sock ] || [ -S /run/dbus/system_bus_socket ]',
]
const each = attacks.map((attack) => `( ${attack} ) > /dev/null 2>&1 && echo "${attack}"`)
const attack = `${each.join('\n')}\ntrue`

async function seen(args: string[], script: string, root: string): Promise<string> {
  const { out, err } = await stepbox([...args, 'sh', '-c', script], { root })
  expect(err).toMatch(/^without line \d+, /)
  return out
}

describe('without pivot_root, the command has all files of the host, and', () => {
  async function atHost(context: TestContext, script: string): Promise<string> {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    // From network on, files are mounted in /etc, which the host's root, detached, does not take.
    const before = ['--chapter', 'volumes', 'run', '--rm', '--without', 'pivot_root', 'busybox']
    return seen(before, script, root)
  }

  test('can write to none of them, not even in the data root', async (context) => {
    const own = ['/dev', '/dev/mqueue', '/dev/shm', '/run']
    expect((await atHost(context, probe)).trimEnd().split('\n')).toEqual(own)
  })

  test('root has no way to change that', async (context) => {
    expect(await atHost(context, attack)).toBe('')
  })

  test("a disk's node cannot be opened", async (context) => {
    const node = join(scratch(), 'node')
    needs(context, 'root')
    spawnSync('mknod', [node, 'c', '1', '3'])
    chmodSync(node, 0o666)
    expect(spawnSync('cat', [node]).status).toBe(0)
    const script = `cat ${node} 2> /dev/null || echo denied; cat /dev/null && echo a device`
    expect(await atHost(context, script)).toBe('denied\na device\n')
  })
})

describe.for([
  ['pivot-root', 'pivot_root'],
  ['pivot-root', 'umount2'],
  ['cgroups', 'unshare'],
  ['namespaces', 'mount'],
  ['namespaces', 'setgroups'],
])('in chapter %s without %s', ([chapter = '', line = '']) => {
  test('a file of the host stays as it is', async (context) => {
    needs(context, 'root')
    const file = join(scratch(), 'file')
    writeFileSync(file, 'as it was')
    const image = chapter === 'pivot-root' ? ['busybox'] : []
    const args = ['--chapter', chapter, 'run', '--rm', '--without', line, ...image]
    const places = [file, `/..${file}`, `/proc/1/root${file}`].join(' ')
    const script = `for at in ${places}; do (echo x > $at) 2> /dev/null; done; ${attack}`
    expect(await seen(args, script, await rootWithBusybox())).toBe('')
    expect(readFileSync(file, 'utf8')).toBe('as it was')
  })
})

test('the write layer can be written to, and the image stays as it is', async (context) => {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  const args = ['run', '--rm', '--without', 'sethostname', 'busybox']
  expect(await seen(args, 'echo mine > /bin/sh2; rm /bin/vi; cat /bin/sh2', root)).toBe('mine\n')
  expect(await seen(args, 'ls /bin/vi', root)).toBe('/bin/vi\n')
  expect(existsSync('/bin/sh2')).toBe(false)
})
