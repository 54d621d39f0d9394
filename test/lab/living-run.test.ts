/** Tests. With --lab, run -d: a container of a learner lives on, and reaches nothing else. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { rootWithBusybox } from '../busybox.ts'
import { rowOf } from '../rows.ts'
import { needs, scratch } from '../scratch.ts'
import { stepbox } from '../stepbox.ts'
import { labIn, workspaceFor } from './workspaces.ts'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000 })

async function solved(root: string): Promise<string> {
  const dir = await workspaceFor((await rowOf('lifecycle')).number)
  await labIn(dir, ['solve'], { root })
  return dir
}

test('it is started again by the same list, each time as a fresh process', async (context) => {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  const dir = await solved(root)
  const typed = (...args: string[]) => stepbox(['--lab', dir, ...args], { root })
  const flags = ['-d', '--name', 'it', '--restart', 'on-failure:1']
  const script = 'echo here >> /seen; cat /seen; exit 4'
  const run = await typed('run', ...flags, 'busybox', 'sh', '-c', script)
  expect([run.code, run.err]).toEqual([0, ''])
  const template = '{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}}'
  let said = ''
  while (!said.startsWith('exited')) said = (await typed('inspect', '-f', template, 'it')).out
  expect(said.trim()).toBe('exited 1 4')
  expect((await typed('logs', 'it')).out).toBe('here\nhere\nhere\n')
  expect((await typed('rm', 'it')).code).toBe(0)
})

test.for([
  ['ends in a program of its own', 'settler, attended]', "['/bin/touch', '<made>'], attended]"],
  ['has the mark of another file', 'directory, mark,', "directory, '<made>',"],
  ['clears the groups of others', 'groups, settler,', "['/sys/fs/cgroup/stepbox-1'], settler,"],
])('a list that %s is refused', async ([, ours, theirs], context) => {
  needs(context, 'root')
  const [root, place] = [await rootWithBusybox(), scratch()]
  const dir = await solved(root)
  const path = join(dir, 'runtime/06-lifecycle/monitor.ts')
  const text = readFileSync(path, 'utf8')
  const [call] = /\['supervise'[^\n]*/.exec(text) ?? []
  const made = join(place, 'made')
  const changed = call?.replace(ours ?? '', (theirs ?? '').replace('<made>', made))
  writeFileSync(path, text.replace(call ?? '', changed ?? ''))
  const { code, err } = await stepbox(['--lab', dir, 'run', '-d', 'busybox', 'true'], { root })
  expect([code, err]).toEqual([125, expect.stringContaining('would change the host: supervise(')])
  expect(existsSync(made)).toBe(false)
  expect(readdirSync(join(root, 'containers'))).toEqual([])
})
