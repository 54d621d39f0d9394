/** Tests: containers are stopped, in time and for good, and started again. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { stopContainer } from '../../runtime/06-lifecycle/stop-container.ts'
import { isAlive } from '../../runtime/process.ts'
import { runDetached, until } from '../../test/detached.ts'
import { runtimeOn } from '../../test/rows.ts'
import { start, stepbox } from '../../test/stepbox.ts'
import { deaf, hearing, store } from './hearing.ts'

describe('stop', () => {
  test('asks first: what hears the signal ends as it wants to', async (context) => {
    const { root, typed } = await store(context)
    const box = await runDetached(root, ['--name', 'box'], hearing)
    await until(() => box.logged() === 'ready\n')
    expect(await typed('stop box')).toBe('box')
    expect(await typed('wait box')).toBe('4')
  })

  test('kills what ignores it, when its time is over, and says so', async (context) => {
    const { root, typed } = await store(context)
    const box = await runDetached(root, ['--name', 'box', '--stop-timeout', '1'], deaf)
    await until(() => box.logged() === 'ready\n')
    const before = performance.now()
    const said = "stepbox: 'box' was killed after 1 s: process 1 ignores SIGTERM\n"
    expect(await stepbox(['stop', 'box'], { root })).toMatchObject({ out: 'box\n', err: said })
    expect(performance.now() - before).toBeGreaterThan(1000)
    expect(await typed('wait box')).toBe('137')
  })

  test.for([
    ['has no handler', [], '', 'process 1 has no handler for SIGHUP: --init'],
    ['has a handler that goes on', [], 'trap : HUP', 'it did not end on SIGHUP'],
    ['is a child of --init', ['--init'], 'trap "" HUP', 'it did not end on SIGHUP'],
  ] as const)('tells why it took so long: it %s', async ([, flags, trap, why], context) => {
    const { root } = await store(context)
    const script = `${trap}\necho ready; while :; do sleep 0.01; done`
    const box = await runDetached(root, ['--name', 'box', ...flags], script)
    await until(() => box.logged() === 'ready\n')
    const { err } = await stepbox(['restart', '-s', 'HUP', '-t', '1', 'box'], { root })
    expect(err).toBe(`stepbox: 'box' was killed after 1 s: ${why}\n`)
  })

  test('records whether its signal ended the container, or the kill', async (context) => {
    const { root, typed } = await store(context)
    const stopper = () => typed('inspect -f {{.State.StoppedBy}}/{{.State.ExitCode}} box')
    const box = await runDetached(root, ['--name', 'box'], hearing)
    await until(() => box.logged() === 'ready\n')
    expect(await stopper()).toBe('/0')
    await typed('stop box')
    expect(await stopper()).toBe('SIGTERM/4')
    await typed('start box')
    expect(await stopper()).toBe('/0')
    await typed('stop -t 0 -s WINCH box')
    expect(await stopper()).toBe('SIGKILL/137')
  })

  test('sends the stop signal that the container was given', async (context) => {
    const { root, typed } = await store(context)
    const box = await runDetached(root, ['--name', 'box', '--stop-signal', 'HUP'], hearing)
    await until(() => box.logged() === 'ready\n')
    await typed('stop box')
    expect(await typed('wait box')).toBe('5')
  })

  test('wakes a monitor that waits before the next start', async (context) => {
    const { root, typed } = await store(context)
    const box = await runDetached(root, ['--name', 'box', '--restart', 'always'], 'exit 7')
    await until(() => box.journal().filter(([kind]) => kind === 'exit').length >= 6) // 3.2 s next
    await until(() => box.state().status === 'restarting')
    const starts = box.journal().filter(([kind]) => kind === 'start').length
    expect(await typed('stop box')).toBe('box')
    expect(box.journal().filter(([kind]) => kind === 'start').length).toBe(starts)
    expect(await box.settled()).toMatchObject({ status: 'exited', exitCode: 7 })
  })

  test('wakes it once: what it becomes then would be killed by a signal', async (context) => {
    const { root } = await store(context)
    const box = await runDetached(root, ['--restart', 'always'], 'exit 7')
    const { pid } = box.state().monitor
    const isHeld = () => {
      process.kill(pid, 'SIGSTOP')
      const isWaiting = box.state().status === 'restarting'
      if (!isWaiting) process.kill(pid, 'SIGCONT')
      return isWaiting
    }
    await until(isHeld)
    const sent = vi.spyOn(process, 'kill')
    const stopping = stopContainer(await runtimeOn(root), box.id)
    const ends = () => sent.mock.calls.filter(([to, signal]) => to === pid && signal !== 0).length
    await until(() => ends() > 0)
    const later = Date.now() + 200
    await until(() => Date.now() > later) // it looks every few milliseconds
    const count = ends()
    sent.mockRestore()
    process.kill(pid, 'SIGCONT')
    await stopping
    expect(count).toBe(1)
    expect(await box.settled()).toMatchObject({ status: 'exited', exitCode: 7 })
  })

  test('ends a container in the foreground, and its run with its code', async (context) => {
    const { root, typed } = await store(context)
    const run = start(['run', '--name', 'fg', 'busybox', 'sh', '-c', hearing], { root })
    await run.says('ready')
    expect(await typed('stop fg')).toBe('fg')
    expect((await run.ended).code).toBe(4)
  })

  test('of a paused one is heard when it goes on', async (context) => {
    const { root, typed } = await store(context)
    const box = await runDetached(root, ['--name', 'box'], hearing)
    await until(() => box.logged() === 'ready\n')
    await typed('pause box')
    expect(await typed('stop box')).toBe('box')
    expect(await typed('wait box')).toBe('4')
  })
})

describe('restart', () => {
  test('of one that is removed at its end, and ends at once, leaves nothing', async (context) => {
    const { root, typed } = await store(context)
    const once = 'test -e /again && exit; touch /again; echo ready; sleep 1000'
    const box = await runDetached(root, ['--rm', '--name', 'box'], once)
    await until(() => box.logged() === 'ready\n')
    expect(await typed('restart -t 0 box')).toBe('box')
    await until(() => !existsSync(box.dir) && readdirSync(join(root, 'names')).length === 0)
  })

  test('is another life of the same container, and of its monitor', async (context) => {
    const { root, typed, only } = await store(context)
    const box = await runDetached(root, ['--name', 'box'], 'sleep 1000')
    const { init, monitor } = box.state()
    expect(await typed('restart -t 0 box')).toBe('box')
    expect(only()).toMatchObject({ id: box.id, status: 'running', life: 1 })
    expect(only().init).not.toEqual(init)
    await until(() => !isAlive(monitor))
  })

  test('keeps one that is removed at its end, until its last one', async (context) => {
    const { root, typed } = await store(context)
    const box = await runDetached(root, ['--rm', '--name', 'box'], 'sleep 1000')
    expect(await typed('restart -t 0 box')).toBe('box')
    expect(box.state()).toMatchObject({ status: 'running', rm: true })
    const { monitor } = box.state()
    await typed('stop -t 0 box')
    await until(() => !isAlive(monitor))
    expect(existsSync(box.dir)).toBe(false)
    expect(readdirSync(join(root, 'names'))).toEqual([])
  })
})
