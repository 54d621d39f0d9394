/** Tests. The chapters with their rows, and a runtime to give to operations. */
import { chapters } from '../chapters/table.ts'
import { rowsUpTo, traitsOf, type Chapter, type Runtime } from '../runtime/chapter.ts'
import type { PlanOptions } from '../runtime/options.ts'
import type { Step } from '../runtime/step.ts'

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

/** The list of a row of the reference, which is there at once. */
export function planner(row: Chapter | undefined): (options: PlanOptions) => Step[] {
  return (options) => (row?.plan(options) ?? []) as Step[]
}

/** The image that `run` wants in a chapter: none in the first ones, which have no images. */
export async function imageOf(which: number | string): Promise<string[]> {
  const { number } = await rowOf(which)
  return traitsOf(await rowsTo(number)).root === 'host' ? [] : ['busybox']
}

/** A program on the data root `root`, at chapter `number` or the last. */
export async function runtimeOn(root: string, number?: number): Promise<Runtime> {
  const warn = (text: string) => void process.stderr.write(`${text}\n`)
  return { root, rows: await rowsTo(number), chapters, warn }
}
