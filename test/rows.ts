/** Tests. The chapters with their rows, and a runtime to give to operations. */
import { chapters } from '../chapters/table.ts'
import { rowsUpTo, type Chapter, type Runtime } from '../runtime/chapter.ts'

/** The rows up to chapter `number`, or all. */
export function rowsTo(number = Infinity): Promise<Chapter[]> {
  return rowsUpTo(chapters, number)
}

/** The row of one chapter, by its number or slug. */
export async function rowOf(which: number | string): Promise<Chapter> {
  const row = (await rowsTo()).find(({ number, slug }) => number === which || slug === which)
  if (!row) throw new Error(`there is no chapter ${which}`)
  return row
}

/** A program on the data root `root`, at chapter `number` or the last. */
export async function runtimeOn(root: string, number?: number): Promise<Runtime> {
  return { root, rows: await rowsTo(number), chapters }
}
