/**
 * Benchmark. `npm run bench [-- --json]`: what Stepbox costs, side by side with what the kernel and
 * others need for the same, in one run: medians of interleaved rounds, and the budgets.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import chalk from 'chalk'
import { inProcess, onCommandLine, sameEverywhere, type Contest } from './contests.ts'
import { growing } from './growing.ts'
import { idling } from './idling.ts'
import { commits } from './layer-contests.ts'
import { networks } from './network-contests.ts'
import { inOwnNetwork } from './own-network.ts'
import { volumes } from './volume-contests.ts'
import { watched } from './watched-contests.ts'

interface Row {
  what: string
  ms: number
  against: { name: string; ms: number; ratio: number }[]
  /** The most that the first ratio may be. */
  budget?: number
  isMet?: boolean
}

const code = await inOwnNetwork() // nothing of this is to be the machine's
if (code !== undefined) process.exit(code)

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '40' } },
})
const rounds = Number(values.rounds)
const notes: string[] = []
const dir = mkdtempSync(join(tmpdir(), 'stepbox-bench-'))
try {
  const rows: Row[] = []
  const kept = [commits, volumes, networks]
  const all = [inProcess, onCommandLine, watched, growing, sameEverywhere, ...kept, idling]
  for (const contest of all)
    for await (const made of contest(dir)) {
      rows.push(await row(made))
      notes.push(...(made.notes ?? []))
    }
  if (values.json) console.log(JSON.stringify({ ...machine(), rows, notes }, undefined, 2))
  else print(rows)
} finally {
  rmSync(dir, { recursive: true, force: true })
}

/** Each runs in turn, so that whatever else the machine does meets all of them alike. */
async function row({ what, ours, theirs, budget, share = 1 }: Contest): Promise<Row> {
  if (!values.json) process.stderr.write(chalk.dim(`${what} …\n`))
  const present = await thoseThatWork(theirs)
  const all = [{ name: 'ours', run: ours }, ...present]
  const times = new Map(all.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round < Math.max(3, rounds * share); round++)
    for (const { name, run } of round % 2 ? all.toReversed() : all) {
      const start = process.hrtime.bigint()
      await run()
      times.get(name)?.push(Number(process.hrtime.bigint() - start) / 1e6)
    }
  const ms = median(times.get('ours') ?? [])
  const against = present.map(({ name }) => {
    const other = median(times.get(name) ?? [])
    return { name, ms: other, ratio: ms / other }
  })
  const first = against.find(({ name }) => name === theirs[0]?.name)
  const isMet = first && budget !== undefined ? { isMet: first.ratio <= budget } : {}
  return { what, ms, against, ...(budget === undefined ? {} : { budget }), ...isMet }
}

/** The first run of each is not counted. Who fails in it is left out, and that is noted. */
async function thoseThatWork(theirs: Contest['theirs']): Promise<Contest['theirs']> {
  const present: Contest['theirs'] = []
  for (const contender of theirs)
    try {
      await contender.run()
      present.push(contender)
    } catch (error) {
      const [line] = (error instanceof Error ? error.message : String(error)).trim().split('\n')
      notes.push(`${contender.name}: not measured: ${line}`)
    }
  return present
}

function median(times: number[]): number {
  const sorted = times.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}

function machine() {
  const cpu = cpus()[0]?.model ?? 'unknown'
  return { date: new Date().toISOString(), kernel: release(), node: process.version, cpu }
}

function print(rows: Row[]): void {
  const { kernel, node } = machine()
  console.log(`\nMedians in ms, Linux ${kernel}, Node ${node}\n`)
  console.log(line(['', 'Stepbox', 'against', '', 'ratio', 'budget']))
  for (const { what, ms, against, budget, isMet } of rows)
    against.forEach(({ name, ms: other, ratio }, at) => {
      const limit = budget === undefined ? '' : `≤ ${budget}`
      const verdict = isMet === undefined ? '' : isMet ? chalk.green(' met') : chalk.red(' missed')
      const own = at === 0 ? [what, ms.toFixed(1)] : ['', '']
      const text = line([...own, name, other.toFixed(1), ratio.toFixed(2), at === 0 ? limit : ''])
      console.log(text.trimEnd() + (at === 0 ? verdict : ''))
    })
  for (const note of notes) console.log(chalk.dim(note))
}

function line([
  what = '',
  ms = '',
  name = '',
  other = '',
  ratio = '',
  budget = '',
]: string[]): string {
  const left = `${what.padEnd(24)} ${ms.padStart(8)}  ${name.padEnd(25)}`
  return `${left} ${other.padStart(8)} ${ratio.padStart(6)}  ${budget.padEnd(6)}`
}
