/** The exercises of `break`: lines that are left out, and what is wrongly believed. */
import { planOptions, type Chapter } from '../../chapter.ts'
import { placesOf, type Consequence, type Misconception } from '../../consequence.ts'
import { nameOf, strace } from '../../strace.ts'

export interface Lesson {
  /** The chapters up to the one whose list it is about. */
  rows: Chapter[]
  row: Consequence | Misconception
  /** What `break NAME` calls it. */
  name: string
  title: string
  why: string
}

/** The exercises of the last of `rows`. A chapter that adds none has those of all before it. */
export async function lessonsUpTo(rows: Chapter[]): Promise<Lesson[]> {
  const all = await Promise.all(rows.map((_, at) => lessonsOf(rows.slice(0, at + 1))))
  const own = all.at(-1) ?? []
  return own.length > 0 ? own : all.flat()
}

/** In the order of the list, then what is believed. */
async function lessonsOf(rows: Chapter[]): Promise<Lesson[]> {
  const chapter = rows.at(-1)
  const { consequences = [], misconceptions = [] } = (await chapter?.tools?.()) ?? {}
  const options = planOptions(rows)
  const left = consequences.flatMap((row): Lesson[] => {
    const list = chapter?.plan({ ...options, ...row.options?.(options) }) ?? []
    const [place] = placesOf(list, row)
    const line = place === undefined ? undefined : list[place]
    if (!line) return []
    const title = row.flag ? `${row.flag} of ${strace(line.call)}` : strace(line.call)
    return [{ rows, row, name: row.flag ?? nameOf(line.call), title, why: line.why }]
  })
  const believed = misconceptions.map((row): Lesson => {
    return { rows, row, name: row.name, title: `"${row.belief}"`, why: 'it is often believed' }
  })
  return [...left, ...believed]
}
