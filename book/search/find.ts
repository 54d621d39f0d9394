/** Search in the sections of all texts: words by their beginnings, Chinese by pairs of signs. */

/** A section: the path of its page, its anchor, its heading, the title of its text, its text. */
export type Entry = [page: string, id: string, heading: string, title: string, text: string]

export interface Found {
  entry: Entry
  score: number
  /** Some text around the first term that was found. */
  excerpt: string
}

/** How often a term is in an entry. A term in a heading counts `headingWeight` times. */
type Postings = Map<number, number>

export interface Index {
  entries: Entry[]
  postings: Map<string, Postings>
  /** All terms in order, to find words by their beginnings. */
  terms: string[]
}

const headingWeight = 8
const word = /[\p{Script=Latin}\p{N}_]+/gu
const characters = /\p{Script=Han}+/gu

/** The terms of a text: its words in small letters, each pair of Chinese characters. */
export function termsOf(text: string): string[] {
  const words = text.toLowerCase().match(word) ?? []
  const runs = text.match(characters) ?? []
  return [...words, ...runs.flatMap((run) => pairs([...run]))]
}

function pairs(run: string[]): string[] {
  if (run.length === 1) return run
  return run.slice(1).map((next, at) => `${run[at] ?? ''}${next}`)
}

export function indexOf(entries: Entry[]): Index {
  const postings = new Map<string, Postings>()
  const add = (term: string, at: number, weight: number): void => {
    const of = postings.get(term) ?? new Map<number, number>()
    of.set(at, (of.get(at) ?? 0) + weight)
    postings.set(term, of)
  }
  for (const [at, [, , heading, , text]] of entries.entries()) {
    for (const term of termsOf(text)) add(term, at, 1)
    for (const term of termsOf(heading)) add(term, at, headingWeight)
  }
  return { entries, postings, terms: [...postings.keys()].sort() }
}

/** The sections that have terms of `query`, best first: those with all before the others. */
export function find(index: Index, query: string, most = 20): Found[] {
  const asked = [...new Set(termsOf(query))]
  const scores = new Map<number, { score: number; count: number }>()
  for (const term of asked) {
    const weights = weightsOf(index, term)
    const rarity = Math.log(1 + index.entries.length / (1 + weights.size))
    for (const [at, weight] of weights) {
      const { score, count } = scores.get(at) ?? { score: 0, count: 0 }
      const gain = rarity * (weight / (weight + 1.5))
      scores.set(at, { score: score + gain, count: count + 1 })
    }
  }
  const all = [...scores].map(([at, { score, count }]) => {
    return { at, score: score * (count / asked.length) ** 2 + wholeBonus(index.entries[at], query) }
  })
  return all
    .sort((a, b) => b.score - a.score || a.at - b.at)
    .slice(0, most)
    .flatMap(({ at, score }) => {
      const entry = index.entries[at]
      return entry ? [{ entry, score, excerpt: excerptOf(entry[4], query, asked) }] : []
    })
}

/** The entries that have a term: of a word, also those with words that begin with it, for less. */
function weightsOf({ postings, terms }: Index, term: string): Postings {
  const weights: Postings = new Map(postings.get(term))
  if (/^\p{Script=Han}{2}/u.test(term)) return weights
  let at = lowerBound(terms, term)
  for (let next = terms[at]; next?.startsWith(term); next = terms[++at]) {
    if (next === term) continue
    for (const [entry, weight] of postings.get(next) ?? [])
      weights.set(entry, Math.max(weights.get(entry) ?? 0, weight * 0.6))
  }
  return weights
}

function lowerBound(terms: string[], term: string): number {
  let [low, high] = [0, terms.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((terms[middle] ?? '') < term) low = middle + 1
    else high = middle
  }
  return low
}

/** What was typed, as it was typed, is better than its parts. */
function wholeBonus(entry: Entry | undefined, query: string): number {
  const whole = query.trim().toLowerCase()
  if (!entry || whole.length < 2) return 0
  if (entry[2].toLowerCase().includes(whole)) return 4
  return entry[4].toLowerCase().includes(whole) ? 1.5 : 0
}

function excerptOf(text: string, query: string, terms: string[]): string {
  const small = text.toLowerCase()
  const places = [query.trim().toLowerCase(), ...terms].map((term) => small.indexOf(term))
  const at = Math.max(0, (places.find((place) => place >= 0) ?? 0) - 40)
  const start = at === 0 ? 0 : text.indexOf(' ', at) + 1 || at
  const from = start > at + 30 ? at : start
  return `${from > 0 ? '… ' : ''}${text.slice(from, from + 150)} …`
}
