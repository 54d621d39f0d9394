/** A start that lives on, watched: traced, stepped, recorded, printed, or with a line left out. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import { parseRecording } from '../../runtime/tools/walk/recording.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { needs } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'

const id = /^[0-9a-f]{64}\n$/

async function place(context: TestContext) {
  needs(context, 'root')
  const root = await rootWithBusybox()
  onTestFinished(async () => void (await stepbox(['rm', '-f', 'it'], { root })))
  const run = (flags: string[], input?: string) => {
    const words = ['run', '-d', '--name', 'it', ...flags, 'busybox', 'sleep', '1000']
    return stepbox(words, { root, ...(input === undefined ? {} : { input }) })
  }
  const status = async () =>
    (await stepbox(['inspect', '-f', '{{.State.Status}}', 'it'], { root })).out.trim()
  return { root, run, status }
}

test('its list can be printed, with the lines of its monitor', async (context) => {
  const { root } = await place(context)
  const args = ['plan', '-d', '--init', '--restart', 'on-failure:3', 'busybox', 'true']
  const { out } = await stepbox(args, { root })
  const own = [...out.matchAll(/^ *\d+ +6 (\w+)/gm)].map(([, name]) => name)
  expect(own).toEqual(['setsid', 'chdir', 'supervise', 'open_log', 'listen', 'init'])
  expect(out.replaceAll(/\s+/g, ' ')).toContain('RESTART_ON_FAILURE, [3, 100, 60000, 10000]')
})

test('each call is traced, in the monitor and in its start', async (context) => {
  const { run, status } = await place(context)
  const { code, out, err } = await run(['--trace'])
  expect([code, out, await status()]).toEqual([0, expect.stringMatching(id), 'running'])
  expect(err).toMatch(/ supervise\([^]* open_log\([^]* fork\([^]* execvpe\(/)
})

test('after supervise, the debugger goes on with the child', async (context) => {
  const { run, status } = await place(context)
  const walk = ['to setsid', 'next', 'next', 'next', 'continue'].join('\n')
  const { out, err } = await run(['--step'], walk)
  expect([out, await status()]).toEqual([expect.stringMatching(id), 'running'])
  const [, monitor, session] = /^done 2 (\d+) .*\nchange ~ session \d+ → (\d+)$/m.exec(err) ?? []
  expect(session).toBe(monitor)
  const [, child] = /^done 4 (\d+) /m.exec(err) ?? []
  expect(Number(child)).toBeGreaterThan(Number(monitor))
  expect(err).toMatch(/^change ~ directory .* → \/$/m)
})

test('a walk that is left before its command runs leaves no container', async (context) => {
  const { root, run } = await place(context)
  await run(['--step'], 'to open_log\nquit\n')
  const { out } = await stepbox(['ps', '-aq'], { root })
  expect(out).toBe('')
})

test('a recording ends when the command runs, and the container lives on', async (context) => {
  const { root, run, status } = await place(context)
  const file = join(root, 'walk.json')
  expect(await run(['--record', file])).toMatchObject({ code: 0, out: expect.stringMatching(id) })
  const { plan, frames } = parseRecording(readFileSync(file, 'utf8'))
  expect(frames).toHaveLength(plan.length)
  expect(plan.map(({ name }) => name)).toContain('supervise')
  expect(await status()).toBe('running')
})

test('without supervise, run -d waits, and ends as the container does', async (context) => {
  needs(context, 'root')
  const root = await rootWithBusybox()
  const flags = ['run', '-d', '--rm', '--without', 'supervise']
  const { code, out, err } = await stepbox([...flags, 'busybox', 'sh', '-c', 'exit 7'], { root })
  expect([code, out]).toEqual([7, ''])
  expect(err).toMatch(/^without line 4, supervise\([^]*\n {2}nothing waits for the container but/)
})
