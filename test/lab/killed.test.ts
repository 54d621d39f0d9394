/** Tests. kill -9 of a judge: its machines end, and the next judge removes what it left. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { tryRead } from '../../runtime/files.ts'
import { lookAtCgroups } from '../../runtime/02-cgroups/cgroups.ts'
import { deviceTrees } from '../../runtime/lab/leftovers.ts'
import { rootWithBusybox } from '../busybox.ts'
import { until } from '../carry-out.ts'
import { rowOf } from '../rows.ts'
import { needs } from '../scratch.ts'
import { start } from '../stepbox.ts'
import { labIn, workspaceFor } from './workspaces.ts'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 240_000 })

const { number: chapter } = await rowOf('cgroups')

/** The control groups of judge `pid`, and of its machines and planners. */
function groupsOf(pid: number): string[] {
  const trees = [...lookAtCgroups().hierarchies.map(({ mount }) => mount), ...deviceTrees()]
  const isIts = (name: string) => new RegExp(`^stepbox-(lab|planner)-${pid}-`).test(name)
  return [...new Set(trees)].flatMap((tree) =>
    readdirSync(tree).flatMap((name) => (isIts(name) ? [join(tree, name)] : [])),
  )
}

function processesIn(groups: string[]): string[] {
  const read = (dir: string) => tryRead(join(dir, 'cgroup.procs')) ?? ''
  return groups.flatMap((dir) => read(dir).match(/\d+/g) ?? [])
}

test('kill -9 of a judge that has stopped its machine lets that end', async (context) => {
  needs(context, 'root', 'overlay')
  const { number } = await rowOf('lifecycle')
  const [dir, root] = [await workspaceFor(number), await rootWithBusybox()]
  await labIn(dir, ['solve'], { root })
  const isStopped = (pid: string) => /^State:\s+T/m.test(tryRead(`/proc/${pid}/status`) ?? '')
  for (let hasSeen = false; !hasSeen; ) {
    const judge = start(['--lab', dir, 'lab', 'test', '-t', 'lives-on'], { root })
    const pid = judge.process.pid ?? 0
    const look = () => (hasSeen ||= processesIn(groupsOf(pid)).some(isStopped))
    await until(() => look() || judge.process.exitCode !== null, () => 'a stopped machine')
    judge.process.kill('SIGKILL')
    await judge.ended
    const left = () => processesIn(groupsOf(pid))
    await until(() => left().length === 0, () => `the end of ${left()}`)
  }
})

test('kill -9 of a judge at any of its lines leaves nothing for long', async (context) => {
  needs(context, 'root', 'overlay')
  const [dir, root] = [await workspaceFor(chapter), await rootWithBusybox()]
  await labIn(dir, ['solve'], { root })
  const killed: number[] = []
  for (const line of ['Write', 'own group as', 'fork bomb', 'busy loop', 'groupDir']) {
    const judge = start(['--lab', dir, 'lab', 'test'], { root })
    await judge.says(line)
    judge.process.kill('SIGKILL')
    await judge.ended
    const pid = judge.process.pid ?? 0
    await until(
      () => processesIn(groupsOf(pid)).length === 0,
      () => `the end of ${processesIn(groupsOf(pid))}`,
    )
    killed.push(pid)
  }
  const { code, out } = await labIn(dir, ['test'], { root })
  expect([code, out]).toEqual([0, expect.stringContaining('all pass')])
  expect(killed.flatMap(groupsOf)).toEqual([])
  expect(readdirSync(join(root, 'tmp'))).toEqual([])
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(root)
})
