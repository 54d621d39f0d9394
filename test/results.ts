/** Tests. The results of the tests on one machine, kept so that machines can be compared. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Why a test that passed is named: it is a fault of the test, or a race in what it tests. */
export const unsteady = 'it failed, and passed when it was run again'

export type Outcome = 'pass' | 'fail' | 'error' | 'blocked' | 'skipped'

export interface Result {
  /** Relative to the project. Empty for a result that belongs to no file. */
  file: string
  name: string
  outcome: Outcome
  /** One line: why it was skipped or blocked, or the error. */
  reason?: string
  ms?: number
  /** What the test asked for with `needs`. */
  needs?: string[]
  /** The whole error, with the difference from what was expected. */
  error?: string
}

/** How a table of machines describes one. */
export interface MachineWords {
  /** The machine that `npm test` was called on, or one of `stepbox vm`. */
  where: 'host' | 'vm'
  kernel: string
  cgroups: 'v1' | 'v2' | 'hybrid' | 'none'
  cpus: number
  node: string
  /** When the run began, in ISO 8601. */
  date: string
}

export interface Run {
  machine: MachineWords
  results: Result[]
}

/** A run as it is kept in dist/runs: each result has the date of the run it is from. */
export interface Kept {
  machine: MachineWords
  results: (Omit<Result, 'error'> & { date: string })[]
}

/** The outcome of a skipped test. It is blocked if it was skipped with the note `blocked: …`. */
export function skipped(note?: string): { outcome: 'blocked' | 'skipped'; reason?: string } {
  if (note?.startsWith('blocked: ')) return { outcome: 'blocked', reason: note.slice(9) }
  return { outcome: 'skipped', ...(note === undefined ? {} : { reason: note }) }
}

const dir = join(import.meta.dirname, '../dist/runs')

/** Write `run` to dist/runs. Results of files that it did not run stay as they were. */
export function keep({ machine, results }: Run): void {
  const path = join(dir, `${machine.kernel}-${machine.cgroups}.json`)
  const fresh = new Set(results.map(({ file }) => file))
  const known = existsSync(path) ? read(path).results : []
  const old = known.filter(({ file }) => !fresh.has(file))
  const own = results.map(({ error: _, ...result }) => ({ ...result, date: machine.date }))
  const kept: Kept = { machine, results: [...old, ...own] }
  mkdirSync(dir, { recursive: true })
  writeFileSync(`${path}.${process.pid}`, `${JSON.stringify(kept, undefined, 1)}\n`)
  renameSync(`${path}.${process.pid}`, path)
}

function read(path: string): Kept {
  return JSON.parse(readFileSync(path, 'utf8')) as Kept
}
