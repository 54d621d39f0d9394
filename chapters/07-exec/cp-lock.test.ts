/** Tests. While cp reaches into a container, no second mount is made on its write layer. */
import { spawn } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi, type TestContext } from 'vitest'
import { containerDir } from '../../runtime/container/state.ts'
import { findContainer } from '../../runtime/container/find.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { needs } from '../../test/scratch.ts'
import { program, stepbox } from '../../test/stepbox.ts'

const patience = { timeout: 60_000, interval: 20 }

/** A container `box` with a file that fills a pipe, and what can be done to it. */
async function place(context: TestContext, ...how: string[]) {
  needs(context, 'root', 'overlay', 'openat2', 'mount-setattr')
  const root = await rootWithBusybox()
  const typed = async (...words: string[]) => {
    const { code, out, err } = await stepbox(words, { root })
    return code === 0 ? out.trim() : `${code}: ${err}`
  }
  const make = 'head -c 1000000 /dev/zero >/big; echo made'
  const script = `[ -e /ends ] && exit 1; ${make}; sleep 1000`
  await typed('run', '-d', '--name', 'box', ...how, 'busybox', 'sh', '-c', script)
  await vi.waitFor(async () => expect(await typed('logs', 'box')).toBe('made'), patience)
  const dir = containerDir(root, findContainer(root, 'box').id)
  /** Whether a lock on `name` in the container's directory is held, or waited for. */
  const locks = (name: string, state: 'held' | 'awaited') => {
    const mark = state === 'held' ? ': FLOCK' : ': -> FLOCK'
    const file = `:${statSync(join(dir, name)).ino} `
    const lines = readFileSync('/proc/locks', 'utf8').split('\n')
    return lines.some((line) => line.includes(mark) && line.includes(file))
  }
  const until = (...which: Parameters<typeof locks>) =>
    vi.waitFor(() => expect(locks(...which)).toBe(true), patience)
  return { root, typed, until }
}

/** A copy out of the container that goes on when it is read, or killed. */
function slowCopy(root: string) {
  const words = [program, '--root', root, 'cp', 'box:/big', '-']
  const copy = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void copy.kill('SIGKILL'))
  const ended = once(copy, 'close')
  const begun = once(copy.stdout, 'readable')
  const isOn = () => copy.exitCode === null && copy.signalCode === null
  return {
    /** It copies, and no other command is held up. */
    begun,
    isOn,
    read: async () => {
      copy.stdout.resume()
      expect(await ended).toEqual([0, null])
    },
    kill: () => void copy.kill('SIGKILL'),
  }
}

test('a start waits for copies that the run before has left', async (context) => {
  const { root, typed, until } = await place(context)
  const [one, other] = [slowCopy(root), slowCopy(root)]
  await until('upper', 'held')
  expect(await typed('cp', 'box:/etc/passwd', '-')).toContain('root')
  expect(await typed('stop', '-t', '0', 'box')).toBe('box')
  const started = typed('start', 'box')
  await until('upper', 'awaited')
  await one.read()
  expect(other.isOn()).toBe(true)
  other.kill()
  expect(await started).toBe('box')
}, 120_000)

test('while a stopped container is copied from, a start and a copy wait', async (context) => {
  const { root, typed, until } = await place(context)
  await typed('stop', '-t', '0', 'box')
  const copy = slowCopy(root)
  await until('upper', 'held')
  const [started, copied] = [typed('start', 'box'), typed('cp', 'box:/etc/passwd', '-')]
  await until('.', 'awaited')
  copy.kill()
  expect(await started).toBe('box')
  expect(await copied).toContain('root')
}, 120_000)

test('a copy of a stopped container waits for one that began while it ran', async (context) => {
  const { root, typed, until } = await place(context)
  const copy = slowCopy(root)
  await until('upper', 'held')
  await typed('stop', '-t', '0', 'box')
  const copied = typed('cp', 'box:/etc/passwd', '-')
  await until('upper', 'awaited')
  await copy.read()
  expect(await copied).toContain('root')
}, 120_000)

/** How often it was started again, by its monitor. */
async function restartsOf(typed: (...words: string[]) => Promise<string>): Promise<number> {
  const [found] = JSON.parse(await typed('inspect', 'box')) as [{ RestartCount: number }]
  return found.RestartCount
}

test('a restart by the policy waits for a copy that the run before has left', async (context) => {
  const { root, typed, until } = await place(context, '--restart', 'always')
  const copy = slowCopy(root)
  await copy.begun
  const { pid } = findContainer(root, 'box').init ?? {}
  process.kill(pid ?? 0, 'SIGKILL')
  await until('upper', 'awaited')
  expect(await restartsOf(typed)).toBe(0)
  await copy.read()
  await vi.waitFor(async () => expect(await typed('logs', 'box')).toBe('made\nmade'), patience)
}, 120_000)

test('a restart waits for a copy that began in between', async (context) => {
  const { root, typed, until } = await place(context, '--restart', 'always')
  await typed('exec', 'box', 'touch', '/ends') // from the next start on, it ends at once
  const { pid } = findContainer(root, 'box').init ?? {}
  process.kill(pid ?? 0, 'SIGKILL')
  await vi.waitFor(async () => expect(await restartsOf(typed)).toBeGreaterThan(3), patience)
  const copy = slowCopy(root)
  await until('upper', 'held')
  await until('upper', 'awaited')
  const before = await restartsOf(typed)
  expect(await typed('exec', 'box', 'true')).toContain('is restarting')
  expect(await restartsOf(typed)).toBe(before)
  copy.kill()
  await vi.waitFor(
    async () => expect(await restartsOf(typed)).toBeGreaterThan(before),
    patience,
  )
}, 120_000)
