/** Tests. Submissions that are alike are found, and honest ones are not shown. */
import { describe, expect, test } from 'vitest'
import { patched } from '../../runtime/lab/blank.ts'
import type { Answers } from '../../runtime/lab/bundle.ts'
import { answerFilesOf, starterOf } from '../../runtime/lab/course.ts'
import { alike, type Submission } from '../../runtime/lab/grade/alike.ts'
import { sourceOf } from '../../runtime/lab/sources.ts'
import { courseOf, samplesOf, taught } from './proof.ts'

const file = 'runtime/x/x.ts'
const starter = {
  [file]: `import type { Step } from '../../step.ts'

/** Sort the words by how often they come, and give each with its count. */
function counted(text: string): [word: string, count: number][] {
  return []
}

/** The longest line of a text, without the spaces at its ends. */
function longest(text: string): string {
  throw new Error('longest is not written yet')
}
`,
}

const first = `import type { Step } from '../../step.ts'

/** Sort the words by how often they come, and give each with its count. */
function counted(text: string): [word: string, count: number][] {
  const counts = new Map<string, number>()
  for (const word of text.toLowerCase().split(/\\W+/)) {
    if (word === '') continue
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts].sort(([one, a], [other, b]) => b - a || one.localeCompare(other))
}

/** The longest line of a text, without the spaces at its ends. */
function longest(text: string): string {
  let best = ''
  for (const line of text.split('\\n')) {
    const bare = line.trim()
    if (bare.length > best.length) best = bare
  }
  return best
}
`

const second = `import type { Step } from '../../step.ts'

interface Found { word: string; times: number }

function counted(text: string): [word: string, count: number][] {
  const all = text.match(/\\w+/g) ?? []
  const found: Found[] = []
  all.map((each) => each.toLowerCase()).forEach((word) => {
    const known = found.find((each) => each.word === word)
    if (known) known.times += 1
    else found.push({ word, times: 1 })
  })
  found.sort((a, b) => (a.times === b.times ? (a.word < b.word ? -1 : 1) : b.times - a.times))
  return found.map(({ word, times }) => [word, times])
}

function longest(text: string): string {
  const lines = text.split('\\n').map((line) => line.trim())
  return lines.reduce((one, other) => (other.length > one.length ? other : one), '')
}
`

const submission = (name: string, text: string): Submission => ({ name, answers: { [file]: text } })
const compared = (one: string, other: string) =>
  alike([submission('ann', one), submission('bob', other)], starter)

/** With other names, spaces, comments and strings. */
const disguised = first
  .replaceAll('counts', 'table')
  .replaceAll('word', 'w')
  .replaceAll('best', 'winner')
  .replaceAll('bare', 'trimmed')
  .replaceAll('line', 'row')
  .replace(/\/\*\*.*\*\//g, '// my own work')
  .replaceAll("''", '""')
  .replaceAll('\n  ', '\n\n      ')

const functions = (text: string) => text.split(/(?=\/\*\*)/)
const [head = '', one = '', other = ''] = functions(first)

describe('two submissions are shown as alike', () => {
  test('if one is a copy: all of it is shared, with the lines side by side', () => {
    const [pair] = compared(first, first)
    expect(pair).toMatchObject({ a: 'ann', b: 'bob', share: 1 })
    expect(pair?.passages[0]?.a).toEqual(pair?.passages[0]?.b)
    const { from = 0, to = 0, text } = pair?.passages[0]?.a ?? {}
    expect(text).toBe(first.split('\n').slice(from - 1, to).join('\n'))
    expect(text).toContain('counts.set(word, (counts.get(word) ?? 0) + 1)')
  })

  test('if names, spaces, comments and strings were changed', () => {
    const [pair] = compared(first, disguised)
    expect(pair?.share).toBeGreaterThan(0.95)
    expect(pair?.passages[0]?.a.text).toContain('counts.set(word')
    expect(pair?.passages[0]?.b.text).toContain('table.set(w')
  })

  test('if functions were put in another order', () => {
    const [pair] = compared(first, head + other + one)
    expect(pair?.share).toBeGreaterThan(0.95)
    expect(pair?.passages.length).toBeGreaterThan(1)
  })

  test('if a line was put in here and there', () => {
    const padded = disguised.replace('for (const', 'const unused = 1\n  for (const')
    expect(compared(first, padded)[0]?.share).toBeGreaterThan(0.8)
  })

  test('if the copy went into another file', () => {
    const moved = { name: 'bob', answers: { 'runtime/x/y.ts': first } }
    expect(alike([submission('ann', first), moved], starter)[0]?.share).toBe(1)
  })
})

describe('nothing is shown', () => {
  test('of solutions that were written independently', () => {
    expect(compared(first, second)).toEqual([])
  })

  test('of the starter, handed in by two', () => {
    expect(compared(starter[file] ?? '', starter[file] ?? '')).toEqual([])
  })

  test('of answers too short to differ', () => {
    const short = (starter[file] ?? '').replace('return []', 'return text ? [[text, 1]] : []')
    expect(compared(short, short)).toEqual([])
  })

  test('of files that are no TypeScript', () => {
    expect(compared('\0\u{1f600}`${', "'\\")).toEqual([])
  })
})

test('the most alike pair comes first', () => {
  const half = head + one + functions(second)[2]
  const all = [submission('ann', first), submission('cy', half), submission('bob', disguised)]
  const pairs = alike(all, starter)
  expect([pairs[0]?.a, pairs[0]?.b]).toEqual(['ann', 'bob'])
  expect(pairs.map(({ share }) => share)).toEqual(
    pairs.map(({ share }) => share).toSorted((a, b) => b - a),
  )
})

test('a class of 60 is compared within two seconds, even if all have copied', () => {
  const files = ['root', 'streams', 'devices'].map((name) => `runtime/03-pivot-root/${name}.ts`)
  const answers = Object.fromEntries(files.map((path) => [path, sourceOf(path)]))
  const all = Array.from({ length: 60 }, (_, at) => ({ name: `s${at}`, answers }))
  const begin = process.cpuUsage()
  expect(alike(all, starter)).toHaveLength(1770)
  const { user, system } = process.cpuUsage(begin)
  expect((user + system) / 1e6).toBeLessThan(2)
}, 60_000)

describe.each(taught)('the solutions of chapter $number', (entry) => {
  test('that are right and differ are not shown', async () => {
    const { lab } = await courseOf(entry, { root: '', layers: [] })
    const blank = await starterOf(lab)
    const ours = Object.fromEntries(answerFilesOf(lab).map((path) => [path, sourceOf(path)]))
    const all: Submission[] = [{ name: 'ours', answers: ours }]
    for (const { name, source } of samplesOf(entry, 'right'))
      all.push({ name, answers: await written(blank, source) })
    expect(alike(all, blank).map(({ a, b, share }) => `${a} ${b} ${share}`)).toEqual([])
  })
})

/** The starter with what a sample has written, and nothing of the reference. */
async function written(blank: Answers, source: string): Promise<Answers> {
  const names = [...source.matchAll(/^export (?:function|const) (\w+)/gm)].map(([, name]) => name)
  const answers: Answers = {}
  for (const [path, text] of Object.entries(blank))
    if (names.some((name) => new RegExp(`^export (function|const) ${name}\\b`, 'm').test(text)))
      answers[path] = await patched(text, source)
  return answers
}
