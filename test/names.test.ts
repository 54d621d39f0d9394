/** Tests. Names of containers: each is one container's, whatever was killed. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { create, newId } from '../runtime/container/create.ts'
import { free, idNamed, reserve } from '../runtime/container/reservations.ts'
import { makePlaces, runningMark, saveRunning } from '../runtime/container/state.ts'
import { ownProgram } from './own-program.ts'
import { runtimeOn } from './rows.ts'
import { needs, scratch } from './scratch.ts'
import { stateOf } from './states.ts'

/** A process of test/naming.ts; `ended` gives the names that it got. */
function naming(root: string, count: number) {
  const argv = ownProgram('test/naming.ts', root, String(count))
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const got = async () => {
    const names: string[] = []
    for (let line = await lines.next(); line.value !== 'done'; line = await lines.next()) {
      if (line.done) throw new Error('it ended before its end')
      names.push(line.value.replace('got ', ''))
    }
    return names
  }
  return { ready: lines.next(), go: () => void child.stdin.write('go\n'), got }
}

/** What a process leaves that was killed while it created `name`: after its mark, or its end. */
function leave(root: string, name: string, isMarked: boolean): void {
  const id = newId()
  if (isMarked) saveRunning(root, stateOf(id, { name, status: 'created' }))
  expect(reserve(root, { id, name })).toBe(true)
}

test('of several that want a name after a crash, exactly one gets it', async (context) => {
  needs(context, 'root')
  const root = scratch()
  makePlaces(root)
  const count = 100
  const names = Array.from({ length: count }, (_, at) => `n${at}`)
  names.forEach((name, at) => leave(root, name, at % 10 === 0))
  const rivals = [1, 2, 3].map(() => naming(root, count))
  await Promise.all(rivals.map(({ ready }) => ready))
  for (const { go } of rivals) go()
  const got = await Promise.all(rivals.map((rival) => rival.got()))
  expect(got.flat().sort()).toEqual([...names].sort())
  for (const name of names)
    expect(existsSync(runningMark(root, idNamed(root, name) ?? ''))).toBe(true)
})

test('a name is freed by the container that has it, and by no other', async (context) => {
  needs(context, 'root')
  const root = scratch()
  makePlaces(root)
  const [one, other] = [newId(), newId()]
  expect(reserve(root, { id: one, name: 'web' })).toBe(true)
  free(root, { id: other, name: 'web' })
  expect(idNamed(root, 'web')).toBe(one)
  expect(reserve(root, { id: other, name: 'web' })).toBe(false)
  free(root, { id: one, name: 'web' })
  expect(readdirSync(join(root, 'names'))).toEqual([])
  expect(reserve(root, { id: other, name: 'web' })).toBe(true)
  expect(readdirSync(join(root, 'tmp'))).toEqual([])
})

test('a name that an earlier version reserved is known, kept, and freed', async (context) => {
  needs(context, 'root')
  const root = scratch()
  makePlaces(root)
  const [old, next] = [newId(), newId()]
  symlinkSync(old, join(root, 'names/web'))
  expect(idNamed(root, 'web')).toBe(old)
  expect(reserve(root, { id: next, name: 'web' })).toBe(false)
  free(root, { id: next, name: 'web' })
  expect(idNamed(root, 'web')).toBe(old)
  free(root, { id: old, name: 'web' })
  expect(reserve(root, { id: next, name: 'web' })).toBe(true)
})

test('what is no name is refused by the operation, and makes no path', async (context) => {
  needs(context, 'root')
  const root = join(scratch(), 'root')
  makePlaces(root)
  mkdirSync(join(root, '../precious'))
  writeFileSync(join(root, 'names/odd'), 'not a name')
  const runtime = await runtimeOn(root)
  const wanted = { chapter: runtime.rows[0]?.number ?? 0, argv: ['true'], env: [], rm: true }
  for (const name of ['', '../../precious', 'a/b', '.', '..', '-x', 'x\n', 'n'.repeat(129)])
    await expect(create(runtime, { ...wanted, name })).rejects.toThrow('invalid name')
  await expect(create(runtime, { ...wanted, name: 'odd' })).rejects.toThrow("'odd' is in use")
  expect(existsSync(join(root, '../precious'))).toBe(true)
  for (const place of ['running', 'containers', 'tmp'])
    expect([place, readdirSync(join(root, place))]).toEqual([place, []])
})
