/** Tests: two commands on one container at the same moment, in all pairs. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commitContainer } from '../../runtime/05-commit/commit.ts'
import { imageFor } from '../../runtime/05-commit/image-for.ts'
import { pauseContainer, unpauseContainer } from '../../runtime/06-lifecycle/pause-container.ts'
import { pruneCommand } from '../../runtime/06-lifecycle/prune-containers.ts'
import { removeContainer } from '../../runtime/06-lifecycle/remove-container.ts'
import { renameContainer } from '../../runtime/06-lifecycle/rename-container.ts'
import { createContainer } from '../../runtime/06-lifecycle/start-container.ts'
import { startContainer } from '../../runtime/06-lifecycle/start-container.ts'
import { killContainer, restartContainer } from '../../runtime/06-lifecycle/stop-container.ts'
import { stopContainer } from '../../runtime/06-lifecycle/stop-container.ts'
import { changeContainer } from '../../runtime/06-lifecycle/update-container.ts'
import { waitForEnd } from '../../runtime/06-lifecycle/wait-container.ts'
import type { Runtime } from '../../runtime/chapter.ts'
import type { Input } from '../../runtime/command-line.ts'
import { findContainer, stateOf } from '../../runtime/container/find.ts'
import { keptState, markedState } from '../../runtime/container/state.ts'
import type { Container } from '../../runtime/options.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { until } from '../../test/detached.ts'
import { runtimeOn } from '../../test/rows.ts'
import { needs } from '../../test/scratch.ts'

type Command = (runtime: Runtime, id: string) => Promise<unknown>

const chapter = 6
const quick = { seconds: 0 }
let names = 0

const commands: Record<string, Command> = {
  start: (runtime, id) => startContainer(runtime, id, { chapter }),
  stop: (runtime, id) => stopContainer(runtime, id, quick),
  restart: (runtime, id) => restartContainer(runtime, id, { stop: quick, start: { chapter } }),
  kill: (runtime, id) => killContainer(runtime, id),
  pause: pauseContainer,
  unpause: unpauseContainer,
  rename: (runtime, id) => renameContainer(runtime, id, `other${++names}`),
  update: (runtime, id) =>
    changeContainer(runtime, id, { limits: { pidsMax: 50 }, restart: { name: 'always' } }),
  rm: (runtime, id) => removeContainer(runtime, id, false),
  'rm -f': (runtime, id) => removeContainer(runtime, id, true),
  'container prune': (runtime, id) => pruneCommand(pruning(runtime, id)),
  commit: (runtime, id) => {
    const [name, created] = [`image${++names}`, new Date().toISOString()]
    return commitContainer(runtime.root, findContainer(runtime.root, id), { name, created })
  },
}

/** As it is typed, for one container alone: the label is its own. */
function pruning(runtime: Runtime, id: string): Input {
  const { own } = findContainer(runtime.root, id).config?.Labels ?? {}
  const failed = (error: unknown) => Promise.reject(error)
  const values = new Map([['filter', [`label=own=${own}`]]])
  const typed = { words: [], values, switches: new Set(['force']) }
  return { ...typed, runtime, print: () => undefined, failed } as unknown as Input
}

/** What a command may say that came after the other one. */
const said = [
  /^container '\w+' is (not running|(already|not) paused|paused; |running; )/,
  /^container '\w+' (was removed|waits )|^no container named /,
]

const every = Object.keys(commands)
const pairs = every.flatMap((one, at) => every.slice(at).map((other) => [one, other] as const))

async function created(runtime: Runtime): Promise<Container> {
  const { settings, use } = await imageFor(runtime.root, 'busybox', 'layers')
  const config = { Env: settings.Env ?? [], Labels: { own: String(++names) } }
  return createContainer(runtime, {
    ...{ argv: ['sleep', '1000'], env: [], network: 'none', rm: false, chapter, config },
    ...use,
  })
}

async function problemOf(work: Promise<unknown> | undefined): Promise<string | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** It is as it should be when nobody does anything with it: on record, or gone. */
function isWhole({ root }: Runtime, { id, groups = [] }: Container): boolean {
  const now = stateOf(root, id)
  const named = readdirSync(join(root, 'names')).filter((name) =>
    existsSync(join(root, 'names', name, id)),
  )
  const hasGroup = groups.some((dir) => existsSync(dir))
  if (!now) return named.length === 0 && !hasGroup
  if (named.join() !== now.name) return false
  if (!markedState(root, id)) return keptState(root, id) !== undefined
  return now.status === 'running' && hasGroup
}

/** Do both on a fresh container. Gives what they should not have said. */
async function both(runtime: Runtime, pair: readonly [string, string], isRunning: boolean) {
  const container = await created(runtime)
  const { id } = container
  if (isRunning) await startContainer(runtime, id, { chapter })
  const ended = waitForEnd(runtime, id)
  const problems = await Promise.all(pair.map((name) => problemOf(commands[name]?.(runtime, id))))
  await until(() => isWhole(runtime, stateOf(runtime.root, id) ?? container))
  if (stateOf(runtime.root, id)) await removeContainer(runtime, id, true)
  expect(isWhole(runtime, container), pair.join()).toBe(true)
  expect([0, 137], pair.join()).toContain(await ended)
  const isExpected = (problem: string) => said.some((each) => each.test(problem))
  const odd = problems.filter((problem) => problem !== undefined && !isExpected(problem))
  return odd.map((problem) => `${pair.join()}: ${problem}`)
}

/** So many pairs at a time, each on its own container: a machine waits more than it works. */
const together = 4

for (const state of ['created', 'running'])
  test(`of a container that is ${state}, none is lost and none hangs`, async (context) => {
    needs(context, 'root', 'overlay', 'cgroup-freezer')
    const runtime = await runtimeOn(await rootWithBusybox())
    const odd: string[] = []
    for (let at = 0; at < pairs.length; at += together) {
      const some = pairs.slice(at, at + together)
      const isRunning = state === 'running'
      const found = await Promise.all(some.map((pair) => both(runtime, pair, isRunning)))
      odd.push(...found.flat())
    }
    expect(odd).toEqual([])
  }, 120_000)
