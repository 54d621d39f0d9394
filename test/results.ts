/** Tests. What came of the tests on one machine, kept so that machines can be compared. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Outcome = 'pass' | 'fail' | 'error' | 'blocked' | 'skipped'

export interface Result {
  /** Relative to the project; empty for what belongs to no file. */
  file: string
  name: string
  outcome: Outcome
  /** Why it was skipped or blocked, or what the error was, in a line. */
  reason?: string
  ms?: number
  /** What it asked for with `needs`. */
  needs?: string[]
  /** The whole error, with how it differs from what was expected. */
  error?: string
}

/** The words for a machine in a table of machines. */
export interface MachineWords {
  /** This very machine, or one of `stepbox vm`. */
  where: 'host' | 'vm'
  kernel: string
  cgroups: 'v1' | 'v2' | 'hybrid' | 'none'
  cpus: number
  node: string
  /** ISO, of the run. */
  date: string
}

export interface Run {
  machine: MachineWords
  results: Result[]
}

/** A run as dist/runs has it: each result with the date of its own run. */
export interface Kept {
  machine: MachineWords
  results: (Omit<Result, 'error'> & { date: string })[]
}

/** `context.skip('blocked: …')` is how a test says that this machine cannot run it. */
export function skipped(note?: string): { outcome: 'blocked' | 'skipped'; reason?: string } {
  if (note?.startsWith('blocked: ')) return { outcome: 'blocked', reason: note.slice(9) }
  return { outcome: 'skipped', ...(note === undefined ? {} : { reason: note }) }
}

const dir = join(import.meta.dirname, '../dist/runs')

/** Record `run` in dist/runs; of files that it did not run, what was known stays. */
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
