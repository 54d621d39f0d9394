/** Tests. What a run prints: claims below the titles of their files, the plainest failure first. */
import { spawnSync } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chapters } from '../chapters/table.ts'
import { scratch } from './scratch.ts'

const top = join(import.meta.dirname, '..')

/** What is printed of a run of these files, by their names. */
function printed(files: Record<string, string>, isBrief = false): string {
  const dir = scratch()
  symlinkSync(join(top, 'node_modules'), join(dir, 'node_modules'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
  const script = `
    import { startVitest } from 'vitest/node'
    import { Claims } from ${JSON.stringify(join(top, 'test/claims.ts'))}
    const options = { root: ${JSON.stringify(dir)}, watch: false, config: false }
    const more = { include: ['*.test.js'], maxWorkers: 1, fileParallelism: false }
    const vitest = await startVitest('test', [], {
      ...options, ...more, reporters: [new Claims(${isBrief})],
    })
    await vitest.close()`
  writeFileSync(join(dir, 'run.mts'), script)
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', VITEST: '' }
  const args = ['--import', 'tsx', join(dir, 'run.mts')]
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: top, env, encoding: 'utf8' })
  return stdout + stderr
}

const begin = "import { describe, expect, test } from 'vitest'"
const long = 'a claim that is so long that it needs a second line of the eighty columns there are'

const patience = { timeout: 60_000 }

describe('a green run', patience, () => {
  const green = `/**
 * Tests. what is written here is kept,
 * even so. More of it.
 */
${begin}
describe('a suite', () => test('${long}', () => {}))
test('another', () => {})
test('a third', ({ skip }) => skip('blocked: no tar'))`

  test('shows each claim under the title of its file, in 80 columns', () => {
    const out = printed({ 'a.test.js': green })
    expect(out).toMatch(/^ What is written here is kept, even so\.\n a\.test\.js, \d+\.\d s$/m)
    expect(out).toMatch(/^ a suite\n {3}✓ a claim that is so long .*\n {5}.*there are\n/m)
    expect(out).toMatch(/^ ✓ another$/m)
    expect(out).toMatch(/^ - a third: blocked: no tar$/m)
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([])
  })

  test('of all files is a line for each', () => {
    expect(printed({ 'a.test.js': green }, true)).toMatch(/^ ✓ a\.test\.js {2}3 claims, [\d.]+ s$/m)
  })
})

test('a failure that names the call comes before many with an exit code', patience, () => {
  const fails = (text: string) => `() => { throw new Error(${JSON.stringify(text)}) }`
  const codes = [1, 2, 3, 4, 5, 6, 7].map((n) => `test('code ${n}', ${fails('exit 125: ENOENT')})`)
  const call = `test('call', ${fails('mount("overlay", "merged") = ENOENT')})`
  const files = { 'a.test.js': [begin, ...codes].join('\n'), 'b.test.js': `${begin}\n${call}` }
  const out = printed(files)
  const failed = [...out.matchAll(/^ FAIL {2}(.*)/gm)].map(([, name]) => name)
  expect(failed).toEqual(['b.test.js > call', 'a.test.js > code 1'])
  expect(out).toMatch(/^ and a\.test\.js > code 6\n and 1 more in the same way$/m)
  expect(out.match(/Error: exit 125/g)).toHaveLength(1)
})

test('a test that passes only when it is run again is named, with its error', patience, () => {
  const text = `${begin}
let tries = 0
test('shaky', { retry: 1 }, () => expect(++tries).toBe(2))
test('broken', { retry: 1 }, () => expect(++tries).toBe(0))`
  const out = printed({ 'a.test.js': text }, true)
  expect(out).toMatch(/^ ✗ a\.test\.js {2}2 claims, 1 failed, /m)
  expect(out).toMatch(/^ {3}↻ shaky\n {5}expected 1 to be 2/m)
  expect(out).toMatch(/^ UNSTEADY {2}a\.test\.js > shaky: it failed, then passed$/m)
  expect(out.match(/^ FAIL .*/gm)).toEqual([' FAIL  a.test.js > broken'])
})

const numbers = chapters.map(({ number }) => number).join(' ')
const have = `no chapter ${99}; have: ${numbers}`

test.for([
  [['99'], have],
  [['cli', 'typo'], "no test file has 'typo' in its path"],
  [['1', '--frobnicate'], 'no option --frobnicate'],
] as const)('npm test -- %s says what is wrong, in its own words', patience, ([args, why]) => {
  const command = [join(top, 'test/run.mjs'), ...args]
  const { status, stderr } = spawnSync(process.execPath, command, { cwd: top, encoding: 'utf8' })
  expect([status, stderr]).toEqual([2, `${why}\nnpm test -- --help says what can be given\n`])
})

test('npm test -- --help is its own', () => {
  const args = [join(top, 'test/run.mjs'), '--help']
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^Usage: npm test .*CHAPTER/)])
})
