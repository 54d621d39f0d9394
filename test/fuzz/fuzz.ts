/** Tests. One target, many inputs: mutate, check, keep what is new, make what fails small. */
import { randomFrom, type Random } from '../power/random.ts'
import { corpusOf } from './corpus.ts'
import { longest, mutated } from './mutate.ts'
import { mistakeIn, type Target } from './target.ts'

export interface Effort {
  seed: number
  milliseconds: number
  /** Most inputs. */
  most?: number
  /** Check nothing but this input. */
  only?: Uint8Array | undefined
  /** Called with each input before it is checked: the check may not come back. */
  show: (input: Buffer) => void
}

/** What came of it. */
export interface Found {
  inputs: number
  /** How many inputs the parser took; it refused the others. */
  taken: number
  /** How many of the outcomes differed. */
  outcomes: number
  failure?: Failure
}

export interface Failure {
  problem: string
  input: Uint8Array
}

/** Most milliseconds of processor time for an input of 64 KiB: other work does not count. */
const patienceMs = 2000
/** Most memory that one input may take, in kilobytes of resident memory. */
const mostKilobytes = 2 ** 18

/**
 * Check the corpus and the seeds, then mutations of them until time is up. The same seed gives the
 * same inputs in the same order; only how many they are depends on the machine. An input with an
 * outcome that none had before is mutated further: this finds its way through a parser's branches
 * without looking inside.
 */
export async function fuzz(target: Target, effort: Effort): Promise<Found> {
  const { seed, milliseconds, most = Infinity, only, show } = effort
  const random = randomFrom(seed)
  target.open?.()
  const seeds = only ? [Buffer.from(only)] : [...corpusOf(target.name), ...target.seeds()]
  const pool: Pool = { all: [...seeds], taken: [...seeds] }
  const outcomes = new Set<string>()
  const found: Found = { inputs: 0, taken: 0, outcomes: 0 }
  const begin = performance.now()
  try {
    for (;;) {
      const isSeed = found.inputs < seeds.length
      const isOver = only || performance.now() - begin > milliseconds || found.inputs >= most
      if (!isSeed && isOver) break
      const input = isSeed ? (seeds[found.inputs] as Buffer) : next(target, pool, random)
      show(input)
      const { problem, outcome = '', isTaken = false } = await judge(target, input)
      found.inputs++
      if (isTaken) found.taken++
      if (problem) {
        found.failure = { problem, input: await smaller(target, input, show) }
        break
      }
      if (outcomes.has(outcome)) continue
      outcomes.add(outcome)
      for (const list of isTaken ? [pool.all, pool.taken] : [pool.all])
        if (list.length < 2000) list.push(input)
    }
  } finally {
    const problem = await target.close?.()
    if (problem) found.failure ??= { problem, input: Buffer.alloc(0) }
  }
  return { ...found, outcomes: outcomes.size }
}

/** The inputs with outcomes of their own, and those of them that the parser took. */
interface Pool {
  all: Buffer[]
  taken: Buffer[]
}

function next(target: Target, pool: Pool, random: Random): Buffer {
  const { words = [], reshape } = target
  const from = random.fraction() < 0.5 ? pool.taken : pool.all
  // What was found last has been mutated least.
  const bytes = random.pick(random.fraction() < 0.5 ? from.slice(-50) : from)
  const isReshaped = reshape && random.fraction() < 0.6
  const material = { random, words, others: pool.all }
  if (!isReshaped) return mutated(bytes, material)
  const reshaped = reshape(bytes, random)
  if (reshaped.length > longest) return mutated(bytes, material) // it would double each time
  return random.fraction() < 0.2 ? mutated(reshaped, material) : reshaped
}

interface Judged {
  problem?: string
  outcome?: string
  isTaken?: boolean
}

/** Check an input; if that takes long, once more: code may have been compiled meanwhile. */
async function judge(target: Target, input: Buffer): Promise<Judged> {
  const before = process.resourceUsage().maxRSS
  const first = await timed(target, input)
  const kilobytes = process.resourceUsage().maxRSS - before
  if (first.problem) return first
  if (kilobytes > mostKilobytes) return { problem: `it took ${kilobytes} kB of memory` }
  const ms = first.ms > patienceMs ? (await timed(target, input)).ms : 0
  return ms > patienceMs ? { problem: `it took ${Math.round(ms)} ms` } : first
}

async function timed(target: Target, input: Buffer): Promise<Judged & { ms: number }> {
  const begin = process.cpuUsage()
  const judged = await outcomeOf(target, input)
  const { user, system } = process.cpuUsage(begin)
  return { ...judged, ms: (user + system) / 1000 }
}

async function outcomeOf(target: Target, input: Buffer): Promise<Judged> {
  try {
    return { outcome: await target.check(input), isTaken: true }
  } catch (error) {
    const problem = mistakeIn(error, target)
    if (problem) return { problem }
    return { outcome: (error as Error).message.replace(/sha256:\w*|\d+|'[^'\n]*'|: [^\n]*/g, '#') }
  }
}

/** An input that fails too, with fewer bytes: a few hundred tries to leave a piece out. */
async function smaller(target: Target, input: Buffer, show: Effort['show']): Promise<Buffer> {
  let best = input
  let tries = 400
  for (let size = input.length >> 1; size > 0 && tries > 0; size >>= 1)
    for (let at = 0; at < best.length && tries > 0; tries--) {
      const less = Buffer.concat([best.subarray(0, at), best.subarray(at + size)])
      show(less)
      if ((await judge(target, less)).problem) best = less
      else at += size
    }
  return best
}
