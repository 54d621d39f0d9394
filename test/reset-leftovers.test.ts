/** Tests. `stepbox reset`: stray groups, half-made directories, stale names, broken copies. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { lookAtCgroups } from '../runtime/02-cgroups/cgroups.ts'
import { listContainers } from '../runtime/container/find.ts'
import { newId } from '../runtime/container/create.ts'
import { containerDir } from '../runtime/container/state.ts'
import { killAll, processesIn, removeGroup } from '../runtime/02-cgroups/group-control.ts'
import { identify } from '../runtime/process.ts'
import { rootWithBusybox } from './busybox.ts'
import { entriesOf, kill, kinds, reset, running, strays } from './resetting.ts'
import { runningContainer } from './running.ts'
import { needs } from './scratch.ts'
import { stepbox } from './stepbox.ts'

describe('a control group', () => {
  test('of a container that has ended goes, with what is in it', async (context) => {
    needs(context, 'root', 'cgroups')
    const root = await rootWithBusybox()
    await stepbox(['run', 'busybox', 'true'], { root })
    const [container] = listContainers(root)
    const dirs = stray(container?.id ?? '', 0)
    const pid = orphan()
    enter(dirs, pid)
    expect(kinds(await reset(root))).toEqual(['group'])
    expect(dirs.filter(existsSync)).toEqual([])
    expect(identify(pid)).toBeUndefined()
  })

  test('that no root is known to have is told of, and goes with --all', async (context) => {
    needs(context, 'root', 'cgroups')
    const root = await rootWithBusybox()
    const dirs = stray(newId())
    enter(dirs, orphan())
    expect(await reset(root)).toMatchObject([{ kind: 'group', done: false }])
    expect(dirs.every((dir) => existsSync(dir))).toBe(true)
    expect(await reset(root, '--all')).toMatchObject([{ kind: 'group', done: true }])
    expect(dirs.filter(existsSync)).toEqual([])
  })

  test('of a container of another root stays, whatever is said', async (context) => {
    needs(context, 'root', 'cgroups')
    const [root, other] = [await rootWithBusybox(), await rootWithBusybox()]
    const [, container] = await running(other)
    strays.push(container.id)
    for (const dir of (container.groups ?? [])) utimesSync(dir, 1, 1)
    expect(await reset(root, '--all', '--force')).toEqual([])
    expect(processesIn((container.groups ?? []))).toContain(container.init?.pid)
  })

  test('that was made a moment ago stays', async (context) => {
    needs(context, 'root', 'cgroups')
    const dirs = stray(newId(), 0)
    expect(await reset(await rootWithBusybox(), '--all')).toEqual([])
    expect(dirs.every((dir) => existsSync(dir))).toBe(true)
  })

  test('of a doctor that was killed goes, that of one at work stays', async (context) => {
    needs(context, 'root', 'cgroups')
    const root = await rootWithBusybox()
    const [ours, dead] = [identify(process.pid), 'doctor-1-1-cgroups']
    const dirs = stray(dead)
    const own = stray(`doctor-${ours?.pid}-${ours?.start}-cgroups`)
    expect(await reset(root)).toMatchObject([{ what: `stepbox-${dead}`, done: true }])
    expect([dirs.some(existsSync), own.every(existsSync)]).toEqual([false, true])
  })
})

describe('in the data root', () => {
  test('what is half made or of nobody goes, and what is not stays', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    await stepbox(['run', '--name', 'kept', 'busybox', 'true'], { root })
    const before = entriesOf(root)
    const id = newId()
    const nobody = 4194305 // above the largest pid
    const dead = { pid: process.pid, start: 1, boot: identify(process.pid)?.boot }
    const made = (path: string, text?: string) => {
      if (text === undefined) mkdirSync(join(root, path), { recursive: true })
      else writeFileSync(join(root, path), text)
      return join(root, path)
    }
    const broken = [
      made(`containers/${id}/upper`).replace('/upper', ''),
      made(`running/${newId()}`, '{'),
      made(`tmp/stage_${dead.pid}_1_${dead.boot}_abc`),
      made(`tmp/rm-${id}`),
      made(`tmp/stage_${dead.pid}_1_${dead.boot}_${id}`, '{"half'),
      made(`tmp/frozen-${id}-${nobody}`, JSON.stringify({ by: dead, groups: [] })),
      made(`rootfs/0123456789ab.${nobody}/bin`).replace('/bin', ''),
      made('rootfs/0123456789ab'),
    ]
    symlinkSync(id, join(root, 'names/ghost'))
    const own = identify(process.pid)
    const kept = [
      made(`tmp/stage_${own?.pid}_${own?.start}_${own?.boot}_abc`),
      made(`tmp/stage_${own?.pid}_${own?.start}_${own?.boot}_${id}`, '{"half'),
      made('tmp/somebody-elses', ''),
    ]
    const deeds = await reset(root)
    expect(deeds.map(({ what }) => what).sort()).toEqual(broken.sort())
    expect(broken.filter(existsSync)).toEqual([])
    expect(kept.every(existsSync)).toBe(true)
    for (const path of kept) rmSync(path, { recursive: true })
    expect(entriesOf(root)).toEqual(before)
  })

  test('a name that is free again can be used', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    await stepbox(['run', '--rm', 'busybox', 'true'], { root })
    symlinkSync(newId(), join(root, 'names/web'))
    expect(await reset(root)).toMatchObject([{ kind: 'name', what: 'web' }])
    expect((await stepbox(['run', '--name', 'web', 'busybox', 'true'], { root })).code).toBe(0)
  })

  test('a root without layers goes when a container has changed it', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const run = (...words: string[]) =>
      stepbox(['--chapter', 'pivot-root', 'run', '--rm', 'busybox', ...words], { root })
    await run('true')
    expect(await reset(root)).toEqual([])
    await run('rm', '/bin/cat')
    expect((await run('cat', '/etc/passwd')).code).toBe(127)
    expect(kinds(await reset(root))).toEqual(['directory'])
    expect((await run('cat', '/etc/passwd')).code).toBe(0)
  })

  test('images stay; with --images those go that no container stands on', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    await stepbox(['run', '--name', 'user', 'busybox', 'true'], { root })
    expect(await reset(root, '--images')).toMatchObject([
      { kind: 'image', done: false, why: "container 'user' uses it" },
    ])
    await stepbox(['rm', 'user'], { root })
    expect(await reset(root, '--images')).toMatchObject([{ what: 'busybox:latest', done: true }])
    expect((await stepbox(['images', '-q'], { root })).out).toBe('')
    expect(readdirSync(join(root, 'blobs/sha256'))).toEqual([])
  })

  const ways = [['--images'], ['--images', '--force']]
  test.for(ways)('--dry-run says of each thing what is then done: %s %s', async (way, context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const { started } = await runningContainer(root, ['--rm'])
    onTestFinished(() => kill(started))
    await stepbox(['--chapter', 'pivot-root', 'run', '--rm', 'busybox', 'true'], { root })
    const said = async (...flags: string[]) => {
      const { out } = await stepbox(['reset', ...way, ...flags], { root })
      return out.split('\n').filter((line) => /^(?!\S+( \S+)? (group|process) )\S/.test(line))
    }
    const done = { leave: 'left', remove: 'removed', end: 'ended' }
    const told = await said('--dry-run')
    const isForced = way.includes('--force')
    expect(told).toContain(`would ${isForced ? 'remove' : 'leave'} image busybox:latest`)
    const running = '1 container runs and stays; --force ends it, too'
    expect(told.includes(running)).toBe(!isForced)
    const expected = told
      .filter((line) => line !== 'nothing was touched')
      .map((line) => line.replace(/^would (leave|remove|end)/, (_, verb: 'end') => done[verb]))
    const happened = (await said()).filter((line) => line !== 'nothing else to do')
    expect(happened).toEqual(expected)
  })

  test('two at once do no more than one', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const [started] = await running(root)
    await kill(started)
    mkdirSync(containerDir(root, newId()))
    const ended = await Promise.all([1, 2, 3].map(() => stepbox(['reset'], { root })))
    expect(ended.map(({ code, err }) => [code, err])).toEqual(ended.map(() => [0, '']))
    expect(await reset(root)).toEqual([])
  })
})

/** A group in every tree, which goes away with the test. */
function stray(id: string, ageSeconds = 3600): string[] {
  strays.push(id)
  const trees = lookAtCgroups().hierarchies.filter(({ controllers, version }) =>
    version === 2 ? true : controllers.includes('memory') || controllers.includes('freezer'),
  )
  const dirs = trees.map(({ mount }) => join(mount, `stepbox-${id}`))
  for (const dir of dirs) mkdirSync(dir)
  const then = Date.now() / 1000 - ageSeconds
  for (const dir of dirs) utimesSync(dir, then, then)
  onTestFinished(async () => {
    await killAll(dirs)
    await removeGroup(dirs)
  })
  return dirs
}

function enter(dirs: string[], pid: number): void {
  for (const dir of dirs) writeFileSync(join(dir, 'cgroup.procs'), String(pid))
}

/** A process whose parent is gone. */
function orphan(): number {
  const script = 'sleep 1000 >/dev/null 2>&1 & echo $!'
  const pid = Number(spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout)
  onTestFinished(() => endQuietly(pid))
  return pid
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // ignoring: it has ended, as it should
  }
}
