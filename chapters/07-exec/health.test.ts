/** Tests. A container is checked by its monitor: what is checked, how, and what is known of it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { healthOf } from '../../runtime/07-exec/health-results.ts'
import { namesIn, tryRead, tryReadlink } from '../../runtime/files.ts'
import { statFields } from '../../runtime/process.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { detached, until } from '../../test/detached.ts'
import { needs } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'
import { checked, type Checked } from './checking.ts'

const status = ['ps', '-a', '--format', '{{.Status}}']

/** The process that becomes the command of a check that lasts, as the host sees it. */
async function newcomer({ state }: Checked): Promise<number> {
  const { groups = [], init } = state()
  const isIn = (pid: string) => Number(pid) !== init?.pid && nameOf(pid) === 'sleep'
  const found = () =>
    (tryRead(join(groups[0] ?? '', 'cgroup.procs')) ?? '').split('\n').filter(Boolean).find(isIn)
  await until(() => found() !== undefined)
  return Number(found())
}

function nameOf(pid: string): string {
  return (tryRead(`/proc/${pid}/comm`) ?? '').trim()
}

describe('what is known of a container', () => {
  test('is starting, healthy or unhealthy', async (context) => {
    const box = await checked(context, 'test -e /ok', { flags: ['--health-retries', '2'] })
    await until(() => box.health().Status === 'unhealthy')
    expect(await box.type(...status)).toMatch(/^Up .* \(unhealthy\)\n$/)
    await box.type('exec', box.id, 'touch', '/ok')
    await until(() => box.health().Status === 'healthy')
    expect(await box.type(...status)).toMatch(/^Up .* \(healthy\)\n$/)
    expect(box.health().FailingStreak).toBe(0)
    expect(await box.type('ps', '-q', '--filter', 'health=healthy')).not.toBe('')
    expect(await box.type('ps', '-q', '--filter', 'health=none')).toBe('')
  })

  test('is starting until the first check is over', async (context) => {
    const box = await checked(context, 'true', { flags: ['--health-interval', '1h'] })
    expect(await box.type(...status)).toMatch(/^Up .* \(health: starting\)\n$/)
    expect(box.health()).toEqual({ Status: 'starting', FailingStreak: 0, Log: [] })
  })

  test('is not changed by failures of the start period', async (context) => {
    const flags = ['--health-interval', '1h', '--health-start-interval', '20ms']
    const box = await checked(context, 'exit 1', {
      flags: [...flags, '--health-start-period', '10m', '--health-retries', '1'],
    })
    await until(() => box.health().Log.length >= 3)
    expect(box.health()).toMatchObject({ Status: 'starting', FailingStreak: 0 })
  })

  test('a success ends the start period', async (context) => {
    const box = await checked(context, 'test -e /ok && rm /ok', {
      flags: ['--health-start-period', '10m', '--health-retries', '1'],
      script: 'touch /ok; exec sleep 1000',
    })
    await until(() => box.health().Status === 'unhealthy')
    const codes = box.health().Log.map(({ ExitCode }) => ExitCode)
    expect(codes).toContain(1)
  })

  test('are the last five checks, with what they wrote', async (context) => {
    const box = await checked(context, 'echo >> /n; wc -l < /n; echo E >&2; exit 2')
    await until(() => box.health().Log.at(-1)?.Output === '7\nE\n')
    const { Log, FailingStreak } = box.health()
    expect(Log.map(({ Output }) => Output)).toEqual([3, 4, 5, 6, 7].map((n) => `${n}\nE\n`))
    expect(Log.map(({ ExitCode }) => ExitCode)).toEqual([2, 2, 2, 2, 2])
    expect(FailingStreak).toBe(7)
    for (const { Start, End } of Log) expect(Start < End).toBe(true)
  })

  test('nothing, where the image says so or somebody does', async (context) => {
    const box = await checked(context, 'true')
    const again = ['run', '-d', '--no-healthcheck', 'again', 'sleep', '1000']
    await box.type('commit', box.id, 'again')
    const { out } = await stepbox(again, { root: box.root })
    const { config } = detached(box.root, out.trim()).state()
    expect(config?.Healthcheck).toEqual({ Test: ['NONE'], Interval: 2e7 })
    const shown = await box.type('inspect', '-f', '{{json .State.Health}}', out.trim())
    expect(shown).toBe('null\n')
  })

  test('is unhealthy when it is not checked, as in Docker', async (context) => {
    const box = await checked(context, 'true')
    await until(() => box.health().Status === 'healthy')
    const word = () => box.type('inspect', '-f', '{{.State.Health.Status}}', box.id)
    await box.type('pause', box.id)
    expect(await word()).toBe('unhealthy\n')
    const before = box.health().Log.at(-1)?.Start
    await box.type('unpause', box.id)
    await until(() => box.health().Log.at(-1)?.Start !== before)
    await box.type('stop', '-t', '0', box.id)
    expect(await word()).toBe('unhealthy\n')
  })
})

