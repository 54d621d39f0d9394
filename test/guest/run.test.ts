/** Tests. The kernel tests as a program: which tests run, and how each kind of end is reported. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Result } from '../results.ts'
import { scratch } from '../scratch.ts'
import { collect } from './collect.ts'
import { runFiles } from './crew.ts'

/** The results, and the listed names, of a project that has only these files of tests. */
async function resultsOf(files: Record<string, string>, isList = false) {
  const dir = join(scratch(), 'dist/guest-tests')
  mkdirSync(dir, { recursive: true })
  const worker = join(dir, 'worker.cjs')
  cpSync(join(import.meta.dirname, '../../dist/guest-tests/worker.cjs'), worker)
  const bodies = Object.entries(files).map(([name, body]) => `'${name}': async () => {${body}}`)
  writeFileSync(
    join(dir, 'tests.cjs'),
    `const { describe, test, expect, beforeAll, afterAll, onTestFinished } = require('vitest')
    let loads = 0
    module.exports = { files: {${bodies.join(',\n')}} }`,
  )
  const results: Result[] = []
  const names: string[] = []
  await runFiles({
    worker,
    files: Object.keys(files),
    graceMs: 3000,
    options: { isList, capabilities: [], patience: 1 },
    env: process.env,
    onResult: (result) => results.push(result),
    onListed: (file, name) => names.push(`${file} > ${name}`),
  })
  return { results, names }
}

async function* each(lines: string[]): AsyncGenerator<string> {
  yield* lines
}

function shapeOf({ file, name, outcome, reason }: Result): string {
  return `${file} > ${name}: ${outcome}${reason === undefined ? '' : `, ${reason}`}`
}

test('a test that takes its context is run; no other is, nor are the hooks around it', async () => {
  const { results } = await resultsOf({
    'a.test.ts': `
      test('plan', () => { throw new Error('was run') })
      test('kernel', (context) => {})
      test.for([1, 2])('kernel of %i', (item, context) => {})
      test.for([1])('plan of %i', (item) => { throw new Error('was run') })
      test.each([[1, 2]])('plan of %i and %i', (a, b) => { throw new Error('was run') })
      describe('plans', () => {
        beforeAll(() => { throw new Error('was run') })
        test('plan', () => {})
      })
      describe.each([3])('number %i', () => { test('kernel', (context) => {}) })`,
  })
  expect(results.map(shapeOf)).toEqual([
    'a.test.ts > kernel: pass',
    'a.test.ts > kernel of 1: pass',
    'a.test.ts > kernel of 2: pass',
    'a.test.ts > number 3 > kernel: pass',
  ])
})

test('what is listed is not run', async () => {
  const body = `test('x', (context) => { throw new Error('was run') }); test('y', () => {})`
  const { results, names } = await resultsOf({ 'a.test.ts': body }, true)
  expect(names).toEqual(['a.test.ts > x'])
  expect(results).toEqual([])
})

test('a failure says what differs, a blocked test why', async () => {
  const { results } = await resultsOf({
    'a.test.ts': `
      test('differs', (context) => expect({ a: 1 }).toEqual({ a: 2 }))
      test('blocked', (context) => context.skip('blocked: no moon'))
      test('never ends', (context) => new Promise(() => {}), 10)`,
  })
  expect(results.map(shapeOf)).toEqual([
    'a.test.ts > differs: fail, expected { a: 1 } to deeply equal { a: 2 }',
    'a.test.ts > blocked: blocked, no moon',
    'a.test.ts > never ends: fail, Test timed out in 10ms.',
  ])
  expect(results[0]?.error).toMatch(/-.*"a": 2.*\n.*\+.*"a": 1/)
})

test('one that kills its process, or stops it for good, is an error; the rest go on', async () => {
  const { results } = await resultsOf({
    'a.test.ts': `
        test('before', (context) => {})
        test('dies', (context) => process.kill(process.pid, 'SIGKILL'))
        test('between', (context) => {})
        test('hangs', (context) => { for (;;) continue }, 100)
        test('after', (context) => {})`,
    'b.test.ts': `throw new Error('does not load')`,
    'c.test.ts': `test('another', (context) => {})`,
  })
  const late = 'nothing was heard of it for 3.1 s, and it was killed'
  expect(results.map(shapeOf).sort()).toEqual([
    'a.test.ts > after: pass',
    'a.test.ts > before: pass',
    'a.test.ts > between: pass',
    'a.test.ts > dies: error, the process that ran it ended: SIGKILL',
    `a.test.ts > hangs: error, ${late}`,
    'b.test.ts > : error, does not load',
    'c.test.ts > another: pass',
  ])
})

test('each file has its modules afresh, and its hooks', async () => {
  const body = `
    loads++
    const seen = globalThis.seen ??= []
    afterAll(() => seen.push('after all'))
    test('x', (context) => { onTestFinished(() => seen.push('finished')); seen.push('x') })
    test('seen', (context) => {
      expect(loads).toBe(1)
      expect(seen.join()).toMatch(/^(x,finished,after all,)*x,finished$/)
    })`
  const files = { 'a.test.ts': body, 'b.test.ts': body, 'c.test.ts': body, 'd.test.ts': body }
  const { results } = await resultsOf(files)
  expect(results).toHaveLength(8)
  expect(results.filter(({ outcome }) => outcome !== 'pass')).toEqual([])
})

test('a machine that stops in the middle is an error, however noisy its wire', async () => {
  const lines = [
    '[    0.000000] Linux version 6.1',
    '{"machine":{"kernel":"6.1","cgroups":"v2","cpus":2,"node":"20","date":"2026-01-01"}}',
    '[   12.0] oops{"result":{"file":"a.test.ts","name":"x","outcome":"pass","ms":1}}',
    '{"result":{"file":"a.test.ts","name":"y","outc',
  ]
  const { machine, results } = await collect(each(lines))
  expect(machine.cgroups).toBe('v2')
  expect(results.map(shapeOf)).toEqual([
    'a.test.ts > x: pass',
    ' > the host is as it was: error, it ended before all tests had',
  ])
  await expect(collect(each([]))).rejects.toThrow('the machine said nothing of itself')
})

test('what fails is run once more, and is named if it passes then', async () => {
  const { results } = await resultsOf({
    'a.test.ts': `
      let tries = 0
      test('shaky', (context) => { expect(++tries).toBe(2) })
      test('broken', (context) => { throw new Error('as ever') })
      test('once', { retry: 0 }, (context) => { throw new Error('by chance') })`,
  })
  expect(results.map(shapeOf)).toEqual([
    'a.test.ts > shaky: pass, it failed, and passed when it was run again',
    'a.test.ts > broken: fail, as ever',
    'a.test.ts > once: fail, by chance',
  ])
})
