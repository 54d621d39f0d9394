/** Tests. The end of a run: what did not pass and why, and the counts. */
import chalk from 'chalk'
import type { Result } from './results.ts'
import { tablesNamed } from './tables.ts'

interface Group {
  /** The machine; empty for this one, whose failures vitest has already shown. */
  prefix: string
  results: Result[]
}

interface Count {
  passed: number
  failed: number
  skipped: number
}

/** Print what of all machines did not pass, and last the counts. Gives the exit code. */
export function report(groups: Group[]): number {
  const count: Count = { passed: 0, failed: 0, skipped: 0 }
  for (const { prefix, results } of groups) {
    const allowed = allowedSkips(prefix === '' ? 'host' : 'vm')
    for (const result of results) count[told(result, prefix, allowed)]++
    if (results.length === 0) console.log(chalk.red(`error${prefix && ` ${prefix}`}: no test ran`))
  }
  const isEmpty = groups.some(({ results }) => results.length === 0)
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
  return count.failed > 0 || isEmpty ? 1 : 0
}

function told(result: Result, prefix: string, allowed: Set<string>): keyof Count {
  const { outcome, file, reason = 'no reason given', error } = result
  if (outcome === 'pass') return 'passed'
  const place = [file, result.name].filter(Boolean).join(' > ')
  const name = prefix ? `${prefix} ${place}` : place
  if (outcome === 'fail' || outcome === 'error') {
    const isNews = outcome === 'error' || file === '' || prefix !== ''
    if (isNews) console.log(`${chalk.red(outcome)} ${name}: ${reason}`)
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
