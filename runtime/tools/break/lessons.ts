/** The exercises of `break`: lines that are left out, and misconceptions. */
import { planOptions, type Chapter } from '../../chapter.ts'
import { placesOf, type Consequence, type Misconception } from '../../consequence.ts'
import { listOf } from './lists.ts'
import { ownNameOf, strace } from '../../strace.ts'

/** An exercise. */
export interface Lesson {
  /** The rows up to the chapter whose plan it is about. */
  rows: Chapter[]
  row: Consequence | Misconception
  /** Its name in `break NAME`. */
  name: string
  title: string
  /** The line that is left out, or of which a flag is. */
  call?: string
  why: string
}

/** The exercises of the last of `rows`; if it has none, those of all rows. */
export async function lessonsUpTo(rows: Chapter[]): Promise<Lesson[]> {
  const all = await Promise.all(rows.map((_, at) => lessonsOf(rows.slice(0, at + 1))))
  const own = all.at(-1) ?? []
  return own.length > 0 ? own : all.flat()
}

/** The lines in the order of the plan, then the misconceptions. */
async function lessonsOf(rows: Chapter[]): Promise<Lesson[]> {
  const chapter = rows.at(-1)
  const { consequences = [], misconceptions = [] } = (await chapter?.tools?.()) ?? {}
  const options = planOptions(rows)
  const lists = consequences.map((row) => listOf(rows, row, options))
  const found = await Promise.all(lists)
  const left = consequences.flatMap((row, at): Lesson[] => {
    const list = found[at] ?? []
    const [place] = placesOf(list, row)
    const line = place === undefined ? undefined : list[place]
    if (!line) return []
    const call = strace(line.call)
    const title = row.flag ? `${row.flag} of ${call}` : call
    return [{ rows, row, name: row.flag ?? ownNameOf(line.call), title, call, why: line.why }]
  })
  const believed = misconceptions.map((row): Lesson => {
    return { rows, row, name: row.name, title: `"${row.belief}"`, why: 'it is often believed' }
  })
  return [...left, ...believed]
}
