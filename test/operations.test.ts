/** Tests. The operations on a container, each alone, and done again. */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test, vi } from 'vitest'
import { imageFor } from '../runtime/05-commit/image-for.ts'
import type { Runtime } from '../runtime/chapter.ts'
import { create, keep, reopen } from '../runtime/container/create.ts'
import { end } from '../runtime/container/end.ts'
import { findContainer, runningContainers } from '../runtime/container/find.ts'
import { remove } from '../runtime/container/remove.ts'
import { begin, finish, run } from '../runtime/container/run.ts'
import { settle } from '../runtime/container/settle.ts'
import { start } from '../runtime/container/start.ts'
import { markedState } from '../runtime/container/state.ts'
import { tidy } from '../runtime/container/tidy.ts'
import { wait, waitForOther } from '../runtime/container/wait.ts'
import { rootWithBusybox } from './busybox.ts'
import { statusOf } from './carry-out.ts'
import { ownProgram } from './own-program.ts'
import { runtimeOn } from './rows.ts'
import { needs, scratch } from './scratch.ts'
import { start as startProgram, stepbox } from './stepbox.ts'

const quiet = { stdio: ['ignore', 'ignore', 'ignore'] as ['ignore', 'ignore', 'ignore'] }

/** Options for a container of the last chapter that runs `script`. */
async function wanted({ root, rows }: Runtime, name: string, script: string) {
  const { use } = await imageFor(root, 'busybox', 'layers')
  const chapter = rows.at(-1)?.number ?? 0
  return { ...use, chapter, name, argv: ['sh', '-c', script], env: ['PATH=/bin'] }
}

test('what has run has nothing open any more: the data root can be unmounted', async (context) => {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  const runtime = await runtimeOn(root)
  for (let times = 0; times < 3; times++) {
    const started = await begin(runtime, { ...(await wanted(runtime, 'open', 'true')), ...quiet })
    await finish(runtime, started)
    expect(statusOf(started.launched.pid, 'Pid')).toBe('')
    await remove(runtime, findContainer(root, 'open'))
  }
})

test('a container that was created and kept is started by another process', async (context) => {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  const runtime = await runtimeOn(root)
  keep(runtime, await create(runtime, await wanted(runtime, 'later', 'echo hi > /said; exit 3')))
  expect(runningContainers(root)).toEqual([])
  expect((await stepbox(['ps', '-a'], { root })).out).toMatch(/Created +later$/m)
  expect(await tidy(runtime)).toEqual([])
  const created = await reopen(runtime, findContainer(root, 'later'))
  const started = await start(runtime, created, quiet)
  const outcome = await wait(started)
  expect(outcome.exitCode).toBe(3)
  await settle(runtime, started.setting.container, outcome)
  expect(findContainer(root, 'later')).toMatchObject({ status: 'exited', exitCode: 3 })
  expect((await stepbox(['diff', 'later'], { root })).out).toBe('A /said\n')
})

test('whatever the umask, any user inside can read what was laid out', async (context) => {
  needs(context, 'root', 'overlay')
  const before = process.umask(0o077)
  try {
    const runtime = await runtimeOn(await rootWithBusybox())
    const script = 'cat /etc/hostname /etc/hosts /etc/resolv.conf && ls /proc /sys /dev /etc'
    const options = await wanted(runtime, 'closed', script)
    const user = '1000:1000'
    expect(await run(runtime, { ...options, ...quiet, user })).toMatchObject({ exitCode: 0 })
  } finally {
    process.umask(before)
  }
})

test('the groups of a container are on record before they are made', async (context) => {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  const runtime = await runtimeOn(root)
  const { setting } = await create(runtime, await wanted(runtime, 'marked', 'true'))
  const { id, groups = [] } = setting.container
  expect(groups.length).toBeGreaterThan(0)
  expect(markedState(root, id)?.groups).toEqual(groups)
  expect(groups.filter(existsSync)).toEqual([])
  await remove(runtime, setting.container)
})

test('a container that has ended starts again, with what it wrote', async (context) => {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  const runtime = await runtimeOn(root)
  const options = await wanted(runtime, 'again', 'echo x >> /count; exit $(wc -l < /count)')
  expect((await run(runtime, { ...options, ...quiet })).exitCode).toBe(1)
  for (const exitCode of [2, 3]) {
    const started = await start(runtime, await reopen(runtime, findContainer(root, 'again')), quiet)
    await settle(runtime, started.setting.container, await wait(started))
    expect(findContainer(root, 'again')).toMatchObject({ status: 'exited', exitCode })
  }
})

