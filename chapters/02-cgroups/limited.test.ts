/** Limits hold, measured from the host by what the kernel counted. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { expect, it, type TestContext } from 'vitest'
import { lookAtCgroups } from '../../runtime/02-cgroups/cgroups.ts'
import { killAll, processesIn } from '../../runtime/02-cgroups/group-control.ts'
import { statsOf } from '../../runtime/02-cgroups/group-stats.ts'
import { until } from '../../test/carry-out.ts'
import { contain } from './contain.ts'

/** Count, without starting any process: pure work for one processor. */
const count = (to: number) => `i=0; while [ $i -lt ${to} ]; do i=$((i+1)); done`

/** Take ever more memory, in the shell itself. */
const grow = 'x=0123456789abcdef; while :; do x=$x$x; done'

it('a container gets no more of a processor than its quota', async (context) => {
  const start = process.hrtime.bigint()
  const { dirs } = contain(context, 'while :; do :; done', { limits: { cpus: 0.05 } })
  const throttled = () => statsOf(dirs).throttledPeriods ?? 0
  await until(() => throttled() >= 10, () => `ten periods with an end, not ${throttled()}`)
  const wallNs = Number(process.hrtime.bigint() - start)
  const { cpuNs, throttledNs } = statsOf(dirs)
  const quotaNs = 5e6 // of every 100 ms; one period may have begun before, and one still runs
  const most = (wallNs / 100e6 + 2) * quotaNs
  expect(cpuNs).toBeGreaterThan(0)
  expect(cpuNs).toBeLessThan(2 * most) // time in which a virtual machine stood still counts too
  expect(throttledNs).toBeGreaterThan(0)
})

it('of two on one processor, the one with more shares gets more', async (context) => {
  const cpusetCpus = processors(context).at(-1) ?? ''
  const few = contain(context, 'echo on; while :; do :; done', {
    limits: { cpusetCpus, cpuShares: 128 },
  })
  await few.says('on')
  const before = statsOf(few.dirs).cpuNs ?? 0
  const many = contain(context, count(150_000), { limits: { cpusetCpus, cpuShares: 2048 } })
  expect(await many.outcome).toEqual({ exitCode: 0 })
  const meanwhile = (statsOf(few.dirs).cpuNs ?? 0) - before
  expect(statsOf(many.dirs).cpuNs).toBeGreaterThan(2 * meanwhile)
})

it('a process that outgrows the memory is killed by the kernel, and counted', async (context) => {
  const limits = { memoryBytes: 32 * 2 ** 20 }
  const { dirs, outcome } = contain(context, grow, { limits })
  expect(await outcome).toEqual({ exitCode: 137, signal: 'SIGKILL' })
  const { oomKills, memoryPeakBytes } = statsOf(dirs)
  expect(oomKills).toBe(1)
  expect(memoryPeakBytes).toBeLessThanOrEqual(limits.memoryBytes)
})

it('as much for memory and swap together as for memory is no swap', async (context) => {
  const limits = { memoryBytes: 32 * 2 ** 20, memorySwapBytes: 32 * 2 ** 20 }
  const { dirs, says } = contain(context, 'echo on; exec cat', { limits })
  await says('on')
  const names = ['memory.swap.max', 'memory.memsw.limit_in_bytes']
  const files = dirs.flatMap((dir) => names.map((name) => `${dir}/${name}`))
  const file = files.find((each) => existsSync(each))
  if (!file) return context.skip('blocked: this kernel does not account for swap')
  expect(readFileSync(file, 'utf8').trim()).toBe(file.endsWith('.max') ? '0' : '33554432')
})

it('the limit holds for children: a child is killed, its parent goes on', async (context) => {
  const limits = { memoryBytes: 32 * 2 ** 20 }
  const { dirs, outcome, said } = contain(context, `sh -c '${grow}'; echo child: $?`, { limits })
  expect(await outcome).toEqual({ exitCode: 0 })
  expect(said()).toBe('child: 137\n')
  expect(statsOf(dirs).oomKills).toBe(1)
})

it('the least memory that is accepted is enough to start', async (context) => {
  const limits = { memoryBytes: 6 * 2 ** 20 }
  expect(await contain(context, '/bin/true && echo', { limits }).outcome).toEqual({ exitCode: 0 })
})

it('a fork bomb ends at the limit, and the host goes on forking', async (context) => {
  // Each shell that cannot fork ends. The depth bounds the bomb should the limit not hold.
  const bomb = 'bomb() { [ $1 -eq 0 ] || { bomb $(($1-1)) | bomb $(($1-1)) & wait; }; }; bomb 7'
  const fill = 'i=0; (while [ $i -lt 99 ]; do i=$((i+1)); sleep 99 & done)'
  const script = `(${bomb}); ${fill}; echo full; exec cat`
  const { dirs, says } = contain(context, script, { limits: { pidsMax: 20 } })
  await says('full')
  expect(processesIn(dirs).length).toBeGreaterThan(10)
  expect(processesIn(dirs).length).toBeLessThanOrEqual(20)
  expect(execFileSync('/bin/sh', ['-c', 'echo the host']).toString()).toBe('the host\n')
  const { forksRefused, pidsPeak = 20 } = statsOf(dirs)
  expect(forksRefused).toBeGreaterThan(1)
  expect(pidsPeak).toBe(20)
})

it('a container and its children run on the chosen processor alone', async (context) => {
  const chosen = processors(context).at(-1) ?? ''
  const { dirs, says } = contain(context, 'sleep 99 & echo on; exec cat', {
    limits: { cpusetCpus: chosen },
  })
  await says('on')
  const ids = processesIn(dirs)
  expect(ids).toHaveLength(2)
  for (const id of ids) expect(allowed(id)).toBe(chosen)
  expect(allowed(process.pid)).not.toBe(chosen)
})

it('a group whose name is taken is not shared', async (context) => {
  const { dirs, says, plan } = contain(context, 'echo on; exec cat')
  await says('on')
  const second = contain(context, 'echo never', { list: () => plan })
  const { exitCode, failure } = await second.outcome
  expect([exitCode, failure?.errno]).toEqual([125, 'EEXIST'])
  expect(second.said()).toBe('')
  expect(processesIn(dirs)).toHaveLength(1)
  await killAll(dirs)
})

/** The processors of this machine one by one; a machine with a single one has nothing to choose. */
function processors(context: TestContext): string[] {
  const [first = 0, last = first] = (lookAtCgroups().cpus ?? '0').split(/[-,]/).map(Number)
  if (first === last) context.skip('blocked: there is only one processor')
  return [String(first), String(last)]
}

function allowed(id: number): string | undefined {
  return /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1]
}
