/** Numbers in the texts that come from data: `[22](../figures.json#namespaces.calls)`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chapters } from '../chapters/table.ts'
import { rowsUpTo } from '../runtime/chapter.ts'
import { inDigits, root, type Figures } from './links.ts'
import { additions } from './road.ts'

/** A row of what `npm run bench -- --json` prints; `chapters/bench.json` is one run of it. */
interface Measured {
  what: string
  ms: number
  against: { name: string; ms: number }[]
}

/** All figures, counted anew: a group for each chapter, by its slug, and `bench`. */
export async function counted(): Promise<Figures> {
  const rows = await rowsUpTo(chapters, Infinity)
  const own = rows.map(async ({ number, slug, tools }): Promise<[string, Figures[string]]> => {
    const { consequences = [], misconceptions = [] } = (await tools?.()) ?? {}
    const { added = 0, length = 0 } = additions.find((each) => each.number === number) ?? {}
    const counts = {
      calls: length,
      added,
      consequences: consequences.length,
      misconceptions: misconceptions.length,
      promises: promisesOf(number),
    }
    return [slug, counts]
  })
  return Object.fromEntries([...(await Promise.all(own)), ['bench', measured()]])
}

/** Counted in the source: promises need the test runner, and cannot be loaded without it. */
function promisesOf(number: number): number {
  const start = `${String(number).padStart(2, '0')}-`
  const folder = readdirSync(join(root, 'chapters')).find((name) => name.startsWith(start)) ?? ''
  const source = readFileSync(join(root, 'chapters', folder, 'promises.ts'), 'utf8')
  return source.match(/^ +promise: /gm)?.length ?? 0
}

/** Milliseconds, of which two digits count: 0.12, 4.5, 95, 1200. */
function measured(): Record<string, number> {
  const text = readFileSync(join(root, 'chapters/bench.json'), 'utf8')
  const { rows } = JSON.parse(text) as { rows: Measured[] }
  const all = rows.flatMap(({ what, ms, against }) => {
    const others = against.map((each) => [`${what} against ${each.name}`, each.ms] as const)
    return [[what, ms] as const, ...others]
  })
  const named = all.map(([what, ms]) => [what.replace(/\W+/g, '-'), Number(ms.toPrecision(2))])
  return Object.fromEntries(named) as Record<string, number>
}

/** Keep them in `chapters/figures.json`. */
export function writeFigures(figures: Figures): void {
  writeFileSync(join(root, 'chapters/figures.json'), `${JSON.stringify(figures, undefined, 2)}\n`)
}

/** `text` with the numbers of all its figures as they are in the data. */
export function withFigures(text: string, figures: Figures): string {
  return text.replace(link, (...found: string[]) => {
    const [whole = '', start = '', group = '', name = ''] = found
    const value = figures[group]?.[name]
    return value === undefined ? whole : `[${inDigits(value)}](${start}#${group}.${name})`
  })
}

const link = /\[[\d,.]+\]\(([./]*figures\.json)#([\w-]+)\.([\w-]+)\)/g
