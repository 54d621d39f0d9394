/** The group itself: who is in it and from when, stopping, killing, removing. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, vi, type TestContext } from 'vitest'
import { group, joinGroup, type Group } from '../../runtime/02-cgroups/cgroup.ts'
import { lookAtCgroups } from '../../runtime/02-cgroups/cgroups.ts'
import { command } from '../../runtime/01-namespaces/command.ts'
import {
  freeze,
  killAll,
  processesIn,
  removeGroup,
  thaw,
} from '../../runtime/02-cgroups/group-control.ts'
import { statsOf } from '../../runtime/02-cgroups/group-stats.ts'
import type { Cgroups } from '../../runtime/02-cgroups/hierarchies.ts'
import { closeInherited, processIds } from '../../runtime/01-namespaces/namespaces.ts'
import type { Step } from '../../runtime/step.ts'
import { contain, onlyVersion2 } from './contain.ts'

it('the command is in its group before its first instruction', async (context) => {
  const { launched, plan, dirs, init, reports, says } = contain(context, 'echo on; exec cat', {
    options: { mode: 'step' },
  })
  while (plan[reports.length]?.call[0] !== 'execvpe') {
    const made = reports.length
    launched.goAhead()
    await vi.waitFor(() => expect(reports.length).toBeGreaterThan(made), { interval: 1 })
  }
  expect(dirs.map((dir) => processesIn([dir]))).toEqual(dirs.map(() => [expect.any(Number)]))
  expect(processesIn(dirs)).toEqual([await init])
  expect(readFileSync(`/proc/${await init}/cmdline`, 'latin1')).not.toContain('/bin/sh')
  launched.goAhead()
  await says('on')
})

it('from inside its group is the root; from the host it has its name', async (context) => {
  const { dirs, init, says, said } = contain(context, 'cat /proc/self/cgroup; echo on; exec cat')
  await says('on')
  const inside = said().trimEnd().split('\n').slice(0, -1)
  expect(inside.length).toBeGreaterThan(0)
  expect(inside.filter((line) => !line.endsWith(':/'))).toEqual([])
  const name = dirs[0]?.split('/').at(-1) ?? ''
  const outside = readFileSync(`/proc/${await init}/cgroup`, 'utf8').split('\n')
  expect(outside.filter((line) => line.endsWith(`/${name}`))).toHaveLength(dirs.length)
})

it('what an ended container used is known until its group is removed', async (context) => {
  const { dirs, outcome } = contain(context, 'i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done')
  expect(await outcome).toEqual({ exitCode: 0 })
  const { cpuNs, cpuUserNs, cpuSystemNs, oomKills } = statsOf(dirs)
  expect(cpuNs).toBeGreaterThan(0)
  expect(Number(cpuUserNs) + Number(cpuSystemNs)).toBeGreaterThan(0)
  if (lookAtCgroups().hierarchies.some(({ enabled }) => enabled.includes('memory')))
    expect(oomKills).toBe(0)
  await removeGroup(dirs)
  expect(dirs.filter((dir) => existsSync(dir))).toEqual([])
  expect(statsOf(dirs)).toEqual({})
})

it('groups that the container made in its own are removed with it', async (context) => {
  const { dirs, outcome } = contain(context, ':')
  await outcome
  for (const dir of dirs) mkdirSync(`${dir}/inner/most`, { recursive: true })
  await removeGroup(dirs)
  expect(dirs.filter((dir) => existsSync(dir))).toEqual([])
})

it('a group that is gone can be asked, stopped, killed and removed without harm', async () => {
  const gone = ['/sys/fs/cgroup/memory/stepbox-gone', '/sys/fs/cgroup/stepbox-gone']
  expect(processesIn(gone)).toEqual([])
  for (const act of [freeze, thaw, killAll, removeGroup]) await act(gone)
})

it('what is not a group of Stepbox is neither killed nor removed', async () => {
  for (const dir of ['/nowhere', '/nowhere/stepbox-1/..', '/nowhere/stepbox-', ''])
    for (const act of [killAll, removeGroup])
      await expect(act([dir])).rejects.toThrow(`not a group of Stepbox: ${dir}`)
})

const trees: [string, (context: TestContext) => Cgroups][] = [
  ['the trees of this machine', () => lookAtCgroups()],
  ['a version 2 tree', onlyVersion2],
]

describe.each(trees)('in %s', (_, cgroupsOf) => {
  it('a frozen container does nothing at all, and goes on when thawed', async (context) => {
    const cgroups = cgroupsOf(context)
    const busy = '(while :; do :; done) &'
    const { dirs, says } = contain(context, `${busy} ${busy} ${busy} echo on; wait`, { cgroups })
    await says('on')
    const used = () => statsOf(dirs).cpuNs ?? 0
    await freeze(dirs)
    expect(stateOf(dirs)).toMatch(/^frozen 1$|^FROZEN$/m)
    const before = used()
    const end = performance.now() + 50
    while (performance.now() < end) expect(used() - before).toBeLessThan(1e6)
    thaw(dirs)
    await vi.waitFor(() => expect(used() - before).toBeGreaterThan(20e6), { interval: 5 })
  })

  it('who ignores signals is killed, and who is just being born', async (context) => {
    const script = `trap '' TERM HUP INT
      (trap '' TERM; while :; do sleep 99; done) &
      (while :; do (:); done) &
      setsid sleep 99 & echo on; while :; do sleep 99; done`
    const cgroups = cgroupsOf(context)
    const { dirs, outcome, says } = contain(context, script, { cgroups, list: withoutNamespaces })
    await says('on')
    await vi.waitFor(() => expect(processesIn(dirs).length).toBeGreaterThanOrEqual(6))
    const ids = processesIn(dirs)
    await killAll(dirs)
    await removeGroup(dirs)
    expect(await outcome).toEqual({ exitCode: 137, signal: 'SIGKILL' })
    expect(ids.filter(isRunning)).toEqual([])
  })

  it('a frozen container can be killed', async (context) => {
    const { dirs, outcome, says } = contain(context, 'echo on; exec cat', {
      cgroups: cgroupsOf(context),
    })
    await says('on')
    await freeze(dirs)
    await killAll(dirs)
    expect(await outcome).toEqual({ exitCode: 137, signal: 'SIGKILL' })
    await removeGroup(dirs)
    expect(dirs.filter((dir) => existsSync(dir))).toEqual([])
  })

  it('a group is not removed while somebody lives in it', async (context) => {
    const cgroups = cgroupsOf(context)
    const { dirs, init, says } = contain(context, 'echo on; exec cat', { cgroups })
    await says('on')
    await expect(removeGroup(dirs, 20)).rejects.toThrow(`still in it: ${await init}`)
    await killAll(dirs)
    await removeGroup(dirs)
    expect(dirs.filter((dir) => existsSync(dir))).toEqual([])
  })
})

/** In a pid namespace the kernel kills everybody with the first process; here, nobody would. */
function withoutNamespaces(wanted: Group, argv: string[], env: string[]): Step[] {
  return [
    ...closeInherited(),
    ...group(wanted),
    ...processIds().filter(({ call }) => call[0] === 'fork'),
    ...joinGroup(wanted),
    ...command({ argv, env }),
  ]
}

/** What the kernel says of the group: `frozen 1` in version 2, `FROZEN` in version 1. */
function stateOf(dirs: string[]): string {
  const files = dirs.flatMap((dir) => [`${dir}/cgroup.events`, `${dir}/freezer.state`])
  return readFileSync(files.find((file) => existsSync(file)) ?? '', 'utf8')
}

function isRunning(id: number): boolean {
  const stat = `/proc/${id}/stat`
  return existsSync(stat) && !/\) [ZX] /.test(readFileSync(stat, 'latin1'))
}
