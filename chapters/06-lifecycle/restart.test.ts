/** Tests. Restart policies: who starts again, when, and as what. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { findContainer } from '../../runtime/container/find.ts'
import { beginAgain } from '../../runtime/container/run.ts'
import { wait } from '../../runtime/container/wait.ts'
import { createdFor } from '../../test/at-once/pairs.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { detached, runDetached, until } from '../../test/detached.ts'
import { runtimeOn } from '../../test/rows.ts'
import { needs } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'

async function started(context: TestContext, policy: string, script: string) {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  return await runDetached(root, ['--restart', policy], script)
}

const count = 'echo >> /count; echo start'

describe('a restart policy', () => {
  test('on-failure:2 starts it twice more, and keeps what it wrote', async (context) => {
    const box = await started(context, 'on-failure:2', `${count}; wc -l < /count; exit 9`)
    expect(await box.settled()).toMatchObject({ exitCode: 9, restarts: 2 })
    expect(box.logged()).toBe('start\n1\nstart\n2\nstart\n3\n')
  })

  test('on-failure leaves one alone that ended well', async (context) => {
    const box = await started(context, 'on-failure', 'exit 0')
    expect(await box.settled()).toMatchObject({ exitCode: 0, restarts: 0 })
  })

  test('always starts one that ended well; each start is another process', async (context) => {
    const box = await started(context, 'always', 'exit 0')
    await until(() => box.journal().filter(([kind]) => kind === 'start').length >= 3)
    const pids = box.journal().flatMap(([kind, , pid]) => (kind === 'start' ? [pid] : []))
    expect(new Set(pids).size).toBe(pids.length)
  })

  test('waits twice as long before each start, from 100 ms on', async (context) => {
    const box = await started(context, 'on-failure:3', 'exit 1')
    await box.settled()
    const time = (wanted: string) =>
      box.journal().flatMap(([kind, at]) => (kind === wanted ? [Number(at)] : []))
    const starts = time('start').slice(1)
    const waited = starts.map((at, index) => at - (time('exit')[index] ?? 0))
    for (const [index, seconds] of waited.entries())
      expect(seconds).toBeGreaterThanOrEqual(0.1 * 2 ** index)
  })

  test('does not start one again whose end is wanted', async (context) => {
    const box = await started(context, 'always', 'exit 0')
    await until(() => box.state().status === 'restarting')
    writeFileSync(join(box.dir, 'stopped'), '')
    expect(await box.settled()).toMatchObject({ status: 'exited', exitCode: 0 })
  })

  test('goes on, also if the first end comes before the start is on record', async (context) => {
    needs(context, 'root', 'overlay')
    const runtime = await runtimeOn(await rootWithBusybox(), 6)
    const { root } = runtime
    const kept = await createdFor(runtime)
    const box = detached(root, kept.id)
    const started = await beginAgain(runtime, kept, {
      ...{ argv: ['true'], restart: { name: 'always' }, detach: true, isAwaited: false },
      stdio: ['ignore', 'ignore', 'ignore'],
    })
    const hasEnded = () => box.journal().some(([kind]) => kind === 'exit')
    await until(() => existsSync(join(box.dir, 'journal')) && hasEnded())
    await wait(started) // reads what was reported, and writes it down
    expect(box.state().monitor.pid).toBe(started.launched.pid)
    await until(() => (box.state().restarts ?? 0) >= 2)
  })

  test('counts in the foreground, too: the first end is its exit code', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const flags = ['--restart', 'on-failure:1', '--name', 'box']
    const command = ['busybox', 'sh', '-c', 'echo on; exit 3']
    const ended = await stepbox(['run', ...flags, ...command], { root })
    expect(ended).toMatchObject({ code: 3, out: 'on\n', err: '' })
    const box = detached(root, findContainer(root, 'box').id)
    expect(await box.settled()).toMatchObject({ exitCode: 3, restarts: 1 })
  })
})