describe('a check', () => {
  test('has user, variables and directory of the container, no terminal', async (context) => {
    const flags = ['-t', '-u', '7:8', '-w', '/etc', '-e', 'A=b']
    const box = await checked(context, 'id -u; id -g; pwd; echo $A; tty; cat', { flags })
    await until(() => box.health().Log.length > 0)
    expect(box.health().Log[0]).toMatchObject({ Output: '7\n8\n/etc\nb\nnot a tty\n' })
  })

  test('is in the groups and namespaces of the container', async (context) => {
    const box = await checked(context, 'exec sleep 1000')
    const pid = await newcomer(box)
    const first = box.state().init?.pid ?? 0
    const spaces = namesIn(`/proc/${first}/ns`)
    const look = (of: number) => spaces.map((name) => tryReadlink(`/proc/${of}/ns/${name}`))
    expect(look(pid)).toEqual(look(first))
    expect(tryRead(`/proc/${pid}/cgroup`)).toBe(tryRead(`/proc/${first}/cgroup`))
  })

  test('is made by the monitor, in less than 1 MB, without Node', async (context) => {
    const box = await checked(context, 'exec sleep 1000')
    const pid = await newcomer(box)
    const { monitor } = box.state()
    const parent = Number(statFields(pid)?.[4])
    expect(Number(statFields(parent)?.[4])).toBe(monitor.pid)
    const lines = readFileSync(`/proc/${monitor.pid}/smaps_rollup`, 'utf8')
    const sizes = [...lines.matchAll(/^Private_\w+: +(\d+)/gm)].map(([, size]) => Number(size))
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1000)
  })

  test('is told in events, and so is what it changes', async (context) => {
    const begin = String(Date.now() / 1000)
    const box = await checked(context, 'test "1" && exit 3', { flags: ['--health-retries', '1'] })
    await until(() => box.health().Log.length > 1)
    const period = ['--since', begin, '--until', String(Date.now() / 1000)]
    const of = ['-f', 'type=container', '--format', '{{.Action}} {{.Actor.Attributes}}']
    const out = await box.type('events', ...period, ...of)
    const told = out.replaceAll(/[0-9a-f]{64}/g, 'ID').split('\n').slice(2, 6)
    const actor = 'image:busybox:latest name:'
    expect(told.map((line) => line.slice(0, line.indexOf(actor)))).toEqual([
      'exec_create: /bin/sh -c test "1" && exit 3 map[execID:ID ',
      'exec_start: /bin/sh -c test "1" && exit 3 map[execID:ID ',
      'exec_die map[execID:ID exitCode:3 ',
      'health_status: unhealthy map[',
    ])
  })
})

describe('another start', () => {
  test('of a policy begins with starting, and keeps what was found', async (context) => {
    const flags = ['--restart', 'on-failure:1']
    const script = 'if [ -e /on ]; then exec sleep 1000; fi; touch /on; sleep 0.2; exit 1'
    const box = await checked(context, 'test ! -e /bad', { flags, script })
    await until(() => (box.state().restarts ?? 0) === 1 && box.state().status === 'running')
    await until(() => box.health().Status === 'healthy')
    expect(box.health().Log.length).toBeGreaterThan(1)
  })

  test('of start does so, too', async (context) => {
    const flags = ['--name', 'box', '--health-interval', '500ms']
    const box = await checked(context, 'true', { flags })
    await until(() => box.health().Log.length > 0)
    await box.type('kill', 'box')
    await box.settled()
    const last = box.health().Log.at(-1)
    await box.type('start', 'box')
    await until(() => box.health().Log.at(-1)?.Start !== last?.Start)
    expect(box.health().Log).toContainEqual(last)
  })
})

test('an image brings its check, and run may change a part of it', async (context) => {
  needs(context, 'root', 'overlay', 'setns-pidfd')
  const root = await rootWithBusybox()
  const change = 'HEALTHCHECK --interval=20ms --retries=7 CMD ["echo", "from image"]'
  await stepbox(['create', '--name', 'made', 'busybox', 'true'], { root })
  expect(await stepbox(['commit', '-c', change, 'made', 'checked'], { root })).toMatchObject({
    code: 0,
  })
  const args = ['run', '-d', '--health-retries', '2', 'checked', 'sleep', '1000']
  const { out } = await stepbox(args, { root })
  const inspect = ['inspect', '-f', '{{json .Config.Healthcheck}}', out.trim()]
  expect(JSON.parse((await stepbox(inspect, { root })).out)).toEqual({
    ...{ Test: ['CMD', 'echo', 'from image'], Interval: 2e7, Retries: 2 },
  })
  const { state, dir } = detached(root, out.trim())
  await until(() => healthOf(state(), dir, true)?.Log[0]?.Output === 'from image\n')
})
