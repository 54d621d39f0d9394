/** Tests. The progress of a learner: one readable file, whole at any moment. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { changeState, readState } from '../../runtime/lab/state.ts'
import { needs, scratch } from '../scratch.ts'
import { start } from '../stepbox.ts'
import { labIn, workspaceFor } from './workspaces.ts'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const fileIn = (dir: string) => join(dir, '.stepbox/lab.json')

test('several commands at once undo nothing of each other', async (context) => {
  needs(context, 'root')
  const dir = await workspaceFor(3)
  const names = Array.from({ length: 12 }, (_, at) => `03/${at}`)
  const add = (name: string) =>
    changeState(dir, (state) => {
      state.hints[name] = (state.hints[name] ?? 0) + 1
    })
  await Promise.all([...names, ...names].map(add))
  expect(readState(dir)?.hints).toEqual(Object.fromEntries(names.map((name) => [name, 2])))
})

test('a command that is killed leaves it whole', async (context) => {
  needs(context, 'root')
  const [dir, root] = [await workspaceFor(3), scratch()]
  const whole = performance.now()
  await labIn(dir, ['hint', 'planner'], { root })
  const takes = performance.now() - whole
  for (const share of [0.4, 0.7, 0.8, 0.9, 1]) {
    const { process: child, ended } = start(['--lab', dir, 'lab', 'hint', 'planner'], { root })
    await Promise.race([setTimeout(share * takes), ended])
    child.kill('SIGKILL')
    await ended
    expect(readState(dir)?.hints['03/planner']).toBeGreaterThan(0)
  }
  expect((await labIn(dir, ['hint', 'planner'], { root })).code).toBe(0)
})

test('another version, or a damaged file, is refused with what to do', async () => {
  const [dir, root] = [await workspaceFor(3), scratch()]
  const text = readFileSync(fileIn(dir), 'utf8')
  writeFileSync(fileIn(dir), text.replace('"version": 1', '"version": 2'))
  const newer = await labIn(dir, [], { root })
  expect([newer.code, newer.err]).toEqual([4, expect.stringContaining('another version')])
  writeFileSync(fileIn(dir), text.slice(0, 20))
  const damaged = await labIn(dir, [], { root })
  expect([damaged.code, damaged.err]).toEqual([4, expect.stringContaining('move it away')])
})