test('to settle, end, remove or tidy twice does no harm', async (context) => {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  const runtime = await runtimeOn(root)
  const { container, exitCode } = await run(runtime, {
    ...(await wanted(runtime, 'twice', 'exit 5')),
    ...quiet,
  })
  await settle(runtime, { ...container }, { exitCode })
  await end(runtime, container)
  expect(findContainer(root, 'twice')).toMatchObject({ status: 'exited', exitCode: 5 })
  expect(await remove(runtime, container)).toBe(true)
  expect(await remove(runtime, container)).toBe(false)
  expect(await tidy(runtime)).toEqual([])
  for (const dir of ['containers', 'names', 'running', 'tmp'])
    expect([dir, readdirSync(join(root, dir))]).toEqual([dir, []])
})

test('the end of a container of another process is awaited, or brought about', async (context) => {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  const runtime = await runtimeOn(root)
  const args = ['run', '--name', 'other', 'busybox', 'sh', '-c', 'echo up; sleep 1000']
  const other = startProgram(args, { root })
  await other.says('up')
  const container = findContainer(root, 'other')
  expect(await waitForOther(runtime, container, 50)).toBe('running')
  const ending = end(runtime, container)
  const exited = { status: 'exited', exitCode: 137 }
  // Its monitor may have ended, and the command line not have written down how.
  const within = { timeout: 20_000 }
  await vi.waitFor(
    async () => expect(await waitForOther(runtime, container)).toMatchObject(exited),
    within,
  )
  await Promise.all([ending, other.ended])
  expect((container.groups ?? []).filter(existsSync)).toEqual([])
})

const stoppable = ['a monitor', 'a command line']
test.for(stoppable)('%s that is stopped does not keep a container alive', async (who, context) => {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  const args = ['run', '--name', 'held', 'busybox', 'sh', '-c', 'echo up; sleep 1000']
  const held = startProgram(args, { root, isStopped: true })
  await held.says('up')
  const { init, monitor } = findContainer(root, 'held')
  process.kill(who === 'a monitor' ? monitor.pid : (held.process.pid ?? 0), 'SIGSTOP')
  const removed = await stepbox(['rm', '-f', 'held'], { root })
  expect(removed).toMatchObject({ code: 0, out: 'held\n', err: '' })
  held.process.kill('SIGCONT')
  await held.ended
  expect(existsSync(`/proc/${init?.pid}`)).toBe(false)
  expect(readdirSync(join(root, 'containers'))).toEqual([])
})

test('rm -f ends a container that is only being laid out, and rm does not', async (context) => {
  needs(context, 'root')
  const root = scratch()
  const argv = ownProgram('test/naming.ts', root, '1')
  const early = spawn(process.execPath, argv, { detached: true }) // see `isStopped`
  onTestFinished(() => void early.kill('SIGKILL'))
  const ended = new Promise((resolve) => early.once('exit', resolve))
  const lines = createInterface(early.stdout)[Symbol.asyncIterator]()
  await lines.next()
  early.stdin.write('go\n')
  while ((await lines.next()).value !== 'done') continue
  const { id, status } = findContainer(root, 'n0')
  expect(status).toBe('created')
  const refused = await stepbox(['rm', 'n0'], { root })
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("'n0' is being started") })
  expect(existsSync(join(root, 'containers', id))).toBe(true)
  early.kill('SIGSTOP')
  const removed = await stepbox(['rm', '-f', 'n0'], { root })
  expect(removed).toMatchObject({ code: 0, out: 'n0\n', err: '' })
  await ended
  for (const dir of ['containers', 'names', 'running', 'tmp'])
    expect([dir, readdirSync(join(root, dir))]).toEqual([dir, []])
})

test('what is on record of a container is for root alone', async (context) => {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  const program = startProgram(
    ['run', '--name', 'secret', '-e', 'KEY=hidden', 'busybox', 'sh', '-c', 'echo up; sleep 1000'],
    { root },
  )
  await program.says('up')
  const { id } = findContainer(root, 'secret')
  const mark = join(root, 'running', id)
  expect(readFileSync(mark, 'utf8')).toContain('KEY=hidden')
  expect(statSync(mark).mode & 0o077).toBe(0)
  await stepbox(['rm', '-f', 'secret'], { root })
  await program.ended
})
