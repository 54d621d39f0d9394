/** Tests. Checks that hang, write too much, die or leave something: none of it does harm. */
import { appendFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { freeze, thaw } from '../../runtime/02-cgroups/group-control.ts'
import { monitor } from '../../runtime/06-lifecycle/monitor.ts'
import { healthOf } from '../../runtime/07-exec/health-results.ts'
import { checkHealth } from '../../runtime/07-exec/health.ts'
import { encode } from '../../runtime/encode.ts'
import { tryRead } from '../../runtime/files.ts'
import { statFields } from '../../runtime/process.ts'
import type { Call } from '../../runtime/calls.ts'
import { toolStep } from '../../runtime/step.ts'
import { carryOut } from '../../test/carry-out.ts'
import { until } from '../../test/detached.ts'
import { expectNothingLeft } from '../../test/running.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { checked, type Checked } from './checking.ts'

/** All processes of the container but its first. */
function others({ state }: Checked): number[] {
  const { groups = [], init } = state()
  const all = (tryRead(join(groups[0] ?? '', 'cgroup.procs')) ?? '').split('\n').filter(Boolean)
  return all.map(Number).filter((pid) => pid !== init?.pid)
}

/** The check that is being made, once it is the command `sleep 1000`; 0 until then. */
function sleeping(box: Checked): number {
  const command = ['sleep', '1000', ''].join('\0')
  return others(box).find((pid) => tryRead(`/proc/${pid}/cmdline`) === command) ?? 0
}

const soon = ['--health-timeout', '100ms']

describe('a check that takes too long', () => {
  test('is killed with all of its session, whatever it ignores; others follow', async (context) => {
    const hangs = 'trap "" TERM; (sleep 1000 &); sleep 1000'
    const box = await checked(context, hangs, { flags: ['--health-interval', '1s', ...soon] })
    await until(() => box.health().Log.length > 0)
    expect(box.health().Log[0]).toMatchObject({
      ...{ ExitCode: -1, Output: 'Health check exceeded timeout (100ms)' },
    })
    await until(() => others(box).length === 0)
    await until(() => box.health().Log.length > 1)
  })

  test('is not one that has ended, and left a process that has its output', async (context) => {
    const leaves = 'if [ ! -e /once ]; then touch /once; (setsid sleep 1000 &); fi; echo out'
    const box = await checked(context, leaves, { flags: soon })
    await until(() => box.health().Log.length > 1)
    expect(box.health().Log[0]).toMatchObject({ ExitCode: 0, Output: 'out\n' })
    expect(others(box)).not.toEqual([])
  })

  test('does not, as long as the container is paused', async (context) => {
    const timeoutMs = 2000
    const flags = ['--health-timeout', `${timeoutMs}ms`, '--health-retries', '1']
    const box = await checked(context, 'sleep 1000', { flags })
    await until(() => others(box).length > 0)
    const end = Date.now() + timeoutMs + 300
    await box.type('pause', box.id)
    await until(() => Date.now() > end)
    expect(box.health().Log).toEqual([])
    await box.type('unpause', box.id)
    await until(() => box.health().Log.length > 0)
  })
})

test('no check begins while the container is paused', async (context) => {
  const box = await checked(context, 'true', { flags: ['--health-interval', '300ms'] })
  const { groups = [] } = box.state()
  await until(() => box.health().Log.length > 0)
  await freeze(groups)
  const end = Date.now() + 500
  await until(() => Date.now() > end)
  expect(others(box)).toEqual([])
  thaw(groups)
})

test('of what a check writes the first 4096 bytes are kept', async (context) => {
  const box = await checked(context, "head -c 50000000 /dev/zero | tr '\\0' x; echo end")
  await until(() => box.health().Log.length > 0)
  expect(box.health().Log[0]).toMatchObject({ ExitCode: 0, Output: `${'x'.repeat(4096)}...` })
})

test('bytes that are no text come back as Docker has them', async (context) => {
  const box = await checked(context, String.raw`printf 'a\377\0\nover 1\nb'`)
  await until(() => box.health().Log.length === 5)
  expect(box.health().Log[4]?.Output).toBe('a\ufffd\0\nover 1\nb')
})

test('a check that is killed has failed; the next one is made', async (context) => {
  const box = await checked(context, 'exec sleep 1000', { flags: ['--health-retries', '2'] })
  await until(() => sleeping(box) > 0)
  process.kill(sleeping(box), 'SIGKILL')
  await until(() => box.health().Log.length > 0)
  expect(box.health()).toMatchObject({ Status: 'starting', FailingStreak: 1 })
  expect(box.health().Log[0]?.ExitCode).toBe(137)
  await until(() => sleeping(box) > 0)
  const waiter = Number(statFields(sleeping(box))?.[4]) // its parent
  process.kill(waiter, 'SIGKILL')
  await until(() => box.health().Status === 'unhealthy')
})

test('a command that is not there is a failure with its reason', async (context) => {
  const box = await checked(context, 'true')
  await box.type('commit', '-c', 'HEALTHCHECK --interval=20ms CMD ["nosuch"]', box.id, 'none')
  await box.type('run', '-d', '--name', 'none', 'none', 'sleep', '1000')
  const shown = () => box.type('inspect', '-f', '{{json .State.Health.Log}}', 'none')
  let log: unknown[] = []
  while (log.length === 0) log = JSON.parse(await shown()) as unknown[]
  expect(log[0]).toMatchObject({
    ExitCode: -1,
    Output: 'exec: "nosuch": executable file not found in $PATH',
  })
})

describe('the end of the container', () => {
  test('is no failure of its check', async (context) => {
    const flags = ['--health-retries', '1', '--name', 'box']
    const box = await checked(context, 'exec sleep 1000', { flags })
    await until(() => others(box).length > 0)
    await box.type('kill', 'box')
    const container = await box.settled()
    expect(box.health()).toMatchObject({ Status: 'starting', Log: [] })
    await expectNothingLeft(box.root, container)
  })

  test('ends a check of another pid namespace, before a further start, too', async (context) => {
    const flags = ['--pid', 'host', '--restart', 'on-failure:1', '--health-retries', '1']
    const box = await checked(context, 'exec sleep 1234', { flags })
    await until(() => others(box).length > 0)
    process.kill(box.state().init?.pid ?? 0, 'SIGKILL')
    await until(() => box.state().restarts === 1)
    await until(() => others(box).length > 0)
    expect(box.health()).toMatchObject({ Status: 'starting', Log: [] })
    const [check = 0] = others(box)
    await box.type('kill', box.id)
    const container = await box.settled()
    await expectNothingLeft(box.root, container)
    expect(tryRead(`/proc/${check}/cmdline`) ?? '').not.toContain('1234')
  })

  test('by kill -9 of the monitor leaves no check behind', async (context) => {
    const box = await checked(context, 'exec sleep 1000')
    await until(() => others(box).length > 0)
    const pids = others(box)
    process.kill(box.state().monitor.pid, 'SIGKILL')
    await until(() => pids.every((pid) => !tryRead(`/proc/${pid}/cmdline`)))
    expect(await box.type('ps', '-a', '--format', '{{.State}}')).toBe('exited\n')
    await expectNothingLeft(box.root, box.state())
  })
})

test('results that are torn are not shown', async (context) => {
  const box = await checked(context, 'true', { flags: ['--health-interval', '1h'] })
  const file = join(box.dir, 'health')
  const line = 'exited 1795912428.300000000 1795912428.400000000 256 0 3\nabc\n'
  const state = () => healthOf(box.state(), box.dir, true)
  writeFileSync(file, `health 5 healthy 0\n${line}over 5\n\0\0`)
  expect(state()).toMatchObject({ Status: 'healthy', Log: [{ ExitCode: 1, Output: 'abc' }] })
  for (const text of ['over 6\n', 'over', '', 'exited 1 2 3 0 99999\n', 'what\n']) {
    writeFileSync(file, `health 5 healthy 0\n${line}${text}`)
    expect(state()).toEqual({ Status: 'starting', FailingStreak: 0, Log: [] })
  }
})

test('monitors keep the file of events small', async (context) => {
  const box = await checked(context, 'true')
  const file = join(box.root, 'events')
  appendFileSync(file, `${'{}\n'.repeat(2 ** 19)}`)
  const size = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0 // none for a moment
  await until(() => size() < 2 ** 20)
  expect(readdirSync(box.root)).toContain('events.1')
})

test('on a full disk, the results are still written', async (context) => {
  needs(context, 'root')
  const dir = scratch()
  const calls = (...all: Call[]) => all.map((call) => toolStep(call, 'for the test'))
  const told = {
    ...{ directory: dir, mark: `${dir}/mark`, lock: `${dir}/lock`, settler: ['/bin/true'] },
    ...{ restart: { name: 'no' } as const, groups: [], isAttended: false },
  }
  const times = { intervalMs: 200, timeoutMs: 9000, startPeriodMs: 0, startIntervalMs: 200 }
  const health = { directory: dir, ...times, retries: 1, command: 'test' }
  const sh = (line: string) => calls(['execvpe', 'sh', ['sh', '-c', line], ['PATH=/bin:/usr/bin']])
  const check = encode([...calls(['fork']), ...sh(`head -c 4000 /dev/zero; [ -e ${dir}/ok ]`)])
  const says = (word: string) => `grep -q " ${word} " ${dir}/health`
  const script =
    `until ${says('healthy')}; do sleep 0.01; done; ` +
    `cat /dev/zero > ${dir}/fill 2> /dev/null; rm ${dir}/ok; i=0; ` +
    `until ${says('unhealthy')} || [ $i -gt 500 ]; do sleep 0.01; i=$((i + 1)); done; ` +
    `${says('unhealthy')} && echo known`
  const own = calls(['unshare', ['CLONE_NEWNS']])
  const plan = [
    ...own,
    ...calls(['mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null]),
    ...calls(['mount', 'disk', dir, 'tmpfs', [], 'size=256k']),
    ...calls(['create', `${dir}/probe`, check, 0o600, 0, 0, 0n, 0]),
    ...calls(['create', `${dir}/ok`, Buffer.of(), 0o600, 0, 0, 0n, 0]),
    ...checkHealth({ monitor: told, health }),
    ...monitor(told),
    ...calls(['fork']),
    ...sh(script),
  ]
  expect((await carryOut(plan, { stays: true })).out).toBe('known\n')
})
