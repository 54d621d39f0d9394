/**
 * Which submissions are alike: a hint to look, never a verdict. Fingerprints are runs of tokens
 * (Schleimer, Wilkerson, Aiken, "Winnowing", 2003; here every run counts, for the texts are short).
 */
import { tokensOf, type Token } from './tokens.ts'

/** What one learner handed in: the text of answer files, by path. */
export interface Submission {
  name: string
  answers: Record<string, string>
}

/** Two submissions that are alike. */
export interface Pair {
  a: string
  b: string
  /** From 0 to 1: how much of what the shorter one wrote is in the other one, too. */
  share: number
  /** The longest first. */
  passages: Passage[]
}

/** The same code in both. */
export interface Passage {
  a: Excerpt
  b: Excerpt
}

/** Whole lines of a file, counted from 1. */
export interface Excerpt {
  file: string
  from: number
  to: number
  text: string
}

/** Tokens in a fingerprint: a run that is not shared by chance. */
const gram = 12
/** Tokens in the shortest passage, and in all passages together: below, nothing is shown. */
const least = { passage: 20, all: 60 }
/** Honest solutions of the same short task share this much, and less. */
const leastShare = 0.6

/**
 * The pairs that share so much that a look is worth it, the most alike first. What `starter` has is
 * no one's own and counts for nothing. It has the text of files by path, like the answers.
 */
export function alike(submissions: Submission[], starter: Record<string, string>): Pair[] {
  const ids = new Map<string, number>()
  const given = new Set<string>()
  for (const text of Object.values(starter))
    for (const { print } of printsOf(readText(text, ids))) given.add(print)
  const all = submissions.map((each) => read(each, given, ids))
  const pairs: Pair[] = []
  for (const [at, a] of all.entries())
    for (const b of all.slice(at + 1)) {
      const pair = compare(a, b)
      if (pair) pairs.push(pair)
    }
  return pairs.sort((one, other) => other.share - one.share)
}

interface Word extends Token {
  /** The same for equal tokens. */
  id: number
  file: string
  /** It is not in the starter. */
  isOwn: boolean
  /** The fingerprint that begins here, if the starter lacks it. */
  print?: string
}

/** The files of a submission, one after the other. */
interface Reading {
  name: string
  tokens: Word[]
  own: number
  /** Where each fingerprint begins, without those of the starter. */
  prints: Map<string, number[]>
  answers: Record<string, string>
}

function read(submission: Submission, given: Set<string>, ids: Map<string, number>): Reading {
  const { name, answers } = submission
  const tokens: Word[] = []
  const prints = new Map<string, number[]>()
  for (const [file, text] of Object.entries(answers)) {
    const base = tokens.length
    const found = readText(text, ids)
    tokens.push(...found.map((each) => ({ ...each, file, isOwn: true })))
    for (const { print, at } of printsOf(found)) {
      const words = tokens.slice(base + at, base + at + gram)
      if (given.has(print)) for (const word of words) word.isOwn = false
      else {
        Object.assign(words[0] ?? {}, { print })
        prints.set(print, [...(prints.get(print) ?? []), base + at])
      }
    }
  }
  return { name, tokens, own: tokens.filter(({ isOwn }) => isOwn).length, prints, answers }
}

function readText(text: string, ids: Map<string, number>): (Token & { id: number })[] {
  return tokensOf(text).map((each) => {
    const id = ids.get(each.text) ?? ids.size
    ids.set(each.text, id)
    return { ...each, id }
  })
}

function printsOf(tokens: { id: number }[]): { print: string; at: number }[] {
  const letters = tokens.map(({ id }) => String.fromCharCode(id + 1)).join('')
  const count = Math.max(0, tokens.length - gram + 1)
  return Array.from({ length: count }, (_, at) => ({ print: letters.slice(at, at + gram), at }))
}

/** A run of equal tokens: where it begins in each, and how long it is. */
interface Run {
  a: number
  b: number
  length: number
}

function compare(a: Reading, b: Reading): Pair | undefined {
  const smaller = Math.min(a.own, b.own)
  if (smaller < least.all) return undefined
  const runs = runsOf(a, b)
  const shared = Math.min(covered(a, runs, 'a'), covered(b, runs, 'b'))
  const share = Math.min(1, shared / smaller)
  if (shared < least.all || share < leastShare) return undefined
  const passages = runs
    .sort((one, other) => other.length - one.length)
    .map(({ length, ...at }) => ({ a: excerpt(a, at.a, length), b: excerpt(b, at.b, length) }))
  return { a: a.name, b: b.name, share, passages }
}

/** The longest runs, from the first token of `a` on; each token of `a` is in one of them. */
function runsOf(a: Reading, b: Reading): Run[] {
  const runs: Run[] = []
  for (let at = 0; at < a.tokens.length; at++) {
    const others = b.prints.get(a.tokens[at]?.print ?? '')
    if (!others) continue
    const best: Run = { a: at, b: 0, length: 0 }
    for (const other of others) {
      const length = lengthOf(a, b, [at, other])
      if (length > best.length) Object.assign(best, { b: other, length })
    }
    if (best.length < least.passage) continue
    runs.push(best)
    at += best.length - 1
  }
  return runs
}

function lengthOf(a: Reading, b: Reading, [atA, atB]: [number, number]): number {
  let length = 0
  for (;;) {
    const [one, other] = [a.tokens[atA + length], b.tokens[atB + length]]
    if (!one || one.id !== other?.id) return length
    // A run does not go over the end of a file.
    if (length > 0 && (isFirst(a, atA + length) || isFirst(b, atB + length))) return length
    length++
  }
}

function isFirst({ tokens }: Reading, at: number): boolean {
  return tokens[at]?.file !== tokens[at - 1]?.file
}

/** How many of the own tokens of one side are in a run. */
function covered({ tokens }: Reading, runs: Run[], side: 'a' | 'b'): number {
  const found = new Uint8Array(tokens.length)
  for (const run of runs) found.fill(1, run[side], run[side] + run.length)
  return tokens.reduce((sum, { isOwn }, at) => sum + (isOwn ? (found[at] ?? 0) : 0), 0)
}

/** The whole lines that a run of tokens is on. */
function excerpt({ tokens, answers }: Reading, at: number, length: number): Excerpt {
  const { file = '', start = 0 } = tokens[at] ?? {}
  const { end = 0 } = tokens[at + length - 1] ?? {}
  const source = answers[file] ?? ''
  const from = source.slice(0, start).split('\n').length
  const to = source.slice(0, end).split('\n').length
  return { file, from, to, text: source.split('\n').slice(from - 1, to).join('\n') }
}
