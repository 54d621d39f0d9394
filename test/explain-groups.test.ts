/** Tests. Why control groups and privileges are refused: provoked, or on a made-up machine. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test, type TestContext } from 'vitest'
import { busy, type Look } from '../runtime/tools/explain/groups.ts'
import type { Call } from '../runtime/calls.ts'
import { begin, contained } from './carry-out.ts'
import { causeIn, groupIn, ownMounts, treeOf } from './explaining.ts'
import { needs, scratch } from './scratch.ts'

/** A fresh group of version 2, or of the version 1 tree with `controller`. */
function group(context: TestContext, controller?: string): string {
  needs(context, 'root')
  const tree = treeOf(controller)
  if (!tree) return context.skip(`blocked: no cgroup tree ${controller ?? 'of version 2'}`)
  return groupIn(tree)
}

const write = (dir: string, file: string, text: string): Call => ['write', `${dir}/${file}`, text]

/** A process that waits in the group at `dir`, until the test ends. */
async function inhabit(dir: string): Promise<number> {
  const inhabitant = begin(contained(['sh', '-c', 'echo ready; read line']))
  await inhabitant.says('ready')
  const { result } = await inhabitant.reported(1) // the fork
  writeFileSync(`${dir}/cgroup.procs`, String(result))
  onTestFinished(async () => {
    inhabitant.launched.abandon()
    await inhabitant.launched.outcome
  })
  return result
}

function offered(dir: string): string[] {
  return readFileSync(`${dir}/cgroup.controllers`, 'utf8').trim().split(' ').filter(Boolean)
}

describe('a group of version 2', () => {
  const madeUp = (file: string, value: string, files: Record<string, string>): Look => {
    const read = (name: string) => files[name] ?? ''
    return { dir: '/g/a', file, value, read, above: read }
  }

  test('EBUSY: what its processes are that keep it from having children', () => {
    const enable = (procs: string) =>
      busy(madeUp('cgroup.subtree_control', '+pids', { 'cgroup.procs': procs }))
    const name = readFileSync('/proc/self/comm', 'utf8').trim()
    expect(enable(`${process.pid}\n`)).toBe(
      `/g/a has process ${process.pid} (${name}); ` +
        'in version 2 only a group without any can enable controllers',
    )
    expect(enable('7\n8\n9\n10\n')).toMatch(/^\/g\/a has processes 7 .*, 8 .* and 1 more; /)
    expect(enable('')).toBeUndefined()
  })

  test('EBUSY: it hands controllers down, so none may join it', () => {
    const join = (handed: string) =>
      busy(madeUp('cgroup.procs', '0', { 'cgroup.subtree_control': handed }))
    expect(join('pids')).toBe(
      '/g/a enables pids for its children, so only they may have processes',
    )
    expect(join('')).toBeUndefined()
  })

  test('ENOENT: a controller that it has not', async (context) => {
    const dir = group(context)
    const absent = ['memory', 'pids', 'rdma', 'misc'].find((each) => !offered(dir).includes(each))
    if (!absent) return context.skip('blocked: every controller is handed down')
    const file = `${absent}.max`
    const parent = dir.slice(0, dir.lastIndexOf('/'))
    expect(await causeIn(write(dir, file, '1'))).toEqual({
      failed: 'write = ENOENT',
      cause: `${absent} is not enabled in ${parent}/cgroup.subtree_control`,
    })
    const { cause } = await causeIn(write(dir, 'cgroup.subtree_control', `+${absent}`))
    expect(cause).toContain(`${dir} has no ${absent} to enable; it has: `)
  })

  test('EEXIST: one of that name is left, with what it holds', async (context) => {
    const dir = group(context)
    const make: Call = ['mkdir', dir, 0o755]
    const left = 'a group of that name exists already; it has'
    expect(await causeIn(make)).toEqual({ failed: 'mkdir = EEXIST', cause: `${left} nothing` })
    const pid = await inhabit(dir)
    expect((await causeIn(make)).cause).toBe(`${left} process ${pid} (sh)`)
    expect((await causeIn(['mkdir', scratch(), 0o755])).cause).toBeUndefined()
  })

  test('EROFS: the tree is mounted read-only', async (context) => {
    const dir = group(context)
    const tree = dir.slice(0, dir.lastIndexOf('/'))
    const readOnly: Call[] = [
      ['mount', tree, tree, null, ['MS_BIND'], null],
      ['mount', null, tree, null, ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY'], null],
    ]
    const cause = `the groups at ${tree} are mounted read-only, as in an ordinary Docker container`
    const join = await causeIn(...ownMounts, ...readOnly, write(dir, 'cgroup.procs', '0'))
    expect(join).toEqual({ failed: 'write = EROFS', cause })
    const make = await causeIn(...ownMounts, ...readOnly, ['mkdir', `${dir}/more`, 0o755])
    expect(make).toEqual({ failed: 'mkdir = EROFS', cause })
  })
})

describe('a group of version 1', () => {
  test('ENOSPC: no processors or memory nodes are chosen', async (context) => {
    const dir = group(context, 'cpuset')
    expect(await causeIn(write(dir, 'tasks', '0'))).toEqual({
      failed: 'write = ENOSPC',
      cause: `cpuset.cpus and cpuset.mems of ${dir} are empty: set before joining`,
    })
    writeFileSync(`${dir}/cpuset.cpus`, '0')
    const { cause } = await causeIn(write(dir, 'tasks', '0'))
    expect(cause).toBe(`cpuset.mems of ${dir} is empty: set before joining`)
  })

  test('a processor that is not there', async (context) => {
    const dir = group(context, 'cpuset')
    const have = readFileSync(`${dir}/../cpuset.cpus`, 'utf8').trim()
    const { cause } = await causeIn(write(dir, 'cpuset.cpus', '4000'))
    expect(cause).toBe(`the parent group has the processors ${have}, which do not include '4000'`)
  })

  test('EINVAL: a value, and swap below memory', async (context) => {
    const dir = group(context, 'memory')
    expect(await causeIn(write(dir, 'memory.limit_in_bytes', 'much'))).toMatchObject({
      failed: 'write = EINVAL',
      cause: expect.stringMatching(/^the kernel does not accept 'much' here; memory.limit_in_b/),
    })
  })

  test('ENOENT: a file that the tree has not', async (context) => {
    const dir = group(context, 'pids')
    const { cause } = await causeIn(write(dir, 'memory.max', '1'))
    expect(cause).toBe(`the tree of ${dir} has no file memory.max`)
  })
})

test('a group that is not there, and a file that is no kernel file', async (context) => {
  needs(context, 'root')
  const dir = scratch()
  const { cause: missing } = await causeIn(write(`${dir}/none`, 'tasks', '0'))
  expect(missing).toBe(`${dir}/none does not exist`)
  mkdirSync(`${dir}/group`)
  writeFileSync(`${dir}/group/tasks`, '')
  const { failed, cause } = await causeIn(write(`${dir}/group`, 'tasks', '0'))
  expect(failed).toBe('write = EXDEV')
  expect(cause).toMatch(/tasks is an ordinary file on \w+, not a kernel interface$/)
})
