/** `update`: all limits that were typed are changed, or none, as the kernel shows. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest'
import { processesIn } from '../../runtime/02-cgroups/group-control.ts'
import { changedLimits } from '../../runtime/02-cgroups/update.ts'
import { findContainer } from '../../runtime/container/find.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { start, stepbox } from '../../test/stepbox.ts'

const at = ['--chapter', 'cgroups']
const mebibyte = 2 ** 20

interface Running {
  root: string
  update: (...flags: string[]) => Promise<{ code: number | null; err: string }>
  /** What is in a file of its group; undefined if no tree has it. */
  value: (...names: string[]) => string | undefined
  dirs: () => string[]
}

/** Take 16 MiB, in the shell itself. */
const grow = 'x=0123456789abcdef; for i in 0 1 2 3 4 5 6 7 8 9 a b c d e f g h i j; do x=$x$x; done'

/** A container named `box` that runs until the test is over: a shell of some size, and a child. */
async function box(context: TestContext, ...flags: string[]): Promise<Running> {
  needs(context, 'root', 'cgroup-cpu', 'cgroup-memory', 'cgroup-pids')
  const root = scratch()
  const script = ['sh', '-c', `${grow}; sleep 1000 & echo on; wait`]
  const started = start([...at, 'run', '--name', 'box', ...flags, ...script], { root })
  onTestFinished(async () => {
    await stepbox([...at, 'rm', '-f', 'box'], { root })
    await started.ended
  })
  await started.says('on')
  const dirs = () => findContainer(root, 'box').groups ?? []
  return {
    root,
    dirs,
    update: (...args) => stepbox([...at, 'update', ...args, 'box'], { root }),
    value: (...names) => {
      const files = dirs().flatMap((dir) => names.map((name) => `${dir}/${name}`))
      const file = files.find((each) => existsSync(each))
      return file && readFileSync(file, 'utf8').trim()
    },
  }
}

it('a limit is changed while the container runs, and its name is printed', async (context) => {
  const { update, value, root } = await box(context, '-m', '64m', '--pids-limit', '20')
  expect(await update('--pids-limit', '30', '-m', '128m')).toMatchObject({ code: 0, out: 'box\n' })
  expect(value('pids.max')).toBe('30')
  expect(value('memory.max', 'memory.limit_in_bytes')).toBe(String(128 * mebibyte))
  const { out } = await stepbox([...at, 'inspect', 'box'], { root })
  expect(out).toContain(`"Memory": ${128 * mebibyte}`)
  expect(out).toContain('"PidsLimit": 30')
})

it('memory grows beyond what memory and swap were, and shrinks again', async (context) => {
  const { update, value } = await box(context, '-m', '64m')
  const both = () => [
    value('memory.max', 'memory.limit_in_bytes'),
    value('memory.swap.max', 'memory.memsw.limit_in_bytes'),
  ]
  const isVersion2 = value('memory.max') !== undefined
  const swap = (memory: number, all: number) =>
    String((isVersion2 ? all - memory : all) * mebibyte)
  expect(await update('-m', '256m', '--memory-swap', '512m')).toMatchObject({ code: 0 })
  expect(both()).toEqual([String(256 * mebibyte), swap(256, 512)])
  expect(await update('-m', '48m', '--memory-swap', '48m')).toMatchObject({ code: 0 })
  expect(both()).toEqual([String(48 * mebibyte), swap(48, 48)])
})

it('a tree that the container did not need so far gets all its processes', async (context) => {
  const { update, value, dirs } = await box(context)
  const before = processesIn(dirs())
  expect(before).toHaveLength(2)
  expect(await update('--cpus', '0.5')).toMatchObject({ code: 0, err: '' })
  expect(value('cpu.max', 'cpu.cfs_quota_us')).toMatch(/^50000\b/)
  for (const dir of dirs()) expect([dir, processesIn([dir])]).toEqual([dir, before])
})

it('-1 lifts the limit of processes', async (context) => {
  const { update, value } = await box(context, '--pids-limit', '20')
  expect(await update('--pids-limit', '-1')).toMatchObject({ code: 0 })
  expect(value('pids.max')).toBe('max')
})

it('less memory than it uses is refused, and nothing else is changed', async (context) => {
  const { update, value } = await box(context, '-m', '64m', '--pids-limit', '20', '-c', '512')
  const shares = value('cpu.weight', 'cpu.shares')
  const { code, err } = await update('-c', '100', '--pids-limit', '30', '-m', '6m')
  const words = /it uses .* of memory now, more than 6MiB/
  expect([code, err]).toEqual([1, expect.stringMatching(words)])
  expect(value('cpu.weight', 'cpu.shares')).toBe(shares)
  expect(value('pids.max')).toBe('20')
})

it('after the container has ended, groups that were made for it are removed', async (context) => {
  const { update, dirs, root } = await box(context)
  await update('--cpus', '0.5', '--pids-limit', '20')
  const made = dirs()
  expect(made.filter((dir) => existsSync(dir))).toEqual(made)
  await stepbox([...at, 'rm', '-f', 'box'], { root })
  expect(made.filter((dir) => existsSync(dir))).toEqual([])
})

it('what a container at rest is given is on record', async (context) => {
  needs(context, 'root', 'cgroup-memory')
  const root = scratch()
  await stepbox([...at, 'run', '--name', 'box', 'true'], { root })
  const { code, out } = await stepbox([...at, 'update', '-m', '64m', 'box'], { root })
  expect([code, out]).toEqual([0, 'box\n'])
  const limits = { memoryBytes: 64 * mebibyte, memorySwapBytes: 128 * mebibyte }
  expect(findContainer(root, 'box').limits).toEqual(limits)
})

it('one container that is refused does not keep another from its limit', async (context) => {
  const { root, value } = await box(context, '--pids-limit', '20')
  const { code, out, err } = await stepbox(
    [...at, 'update', '--pids-limit', '30', 'nobody', 'box'],
    { root },
  )
  expect([code, out, err]).toEqual([1, 'box\n', expect.stringContaining("'nobody'")])
  expect(value('pids.max')).toBe('30')
})

describe('what Docker refuses is refused', () => {
  it('more memory than memory and swap together', () => {
    const before = { memoryBytes: 64 * mebibyte, memorySwapBytes: 128 * mebibyte }
    const change = () => changedLimits(before, { memoryBytes: 256 * mebibyte })
    expect(change).toThrow('--memory-swap is 134217728 bytes, less than that')
  })

  it('a quota for what was limited by --cpus, and the other way round', () => {
    expect(() => changedLimits({ cpus: 1 }, { cpuQuotaUs: 5000 })).toThrow('limited by --cpus')
    expect(() => changedLimits({ cpuQuotaUs: 5000 }, { cpus: 1 })).toThrow('by --cpu-quota')
  })

  it('nothing at all to change', async () => {
    const { code, err } = await stepbox([...at, 'update', 'box'], { root: scratch() })
    expect([code, err]).toEqual([125, expect.stringContaining('nothing to change')])
  })

  it('--restart comes later', async () => {
    const args = [...at, 'update', '--restart', 'always', 'box']
    const { code, err } = await stepbox(args, { root: scratch() })
    expect([code, err]).toEqual([125, expect.stringContaining('--restart comes in chapter 6')])
  })
})
