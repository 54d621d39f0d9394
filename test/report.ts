/** Tests. The end of a run: which tests did not pass and why, which files took longest, counts. */
import chalk from 'chalk'
import { unsteady, type Result } from './results.ts'
import { tablesNamed } from './tables.ts'

interface Group {
  /** Names the machine. Empty for the host, whose failures vitest has already printed. */
  prefix: string
  results: Result[]
}

interface Count {
  passed: number
  failed: number
  skipped: number
}

export interface Time {
  file: string
  ms: number
}

/** Print the ten files that took longest, with their seconds. */
export function printLongest(times: Time[]): void {
  if (times.length <= 10) return
  console.log('The ten longest files, in seconds:')
  for (const { file, ms } of times.toSorted((a, b) => b.ms - a.ms).slice(0, 10))
    console.log(`${(ms / 1000).toFixed(1).padStart(7)}  ${file}`)
}

/** Print each test that did not pass at once, then the counts. Gives the exit code. */
export function report(groups: Group[]): number {
  const count: Count = { passed: 0, failed: 0, skipped: 0 }
  for (const { prefix, results } of groups) {
    const allowed = allowedSkips(prefix === '' ? 'host' : 'vm')
    for (const result of results) count[printed(result, prefix, allowed)]++
    if (results.length === 0) console.log(chalk.red(`error${prefix && ` ${prefix}`}: no test ran`))
  }
  const isEmpty = groups.some(({ results }) => results.length === 0)
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
  return count.failed > 0 || isEmpty ? 1 : 0
}

/** Print a result that is no plain pass. Gives what it counts as. */
function printed(result: Result, prefix: string, allowed: Set<string>): keyof Count {
  const { outcome, file, reason = 'no reason given', error } = result
  const place = [file, result.name].filter(Boolean).join(' > ')
  const name = prefix ? `${prefix} ${place}` : place
  if (outcome === 'pass') {
    if (result.reason === unsteady) console.log(`${chalk.yellow('unsteady')} ${name}: ${reason}`)
    return 'passed'
  }
  if (outcome === 'fail' || outcome === 'error') {
    const isNew = outcome === 'error' || file === '' || prefix !== ''
    if (isNew) console.log(`${chalk.red(outcome)} ${name}: ${reason}`)
    const rest = error?.split('\n').slice(1) ?? []
    if (rest.length > 0) console.log(rest.map((line) => `    ${line}`).join('\n'))
    return 'failed'
  }
  const isFailure = process.env['CI'] === 'true' && !allowed.has(reason)
  const verdict = isFailure ? ', which CI does not allow' : ''
  console.log(`${chalk.yellow(outcome)} ${name}: ${reason}${verdict}`)
  return isFailure ? 'failed' : 'skipped'
}

interface AllowedSkip {
  reason: string
  /** Where it is allowed; everywhere without. */
  on?: 'host' | 'vm'
  because: string
}

/** The reasons for which a test may be skipped even with CI=true (allowed-skips.json). */
function allowedSkips(where: 'host' | 'vm'): Set<string> {
  const list = (tablesNamed('allowed-skips.json') as AllowedSkip[][]).flat()
  return new Set(list.flatMap(({ reason, on = where }) => (on === where ? [reason] : [])))
}
