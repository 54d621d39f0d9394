/** Tests. One run of vitest, what came of it counted, and the host looked at before and after. */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import chalk from 'chalk'
import { parseCLI, startVitest, type TestCase, type TestModule, type TestSuite } from 'vitest/node'
import { differences, host } from './host.ts'

type Outcome = 'pass' | 'fail' | 'error' | 'blocked' | 'skipped'

interface Result {
  name: string
  outcome: Outcome
  /** Why it was skipped or blocked, or what the error was. */
  reason?: string
}

/**
 * Run the tests that `args` name (chapter numbers, paths, vitest's own options), all of them
 * without. Prints what was skipped and why, what is left over on the host, and last the counts.
 * Gives the exit code.
 */
export async function run(args: string[]): Promise<number> {
  const before = host()
  const temporary = mkdtempSync(join(tmpdir(), 'stepbox-tests-'))
  chmodSync(temporary, 0o711) // tests that are an ordinary user for once go through it
  process.env['TMPDIR'] = temporary
  const { filter, options } = parseCLI(['vitest', 'run', ...args.map(chapterPath)])
  const config = join(import.meta.dirname, 'vitest.config.ts')
  const vitest = await startVitest('test', filter, { ...options, config, watch: false })
  const isNarrowed = options.testNamePattern !== undefined
  const results = vitest.state.getTestModules().flatMap((module) => resultsOf(module, isNarrowed))
  for (const error of vitest.state.getUnhandledErrors())
    results.push({ name: 'outside any test', outcome: 'error', reason: firstLine(error) })
  await vitest.close()
  const leftovers = await differences(before, temporary)
  rmSync(temporary, { recursive: true, force: true })
  for (const leftover of leftovers)
    results.push({ name: 'the host is as it was', outcome: 'fail', reason: leftover })
  return report(results)
}

/** `3` means the tests of chapter 3. */
function chapterPath(arg: string): string {
  return /^\d{1,2}$/.test(arg) ? `chapters/${arg.padStart(2, '0')}-` : arg
}

function resultsOf(module: TestModule, isNarrowed: boolean): Result[] {
  const results: Result[] = []
  for (const suite of [module, ...module.children.allSuites()]) {
    const name = suite.type === 'module' ? suite.relativeModuleId : suite.fullName
    for (const { message } of suite.errors())
      results.push({ name, outcome: 'error', reason: firstLine(message) })
  }
  for (const test of module.children.allTests()) {
    const { outcome, reason } = outcomeOf(test)
    if (outcome === 'skipped' && !reason && (isNarrowed || hasFailed(test.parent))) continue
    const name = `${module.relativeModuleId} > ${test.fullName}`
    results.push({ name, outcome, ...(reason === undefined ? {} : { reason }) })
  }
  return results
}

/**
 * Whether a suite around a test broke before the test could run: that is one error, of the suite.
 */
function hasFailed(suite: TestSuite | TestModule): boolean {
  return suite.errors().length > 0 || (suite.type === 'suite' && hasFailed(suite.parent))
}

/** `context.skip('blocked: …')` is how a test says that this machine cannot run it. */
function outcomeOf(test: TestCase): { outcome: Outcome; reason?: string | undefined } {
  const result = test.result()
  if (result.state === 'passed') return { outcome: 'pass' }
  if (result.state === 'failed') return { outcome: 'fail' }
  if (result.state === 'pending') return { outcome: 'error', reason: 'it never ended' }
  const note = result.note
  if (note?.startsWith('blocked: ')) return { outcome: 'blocked', reason: note.slice(9) }
  return { outcome: 'skipped', reason: note }
}

function report(results: Result[]): number {
  const allowed = allowedSkips()
  const count = { passed: 0, failed: 0, skipped: 0 }
  for (const { name, outcome, reason = 'no reason given' } of results) {
    if (outcome === 'pass') count.passed++
    else if (outcome === 'fail' || outcome === 'error') {
      count.failed++
      if (outcome === 'error' || name === 'the host is as it was')
        console.log(`${chalk.red(outcome)} ${name}: ${reason}`)
    } else {
      const isFailure = process.env['CI'] === 'true' && !allowed.has(reason)
      count[isFailure ? 'failed' : 'skipped']++
      const verdict = isFailure ? ', which CI does not allow' : ''
      console.log(`${chalk.yellow(outcome)} ${name}: ${reason}${verdict}`)
    }
  }
  if (results.length === 0) console.log(chalk.red('error: no test ran'))
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
  return count.failed > 0 || results.length === 0 ? 1 : 0
}

/** The reasons for which a test may be skipped even with CI=true: test/allowed-skips.json. */
function allowedSkips(): Set<string> {
  const text = readFileSync(join(import.meta.dirname, 'allowed-skips.json'), 'utf8')
  const list = JSON.parse(text) as { reason: string; because: string }[]
  return new Set(list.map(({ reason }) => reason))
}

function firstLine(error: unknown): string {
  const message = error instanceof Error || isMessage(error) ? error.message : String(error)
  return message.split('\n')[0] ?? ''
}

function isMessage(value: unknown): value is { message: string } {
  return typeof value === 'object' && value !== null && 'message' in value
}
