/** Groups in groups, as a container can make them in its own, found and removed. */
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs'
import { expect, it, onTestFinished, type TestContext } from 'vitest'
import { groupDirs } from '../../runtime/02-cgroups/cgroup.ts'
import { lookAtCgroups } from '../../runtime/02-cgroups/cgroups.ts'
import { killAll, processesIn, removeGroup } from '../../runtime/02-cgroups/group-control.ts'
import { groupsBelow } from '../../runtime/02-cgroups/group-tree.ts'
import { needs } from '../../test/scratch.ts'
import { contain } from './contain.ts'

/** From outside, 5,000 bytes: more than the 4,096 that a path may have. */
const long = Array<string>(25).fill('n'.repeat(200))
const many = Array<string>(300).fill('n')

it.for<[string, string[]]>([
  ['25 levels with names of 200 characters', long],
  ['300 levels', many],
])('%s are removed with the group', async ([, names], context) => {
  const dirs = emptyGroup(context)
  for (const dir of dirs) nest(dir, names)
  await removeGroup(dirs)
  expect(dirs.filter((dir) => existsSync(dir))).toEqual([])
})

it('a process in a group with a long path is found, and killed', async (context) => {
  const { dirs, init, says, outcome } = contain(context, 'echo on; exec cat')
  await says('on')
  for (const dir of dirs) nest(dir, long, await init)
  expect(processesIn(dirs)).toEqual([await init])
  await killAll(dirs)
  expect(await outcome).toEqual({ exitCode: 137, signal: 'SIGKILL' })
  await removeGroup(dirs)
  expect(dirs.filter((dir) => existsSync(dir))).toEqual([])
})

it('a process that the container froze in a group inside is killed', async (context) => {
  const { dirs, init, says, outcome } = contain(context, 'echo on; exec cat')
  await says('on')
  for (const dir of dirs) {
    nest(dir, ['inner', 'most'], await init)
    for (const [file, value] of [['freezer.state', 'FROZEN'], ['cgroup.freeze', '1']] as const)
      if (existsSync(`${dir}/inner/${file}`)) writeFileSync(`${dir}/inner/${file}`, value)
  }
  await killAll(dirs)
  expect(await outcome).toEqual({ exitCode: 137, signal: 'SIGKILL' })
  await removeGroup(dirs)
  expect(dirs.filter((dir) => existsSync(dir))).toEqual([])
})

it('each group comes after the groups inside it, with few descriptors open', (context) => {
  const [dir = ''] = emptyGroup(context)
  nest(dir, many)
  mkdirSync(`${dir}/n/second`)
  const before = openDescriptors()
  const seen: string[] = []
  let most = 0
  for (const path of groupsBelow(dir)) {
    seen.push(path.toString().replace(/.*\//, ''))
    most = Math.max(most, openDescriptors())
  }
  expect(seen).toHaveLength(301)
  expect(seen.at(-1)).toBe('n')
  expect(seen.filter((name) => name === 'second')).toHaveLength(1)
  expect(most - before).toBeLessThan(30) // the test runner opens and closes some, too
})

it('a name that is not UTF-8 is removed like any other', async (context) => {
  const dirs = emptyGroup(context)
  for (const dir of dirs) mkdirSync(Buffer.concat([Buffer.from(`${dir}/`), Buffer.of(0xff)]))
  await removeGroup(dirs)
  expect(dirs.filter((dir) => existsSync(dir))).toEqual([])
})

it('a group with a process in a group inside is kept; the error names it', async (context) => {
  const { dirs, init, says } = contain(context, 'echo on; exec cat')
  await says('on')
  for (const dir of dirs) nest(dir, ['inner', 'most'], await init)
  await expect(removeGroup(dirs, 20)).rejects.toThrow(`still in it: ${await init}`)
})

it('while a group is waited for, the process does other work', async (context) => {
  const { dirs, says } = contain(context, 'echo on; exec cat')
  await says('on')
  let ticks = 0 // a timer of 1 ms, on a machine that may be busy
  const ticking = setInterval(() => ticks++, 1)
  onTestFinished(() => clearInterval(ticking))
  await expect(removeGroup(dirs, 100)).rejects.toThrow('still in it')
  expect(ticks).toBeGreaterThan(0)
})

let count = 0

/** A group in every tree, which goes away with the test. */
function emptyGroup(context: TestContext): string[] {
  needs(context, 'root', 'cgroups')
  const name = `stepbox-test-${process.pid}-nested-${++count}`
  const dirs = groupDirs({ name, cgroups: lookAtCgroups(), limits: {} })
  for (const dir of dirs) mkdirSync(dir)
  onTestFinished(() => removeGroup(dirs))
  return dirs
}

/**
 * Make a group in `dir`, one in that, and so on, relative to descriptors as a process inside could;
 * and move a process into the innermost.
 */
function nest(dir: string, names: string[], process?: number): void {
  let fd = openSync(dir, 'r')
  for (const name of names) {
    const path = `/proc/self/fd/${fd}/${name}`
    mkdirSync(path)
    const next = openSync(path, 'r')
    closeSync(fd)
    fd = next
  }
  if (process !== undefined) writeFileSync(`/proc/self/fd/${fd}/cgroup.procs`, String(process))
  closeSync(fd)
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}
