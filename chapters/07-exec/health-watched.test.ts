/** Tests. Health checks seen from outside: printed, traced, stepped through, under strace. */
import { describe, expect, test, type TestContext } from 'vitest'
import { checkHealth, healthCheckOf } from '../../runtime/07-exec/health.ts'
import type { Monitor } from '../../runtime/06-lifecycle/monitor.ts'
import { calls } from '../../runtime/call-table.ts'
import { tryRead } from '../../runtime/files.ts'
import { findContainer } from '../../runtime/container/find.ts'
import { containerDir } from '../../runtime/container/state.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { until } from '../../test/detached.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'
import { seen } from '../../test/stracing.ts'
import { checked } from './checking.ts'

const often = ['--health-cmd', 'true', '--health-interval', '20ms']

describe('the line of the list', () => {
  test('makes the calls that the table has', async (context) => {
    needs(context, 'strace')
    const health = healthCheckOf({ Healthcheck: { Test: ['CMD', 'true'] } }, scratch())
    const plan = checkHealth({ monitor: {} as Monitor, ...(health ? { health } : {}) })
    const { lines } = await seen(plan)
    const names = lines.map((line) => line.slice(0, line.indexOf('(')))
    expect(names).toEqual(calls.check_health.makes)
  })

  test('is printed, and comes before that of the monitor', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const { out } = await stepbox(['plan', '-d', ...often, 'busybox', 'true'], { root })
    expect(out).toMatch(/check_health\([^]* supervise\(/)
    expect(out.replaceAll(/\s+/g, ' ')).toContain('[20, 30000, 0, 20, 3], "/bin/sh -c true")')
  })
})

/** `run` watched in this way; resolves when a check has found it healthy. */
async function healthy(context: TestContext, flags: string[], input?: string): Promise<string> {
  needs(context, 'root', 'overlay', 'setns-pidfd')
  const root = await rootWithBusybox()
  const words = ['run', '-d', '--name', 'it', ...flags, ...often, 'busybox', 'sleep', '1000']
  const { code, err } = await stepbox(words, { root, ...(input === undefined ? {} : { input }) })
  expect(code).toBe(0)
  const file = `${containerDir(root, findContainer(root, 'it').id)}/health`
  await until(() => (tryRead(file) ?? '').includes(' healthy '))
  return err
}

test('a container that was traced is checked', async (context) => {
  expect(await healthy(context, ['--trace'])).toMatch(/check_health\([^]*execvpe\(/)
})

test('a container that was stepped through is checked, once its command runs', async (context) => {
  const err = await healthy(context, ['--step'], 'to check_health\nnext\nnext\ncontinue\n')
  expect(err).toContain('check_health')
})

test('x-ray shows what the last check has found', async (context) => {
  const box = await checked(context, 'exit 3', { flags: ['--health-retries', '1'] })
  await until(() => box.health().Status === 'unhealthy')
  const { more } = JSON.parse(await box.type('x-ray', '--format', 'json', box.id)) as {
    more: { name: string; host: string }[]
  }
  expect(more.find(({ name }) => name === 'health')?.host).toBe(
    'unhealthy; the last check ended with 3',
  )
})

test('a container in the foreground is checked, too', async (context) => {
  needs(context, 'root', 'overlay', 'setns-pidfd')
  const root = await rootWithBusybox()
  const flags = ['--health-cmd', ': > /checked', '--health-interval', '20ms']
  const script = 'until [ -e /checked ]; do sleep 0.01; done; echo seen'
  const command = ['busybox', 'sh', '-c', script]
  const ended = await stepbox(['run', '--rm', ...flags, ...command], { root })
  expect(ended).toMatchObject({ code: 0, out: 'seen\n' })
})

test('update keeps the checks of a container, and of its further starts', async (context) => {
  const waits = 'until [ -e /on ]; do sleep 0.01; done; exit 1'
  const script = `if [ -e /on ]; then exec sleep 1000; fi; ${waits}`
  const box = await checked(context, 'true', { script })
  await box.type('update', '--restart', 'on-failure:3', '--memory', '32m', box.id)
  await until(() => box.health().Status === 'healthy')
  // Its exit code is not asked for: the container ends, and may take `touch` with it.
  await stepbox(['exec', box.id, 'touch', '/on'], { root: box.root })
  await until(() => (box.state().restarts ?? 0) === 1 && box.health().Status === 'healthy')
})
