/** Tests. `stepbox reset` on a host where mounts came out of containers, or /proc is covered. */
import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runningContainers } from '../runtime/container/find.ts'
import { newId } from '../runtime/container/create.ts'
import { containerDir } from '../runtime/container/state.ts'
import { rootWithBusybox } from './busybox.ts'
import { programIn } from './elsewhere.ts'
import { running } from './resetting.ts'
import { needs, scratch } from './scratch.ts'
import { program } from './stepbox.ts'

/**
 * Run `script` where nothing that is mounted reaches the real host, with `stepbox` as a command.
 * Gives what is printed, both streams in one, without what other tests are using.
 */
function onHost(root: string, script: string, ...flags: string[]): string {
  const own = `stepbox() { '${process.execPath}' '${program}' --root '${root}' "$@"; }`
  const outer = ['--mount', '--propagation', 'shared', ...flags, 'sh', '-c']
  const { stdout } = spawnSync('unshare', [...outer, `exec 2>&1\n${own}\n${script}`], {
    encoding: 'utf8',
  })
  const others = /^left (group|process) .*\n.*--all .*\n/gm
  return stdout.replace(others, '').replaceAll('nothing else', 'nothing')
}

/** Prints how many mounts there are whose place begins so. */
function count(path: string): string {
  return `awk -v p='${path}' 'index($5, p) == 1 { n++ } END { print n + 0 }' /proc/self/mountinfo`
}

describe('a mount', () => {
  test('in a container that is gone is undone; nothing is deleted through it', async (context) => {
    needs(context, 'root', 'unshare')
    const root = await rootWithBusybox()
    const precious = scratch()
    writeFileSync(join(precious, 'file'), 'kept')
    const merged = join(containerDir(root, newId()), 'merged')
    mkdirSync(merged, { recursive: true })
    const said = onHost(root, `mount --bind ${precious} ${merged}; stepbox reset; ${count(root)}`)
    expect(said).toMatch(/^unmounted mount .*\/merged\n.*\nremoved .*\n.*never ran\n0\n$/)
    expect(readFileSync(join(precious, 'file'), 'utf8')).toBe('kept')
    expect(existsSync(merged)).toBe(false)
  })

  test('several in one place are all undone, the last first', async (context) => {
    needs(context, 'root', 'unshare')
    const root = await rootWithBusybox()
    const place = join(root, 'tmp/a')
    const mounts = `mkdir -p ${place}; mount -t tmpfs one ${place}; mount -t tmpfs two ${place}
      mkdir ${place}/b; mount -t tmpfs three ${place}/b`
    const said = onHost(root, `${mounts}\nstepbox reset; ${count(root)}`)
    expect(said.match(/from \w+/g)).toEqual(['from three', 'from two', 'from one'])
    expect(said).toMatch(/\n0\n$/)
  })

  test('elsewhere that is made of our layers is undone', async (context) => {
    needs(context, 'root', 'unshare', 'overlay')
    const root = await rootWithBusybox()
    const place = scratch()
    const dirs = ['upper', 'work'].map((name) => join(root, 'containers', newId(), name))
    const mount = `mkdir -p ${dirs.join(' ')} ${root}/layers/x
      mount -t overlay overlay ${place} \\
        -o lowerdir=${root}/layers/x,upperdir=${dirs[0]},workdir=${dirs[1]}`
    const said = onHost(root, `${mount}\n${count(place)}\nstepbox reset; ${count(place)}`)
    expect(said).toMatch(new RegExp(`^1\\nunmounted mount ${place}\\n`))
    expect(said).toMatch(/\n0\n$/)
  })

  test('that the data root itself is, stays', async (context) => {
    needs(context, 'root', 'unshare')
    const root = scratch()
    const mount = `mount -t tmpfs tmpfs ${root}; mkdir ${root}/containers
      mount -t tmpfs tmpfs ${root}/containers`
    const said = onHost(root, `${mount}\nstepbox reset; ${count(root)}`)
    expect(said).toBe('nothing to do\n2\n')
  })

  test('of a container that runs stays, unless that is ended', async (context) => {
    needs(context, 'root', 'unshare')
    const root = await rootWithBusybox()
    const [, { id }] = await running(root)
    const merged = join(containerDir(root, id), 'merged')
    const mount = `mount -t tmpfs tmpfs ${merged}`
    const script = `${mount}
      stepbox reset; ${count(merged)}
      stepbox reset --force; ${count(merged)}`
    const said = /^nothing to do\n1 container runs[^]*\n1\nunmounted mount [^]*\nended [^]*\n0\n$/
    expect(onHost(root, script)).toMatch(said)
    expect(runningContainers(root)).toEqual([])
  })
})

describe("the host's /proc", () => {
  const cover = 'unshare --pid --fork mount -t proc proc /proc'
  const look = 'readlink /proc/self >/dev/null && echo own || echo none'

  test('comes back, however often it was covered', async (context) => {
    needs(context, 'root', 'unshare')
    const root = await rootWithBusybox()
    const [, { id }] = await running(root)
    const script = `${cover}; ${cover}; ${look}
      stepbox ps -q; echo $?
      stepbox reset --dry-run; ${look}
      stepbox reset; ${look}
      stepbox ps -q`
    const lines = onHost(root, script).trim().split('\n')
    expect(lines).toEqual([
      'none',
      "stepbox: /proc does not show this machine's processes; 'stepbox reset' mends it",
      '1',
      'would uncover /proc',
      expect.stringContaining('covers it'),
      'nothing was touched',
      '1 container runs and stays; --force ends it, too',
      'none',
      'uncovered /proc',
      expect.stringContaining('covers it'),
      '1 container runs and stays; --force ends it, too',
      'own',
      id.slice(0, 12),
    ])
    expect(runningContainers(root)).toHaveLength(1)
  })

  test('comes back when it was unmounted', async (context) => {
    needs(context, 'root', 'unshare')
    const root = await rootWithBusybox()
    const script = `while umount -l /proc 2>/dev/null; do :; done; ${look}; stepbox reset; ${look}`
    expect(onHost(root, script)).toMatch(/^none\nuncovered \/proc\n.*\nown\n$/)
  })

  test('is not touched by who is in a pid namespace of its own', async (context) => {
    needs(context, 'root', 'unshare')
    const root = await rootWithBusybox()
    const said = onHost(root, `stepbox reset; echo $?; ${count('/proc')}`, '--pid', '--fork')
    expect(said).toMatch(/^stepbox: \/proc is that of another pid namespace.*\n1\n[1-9]\d*\n$/)
  })
})

test('an ordinary user can reset what is his own', async (context) => {
  needs(context, 'root')
  const dir = scratch()
  const own = programIn(dir, { native: false })
  const root = join(dir, 'root')
  const [uid, gid] = [65534, 65534]
  mkdirSync(root)
  chownSync(root, uid, gid)
  const as = (script: string): string =>
    spawnSync('sh', ['-c', `exec 2>&1\n${script}`], { uid, gid, cwd: '/', encoding: 'utf8' }).stdout
  const reset = `'${process.execPath}' '${own}' --root '${root}' reset`
  const half = `mkdir -p '${root}/containers/${newId()}'`
  expect(as(`${half}; ${reset}; echo $?`)).toMatch(/^removed .*\n.*never ran\n[^]*0\n$/)
  expect(readdirSync(join(root, 'containers'))).toEqual([])
})
