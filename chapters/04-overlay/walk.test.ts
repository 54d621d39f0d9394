/** Tests: a write layer of any depth is compared, and one that changes while it is read. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { diff } from '../../runtime/04-overlay/diff.ts'
import { walkUpper } from '../../runtime/04-overlay/walk.ts'
import type { Call } from '../../runtime/calls.ts'
import { perform } from '../../runtime/native.ts'
import { opaqueMark } from '../../runtime/04-overlay/stack.ts'
import { steps } from '../../test/carry-out.ts'
import { ownProgram } from '../../test/own-program.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { deepTree, layOutEmpty } from '../../test/trees.ts'

test('2,100 levels are compared with 64 descriptors', async (context) => {
  needs(context, 'root')
  const { dir, stack } = layOutEmpty(1)
  await deepTree(stack.upper, 'd', 2100)
  const args = ['-c', 'ulimit -n 64; exec "$@"', 'sh', process.execPath]
  const comparing = ownProgram('chapters/04-overlay/comparing.ts', dir)
  const { stdout, stderr } = spawnSync('sh', [...args, ...comparing], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(stdout).toBe(`2100 changes, the last: A ${'/d'.repeat(2100)}\n`)
})

test('so are paths longer than PATH_MAX in the image', async (context) => {
  needs(context, 'root')
  const { dir, stack } = layOutEmpty(2)
  const name = 'n'.repeat(250)
  const inDeepest = (tree: string, ...calls: Call[]) =>
    perform(
      steps(
        ['chdir', `${dir}/${tree}`],
        ...Array.from({ length: 30 }, (): Call => ['chdir', name]),
        ...calls,
      ),
    )
  for (const tree of ['lower0', 'lower1', 'upper']) await deepTree(`${dir}/${tree}`, name, 30)
  await inDeepest('lower1', ['mkdir', 'gone', 0o755])
  await inDeepest('lower0', ['mkdir', 'kept', 0o755])
  const opaque: Call = ['lsetxattr', '.', opaqueMark, Buffer.from('y')]
  await inDeepest('upper', ['mkdir', 'kept', 0o700], opaque)
  onTestFinished(async () => {
    for (const tree of ['upper', 'lower0']) await inDeepest(tree, ['rmdir', 'kept'])
    await inDeepest('lower1', ['rmdir', 'gone'])
  })
  const deepest = `/${name}`.repeat(30)
  expect((await diff(stack)).slice(-3)).toEqual([
    { kind: 'C', path: deepest },
    { kind: 'D', path: `${deepest}/gone` },
    { kind: 'C', path: `${deepest}/kept` },
  ])
})

/** A chain of directories with a file `z` in each, and more in the last than a batch has. */
function chain(upper: string, length: number): string[] {
  const dirs = Array.from({ length }, (_, at) => `${upper}${'/c'.repeat(at + 1)}`)
  for (const dir of dirs) {
    mkdirSync(dir)
    writeFileSync(`${dir}/z`, '')
  }
  for (let at = 0; at < 600; at++) writeFileSync(`${dirs.at(-1)}/${at}`, '')
  return dirs
}

/** The paths of a walk during which `act` happens, when it is in the last directory of a chain. */
function walkAnd(upper: string, act: () => void): { told: string[]; vanished: string[] } {
  const vanished: string[] = []
  const walk = walkUpper({ upper, lowers: [] }, (path) => vanished.push(path))
  const told: string[] = []
  for (const batch of walk) {
    if (told.length === 0) act()
    told.push(...batch.map(({ path }) => path))
  }
  return { told, vanished }
}

test('what vanishes before it is reached is left out', (context) => {
  needs(context, 'root')
  const upper = scratch()
  chain(upper, 30)
  const { told, vanished } = walkAnd(upper, () => rmSync(`${upper}/c`, { recursive: true }))
  expect(told.length).toBe(512)
  expect(vanished).toContain('c/z')
  expect(vanished.length).toBe(30 + 600 - (512 - 30))
})

test('a directory that is moved away does not lead the walk astray', (context) => {
  needs(context, 'root')
  const [upper, outside] = [scratch(), scratch()]
  chain(upper, 30)
  mkdirSync(`${outside}/c`)
  for (const dir of [outside, `${outside}/c`, upper]) writeFileSync(`${dir}/z`, 'another')
  const { told, vanished } = walkAnd(upper, () => {
    renameSync(`${upper}/c/c/c`, `${upper}/moved`)
    symlinkSync(outside, `${upper}/c/c/c`)
  })
  // Where `..` leads elsewhere, the way goes on from the root, to the two levels that stayed.
  expect(told.filter((path) => /^(c\/){1,3}z$/.test(path))).toEqual(['c/c/c/z', 'c/c/z', 'c/z'])
  expect(told.length).toBe(30 + 30 + 600 + 1)
  expect(vanished).toEqual([])
})

test('a directory swapped with a link all the time never leads to the host', async (context) => {
  needs(context, 'root')
  const { stack } = layOutEmpty(1)
  const host = scratch()
  writeFileSync(`${host}/secret`, '')
  mkdirSync(`${stack.upper}/a/a/a`, { recursive: true })
  symlinkSync(host, `${stack.upper}/link`)
  for (let at = 0; at < 50; at++) writeFileSync(`${stack.upper}/a/a/a/${at}`, '')
  const swapper = spawn(process.execPath, ['-e', swap, stack.upper], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void swapper.kill('SIGKILL'))
  await once(swapper.stdout, 'data')
  for (let round = 0; round < 10; round++) {
    const told = (await diff(stack)).map(({ path }) => path)
    expect(told.filter((path) => path.endsWith('secret'))).toEqual([])
  }
})

const swap = `
  process.chdir(process.argv[1])
  console.log('swapping')
  const { renameSync } = require('fs')
  for (;;) {
    renameSync('a/a', 'x')
    renameSync('link', 'a/a')
    renameSync('a/a', 'link')
    renameSync('x', 'a/a')
  }
`
