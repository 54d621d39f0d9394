/** Tests. A container lives on: its monitor, what that inherits, and what it leaves. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { readlinkSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { withLock } from '../../runtime/05-commit/store/lock.ts'
import { settleLost } from '../../runtime/container/settle.ts'
import { runningMark, saveRunning, unmark } from '../../runtime/container/state.ts'
import { tryRead } from '../../runtime/files.ts'
import { statFields } from '../../runtime/process.ts'
import { runDetached, until, type Detached } from '../../test/detached.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { runtimeOn } from '../../test/rows.ts'
import { expectNothingLeft } from '../../test/running.ts'
import { needs } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'

const forLong = 'echo ready; exec sleep 1000'

async function running(context: TestContext, flags: string[] = [], script = forLong) {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  return { root, box: await runDetached(root, flags, script) }
}

/** The monitor, the process of this start, and the container's first process, by their pids. */
function family({ state }: Detached) {
  const { monitor, init } = state()
  const first = init?.pid ?? 0
  const [, , , , start] = statFields(first) ?? []
  return { monitor: monitor.pid, start: Number(start), first }
}

function parentOf(pid: number): number {
  return Number(statFields(pid)?.[4])
}

describe('a container that lives on', () => {
  test('has a monitor, that has the process of this start, and that process 1', async (context) => {
    const { box } = await running(context)
    const { monitor, start, first } = family(box)
    expect(parentOf(start)).toBe(monitor)
    await until(() => readFileSync(`/proc/${first}/cmdline`, 'utf8') === 'sleep\x001000\x00')
    expect(box.state()).toMatchObject({ status: 'running', restarts: 0 })
  })

  test('is in no terminal, directory or file of whoever started it', async (context) => {
    const { box } = await running(context)
    const { monitor, start } = family(box)
    const [, , , , , , session, terminal] = statFields(monitor) ?? []
    expect([Number(session), Number(terminal)]).toEqual([monitor, 0])
    for (const pid of [monitor, start]) {
      expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/')
      const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
      const isOwn = (path: string) => path.startsWith(box.dir) || path === '/dev/null'
      const foreign = open.filter((path) => !/^(pipe|anon_inode):/.test(path) && !isOwn(path))
      const ofClients = pid === start ? [expect.stringMatching(/^socket:/)] : []
      expect(foreign).toEqual(ofClients)
    }
  })

  test('ends on record, and nothing of it is left, without another command', async (context) => {
    const { root, box } = await running(context, ['--name', 'brief'], 'echo out; exit 7')
    expect(await box.settled()).toMatchObject({ status: 'exited', exitCode: 7, name: 'brief' })
    await expectNothingLeft(root, box.state())
    expect(box.logged()).toBe('out\n')
  })

  test('is gone with its directory if it was started with --rm', async (context) => {
    const { root, box } = await running(context, ['--rm'], forLong)
    const container = box.state()
    process.kill(container.init?.pid ?? 0, 'SIGKILL')
    await until(() => !existsSync(box.dir) && !existsSync(runningMark(root, box.id)))
    await expectNothingLeft(root, container)
  })

  test('is not left behind where its command cannot be executed', async (context) => {
    needs(context, 'root', 'overlay')
    const root = await rootWithBusybox()
    const { code, out, err } = await stepbox(['run', '-d', 'busybox', 'nosuch'], { root })
    expect([code, out]).toEqual([127, ''])
    expect(err).toContain('execvpe("nosuch", …) = ENOENT')
    expect(readdirSync(`${root}/containers`)).toEqual([])
    expect(readdirSync(`${root}/running`)).toEqual([])
  })
})

describe('kill -9', () => {
  test.for(['monitor', 'start', 'first'] as const)(
    'of its %s ends all of it, and nothing is left, without another command',
    async (which, context) => {
      const { root, box } = await running(context)
      const pids = family(box)
      process.kill(pids[which], 'SIGKILL')
      await until(() => Object.values(pids).every((pid) => /^[ZX]?$/.test(stateIn(pid))))
      expect(await box.settled()).toMatchObject({ status: 'exited', exitCode: 137 })
      await expectNothingLeft(root, box.state())
    },
  )
})

function stateIn(pid: number): string {
  return statFields(pid)?.[3] ?? ''
}

test('many that end at once are settled by one or two of their monitors', async (context) => {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  const count = 12
  const all = await Promise.all(
    Array.from({ length: count }, () => runDetached(root, [], 'exec sleep 1000')),
  )
  const monitors = all.map(({ state }) => state().monitor.pid)
  const settlers = new Set<number>()
  for (const { state } of all) process.kill(state().init?.pid ?? 0, 'SIGKILL')
  await until(() => {
    const now = monitors.filter((pid) => tryRead(`/proc/${pid}/cmdline`)?.includes('\0settle\0'))
    for (const pid of now) settlers.add(pid)
    expect(now.length).toBeLessThan(2)
    return all.every(({ id }) => !existsSync(runningMark(root, id)))
  })
  expect(settlers.size).toBeGreaterThan(0)
  expect(settlers.size).toBeLessThan(count / 2)
}, 60_000)

test('a monitor that ends late leaves the groups of the next start alone', async (context) => {
  const { root, box } = await running(context)
  const container = box.state()
  const { groups = [], monitor } = container
  const isWaiting = () => readFileSync('/proc/locks', 'utf8').includes(` -> ${lockOf(monitor.pid)}`)
  const hasEnded = () => /^[ZX]?$/.test(stateIn(monitor.pid))
  process.kill(monitor.pid, 'SIGSTOP')
  await settleLost(await runtimeOn(root, 6), container)
  await withLock(box.dir, async () => {
    for (const dir of groups) mkdirSync(dir)
    process.kill(monitor.pid, 'SIGCONT')
    await until(() => hasEnded() || isWaiting())
    saveRunning(root, { ...container, life: 1 })
  })
  await until(hasEnded)
  expect(groups.filter((dir) => existsSync(dir))).toEqual(groups)
  for (const dir of groups) rmdirSync(dir)
  unmark(root, box.id)
})

test('one that ends while a command has it is settled when that is done', async (context) => {
  const { box } = await running(context)
  const { monitor, first } = family(box)
  await withLock(box.dir, async () => {
    process.kill(first, 'SIGKILL')
    const isSettler = () => tryRead(`/proc/${monitor}/cmdline`)?.includes('\0settle\0') ?? false
    await until(isSettler)
    const end = Date.now() + 3000 // longer than it waits for one command
    await until(() => !isSettler() || Date.now() > end)
  })
  expect(await box.settled()).toMatchObject({ status: 'exited', exitCode: 137 })
})

/** How /proc/locks has a lock that a process waits for (proc_locks(5)). */
function lockOf(pid: number): string {
  return `FLOCK  ADVISORY  WRITE ${pid} `
}

test('a line of the journal that a full disk has cut off is skipped', async (context) => {
  const { root, box } = await running(context)
  const { first } = family(box)
  appendFileSync(join(box.dir, 'journal'), 'exit 17959exit 1795912428.3\nstart \nover\n')
  const { code, out } = await stepbox(['ps', '--format', '{{.State}}'], { root })
  expect([code, out]).toEqual([0, 'running\n'])
  expect(box.state().init?.pid).toBe(first)
})
