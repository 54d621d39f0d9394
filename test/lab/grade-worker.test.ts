/** Tests. A worker that goes wrong ends alone, and leaves nothing. */
import { readdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type TestContext, vi } from 'vitest'
import { lookAtCgroups } from '../../runtime/02-cgroups/cgroups.ts'
import { runApart, type Apart } from '../../runtime/lab/grade/apart.ts'
import { steady } from '../../runtime/lab/grade/steady.ts'
import { needs, scratch } from '../scratch.ts'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** Run a shell script as a worker. */
async function apart(context: TestContext, script: string, more: Partial<Apart> = {}) {
  needs(context, 'root')
  const root = join(scratch(), 'root')
  const lines: string[] = []
  const end = await runApart({
    ...{ root, argv: ['/bin/sh', '-c', script], env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'] },
    ...{ input: 'an order\n', onLine: (line) => lines.push(line), milliseconds: 20_000 },
    ...more,
  })
  expect(groupsOfWorkers()).toEqual([])
  expect(readdirSync(join(root, 'tmp'))).toEqual([])
  return { end, lines, root }
}

function groupsOfWorkers(): string[] {
  const own = `stepbox-grade-${process.pid}-`
  return lookAtCgroups().hierarchies.flatMap(({ mount }) =>
    readdirSync(mount).filter((name) => name.startsWith(own)),
  )
}

test('a worker reads its order and answers in lines', async (context) => {
  const { end, lines } = await apart(context, 'read -r line; echo "got $line"; echo end')
  expect([end.how, lines]).toEqual(['done', ['got an order', 'end']])
})

test('a worker sees its own processes and its own control groups', async (context) => {
  const { lines } = await apart(context, 'echo $$; grep -c :/stepbox /proc/self/cgroup')
  expect(lines).toEqual(['1', '0'])
})

test('a worker that hangs is ended when its time is over', async (context) => {
  const { end } = await apart(context, 'exec sleep 1000', { milliseconds: 300 })
  expect(end.how).toBe('late')
})

test('a worker that forks without end is ended, with all its children', async (context) => {
  const script = 'bomb() { echo x; bomb & bomb & }; bomb 2>/dev/null; sleep 1000'
  const { end } = await apart(context, script, { milliseconds: 2000 })
  expect(end.how).toBe('late')
})

test('a worker that fills the disk fills its own', async (context) => {
  const script = 'cat /dev/zero > "$STEPBOX_ROOT/big"; stat -c %s "$STEPBOX_ROOT/big"'
  const before = statfsSync('/').bavail
  const { lines } = await apart(context, script)
  expect(Number(lines[0])).toBeGreaterThan(2 ** 27)
  expect(Number(lines[0])).toBeLessThanOrEqual(2 ** 28)
  expect((before - statfsSync('/').bavail) * statfsSync('/').bsize).toBeLessThan(2 ** 27)
})

test('a worker that says too much, or is killed, has crashed', async (context) => {
  expect((await apart(context, 'yes "$(printf %09999d 0)"')).end.how).toBe('crashed')
  const killed = await apart(context, 'echo oops >&2; (sleep 1000 & ) ; kill -9 $$; exit 7')
  expect(killed.end).toEqual({ how: 'crashed', because: 'oops' })
})

test('a worker that is stopped says so', async (context) => {
  const stop = new AbortController()
  const { end } = await apart(context, 'echo begun; exec sleep 1000', {
    signal: stop.signal,
    onLine: () => stop.abort(),
  })
  expect(end.how).toBe('stopped')
})

test('what chance decides is not in a result: equal things stay equal, others differ', () => {
  const one = steady('wrote /fc4ae0471d09, saw /0123456789ab and /fc4ae0471d09; mnt:[4026532288]')
  expect(one).toBe('wrote /word1, saw /word2 and /word1; mnt:[ns1]')
  const path = 'mkdir("/root/tmp/stage_12_34_boot_40@x_AbCdEf/tmp/machine-Xy12Zw/box/upper") = EIO'
  expect(steady(path)).toBe('mkdir("/lab/box/upper") = EIO')
  expect(steady('memory.max is 33554432, 12 mounts')).toBe('memory.max is 33554432, 12 mounts')
})
