/** Tests. The native program's reports: a loop over them decides when it goes on. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { launch, makeReady, type LaunchOptions } from '../runtime/native.ts'
import { queue, type Report } from '../runtime/reports.ts'
import type { Call } from '../runtime/calls.ts'
import type { Step } from '../runtime/step.ts'
import { bare, begin, linkOf, statusOf, steps } from './carry-out.ts'
import { needs, scratch } from './scratch.ts'

const quiet: LaunchOptions = { stdio: ['ignore', 'ignore', 'ignore'] }

/** A plan of 4 MB. */
const bulk = steps(
  ...Array.from({ length: 4 }, (): Call => ['pwrite', 1, Buffer.alloc(2 ** 20), 0]),
)

/** The names of the calls that were reported, with `!` after one that failed. */
async function namesOf(reports: AsyncIterable<Report>, plan: Step[]): Promise<string[]> {
  const names: string[] = []
  for await (const { index, failed } of reports)
    names.push(`${plan[index]?.call[0]}${failed ? '!' : ''}`)
  return names
}

describe('a loop over the reports', () => {
  test('holds a failed step until the next report is asked for', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const plan = steps(['fork'], ['chdir', dir], ['chdir', 'nowhere'])
    for (const mode of ['run', 'trace'] as const) {
      const launched = launch(plan, { ...quiet, mode })
      let looked = ''
      for await (const { failed, pid } of launched.reports)
        if (failed) {
          expect(pid).not.toBe(launched.pid)
          looked = linkOf(`/proc/${pid}/cwd`)
        }
      expect(looked).toBe(dir)
      expect(await launched.outcome).toMatchObject({ exitCode: 125, failure: { index: 2 } })
    }
  })

  test('holds the command of a trace until all before it was seen', async (context) => {
    needs(context, 'root')
    const made = join(scratch(), 'made')
    const plan = bare(['touch', made])
    const launched = launch(plan, { ...quiet, mode: 'trace' })
    for await (const { index, result } of launched.reports) {
      expect(index).toBe(0)
      expect(linkOf(`/proc/${result}/exe`)).toMatch(/^\/memfd:stepbox/)
      expect(existsSync(made)).toBe(false)
    }
    expect(await launched.outcome).toEqual({ exitCode: 0 })
    expect(existsSync(made)).toBe(true)
  })

  test('may stop for a while: what comes meanwhile is queued', async (context) => {
    needs(context, 'root')
    const plan = steps(['umask', 0], ['fork'], ['umask', 0], ['umask', 0], ['chdir', '/nowhere'])
    const launched = launch(plan, { ...quiet, mode: 'trace' })
    const iterator = launched.reports[Symbol.asyncIterator]()
    await iterator.next()
    const { value: fork } = await iterator.next()
    expect(fork?.pid).toBe(launched.pid)
    while (!statusOf(fork?.result ?? 0, 'State').startsWith('S')) await setTimeout(1)
    const rest = { [Symbol.asyncIterator]: () => iterator }
    expect(await namesOf(rest, plan)).toEqual(['umask', 'umask', 'chdir!'])
  })

  test('that is left lets everything go, at whichever report', async (context) => {
    needs(context, 'root')
    const plan = [...steps(['umask', 0]), ...bare(['true'])]
    const failing = steps(['umask', 0], ['fork'], ['chdir', '/nowhere'])
    for (const [list, exitCode] of [[plan, 0], [failing, 125]] as const)
      for (let last = 0; last < list.length; last++) {
        const launched = launch(list, { ...quiet, mode: 'trace' })
        for await (const { index } of launched.reports) if (index === last) break
        expect(await launched.outcome).toMatchObject({ exitCode })
      }
  })

  test('is not needed: all goes on, and the reports can be read later', async (context) => {
    needs(context, 'root')
    const plan = steps(['umask', 0], ['fork'], ['chdir', '/nowhere'])
    const launched = launch(plan, { ...quiet, mode: 'trace' })
    expect(await launched.outcome).toMatchObject({ exitCode: 125 })
    expect(await namesOf(launched.reports, plan)).toEqual(['umask', 'fork', 'chdir!'])
    expect(() => launched.reports[Symbol.asyncIterator]()).toThrow('can be read once')
  })

  test('does not make a call of a walk: that needs a go-ahead', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const plan = steps(['mkdir', join(dir, 'a'), 0o755], ['chdir', '/nowhere'])
    const { launched, reported, heard } = begin(plan, { mode: 'step' })
    launched.goAhead()
    await reported(0)
    expect(statusOf(launched.pid, 'Pid')).toBe(String(launched.pid))
    launched.goAhead()
    expect((await heard).map(({ failed }) => failed)).toEqual([false, true])
  })

  test('ends when the program is killed', async (context) => {
    needs(context, 'root')
    const { launched, heard } = begin(bare(['sleep', '1000']), { mode: 'step' })
    launched.process.kill('SIGKILL')
    expect(await heard).toEqual([])
  })
})

describe('the queue', () => {
  test('refuses a second wait, and ends a wait when it is left', async () => {
    const items = queue<number>()
    const iterator = items[Symbol.asyncIterator]()
    const waiting = iterator.next()
    await expect(iterator.next()).rejects.toThrow('is being waited for already')
    await iterator.return?.()
    expect(await waiting).toEqual({ done: true, value: undefined })
    let isReleased = false
    items.push(1, () => (isReleased = true))
    expect(isReleased).toBe(true)
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })
})

describe('what the native program said is read, although it ended before a plan was sent', () => {
  const unknown = { call: ['unshare', ['CLONE_NEWXX']], chapter: 0, why: '' } as unknown as Step

  test('why it refuses a plan of 4 MB', async (context) => {
    needs(context, 'root')
    for (let times = 0; times < 20; times++) {
      const { refused } = await launch([unknown, ...bulk], quiet).outcome
      expect(refused).toBe('unknown flag: CLONE_NEWXX')
    }
  })

  test('why it refuses the plan before others of 4 MB', async (context) => {
    needs(context, 'root')
    for (let times = 0; times < 20; times++) {
      const launched = launch([unknown], quiet)
      launched.send(bulk)
      launched.send(bulk)
      expect((await launched.outcome).refused).toBe('unknown flag: CLONE_NEWXX')
    }
  })

  test('which step of the plan before one of 4 MB failed', async (context) => {
    needs(context, 'root')
    for (let times = 0; times < 20; times++) {
      const launched = launch(steps(['chdir', '/nowhere']), quiet)
      launched.send(bulk)
      expect((await launched.outcome).failure?.errno).toBe('ENOENT')
    }
  })
})

test('a plan that cannot be encoded throws before it is sent', async (context) => {
  needs(context, 'root')
  const bad = bare(['echo', 'a\0b'])
  const ready = makeReady(['ignore', 'ignore', 'ignore'])
  expect(() => ready.begin(bad)).toThrow(RangeError)
  expect(await ready.begin(bare(['true'])).outcome).toEqual({ exitCode: 0 })
})
