/** Tests: two commands on one container at the same moment, in all pairs. */
import { existsSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startContainer } from '../../runtime/06-lifecycle/start-container.ts'
import type { Runtime } from '../../runtime/chapter.ts'
import { stateOf } from '../../runtime/container/find.ts'
import { runningMark } from '../../runtime/container/state.ts'
import { tidy } from '../../runtime/container/tidy.ts'
import { commandsOfLife } from '../../test/at-once/life.ts'
import { createdFor, inPairs, pairsOf } from '../../test/at-once/pairs.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { runtimeOn } from '../../test/rows.ts'
import { needs } from '../../test/scratch.ts'

for (const state of ['created', 'running'])
  test(`of a container that is ${state}, none is lost and none hangs`, async (context) => {
    const how = { isRunning: state === 'running', chapter: 6 }
    expect(await inPairs(context, pairsOf(commandsOfLife), how)).toEqual([])
  }, 120_000)

/** `runtime`, which does `before` whenever it is about to settle a container. */
function withHook(runtime: Runtime, before: (dir: string) => Promise<void>): Runtime {
  const last = runtime.rows.at(-1)
  if (!last) throw new Error('there are no chapters')
  const exclusively = async (dir: string, work: () => Promise<void>) => {
    await before(dir)
    await work()
  }
  return { ...runtime, rows: [...runtime.rows.slice(0, -1), { ...last, exclusively }] }
}

test('clearing up leaves a container alone that is started meanwhile', async (context) => {
  needs(context, 'root', 'overlay', 'cgroup-freezer')
  const runtime = await runtimeOn(await rootWithBusybox(), 6)
  const { root } = runtime
  const both = [await createdFor(runtime), await createdFor(runtime)]
  const [first, second] = both.map(({ id }) => id).sort()
  if (!first || !second) throw new Error('there are no containers')
  await startContainer(runtime, first, { chapter: 6 })
  writeFileSync(runningMark(root, second), '') // as unreadable as one that goes at this moment
  let isStarted = false
  const hooked = withHook(runtime, async () => {
    if (!isStarted) await startContainer(runtime, second, { chapter: 6 })
    isStarted = true
  })
  await tidy(hooked, ({ id }) => id === first)
  expect([first, second].map((id) => existsSync(runningMark(root, id)))).toEqual([false, true])
  expect(stateOf(root, second)?.status).toBe('running')
})
