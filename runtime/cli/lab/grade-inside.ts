/** `lab grade -` in a virtual machine: an order a line, each for a worker of its own. */
import { createInterface } from 'node:readline'
import { rowsUpTo } from '../../chapter.ts'
import type { Input } from '../../command-line.ts'
import type { ApartEnd } from '../../lab/grade/apart.ts'
import { workersHere } from '../../lab/grade/workers.ts'
import type { AskedOrder, Tools, WorkerEnd } from '../../lab/grade/workers.ts'
import { lackingOf } from '../../lab/lacking.ts'
import { writeOutput } from '../output.ts'
import { workshopFor } from './judged.ts'

/** Set in the machine. */
export const insideVariable = 'STEPBOX_LAB_INSIDE'

/** A line for the machine. */
export interface InsideOrder {
  order: AskedOrder
  /** How long the worker may take. */
  milliseconds: number
}

/** Answer with the lines of each worker, and then with one for its end. */
export async function workInside(input: Input, worker: string[]): Promise<number> {
  const known = new Map<number, Promise<Tools>>()
  const toolsFor = (chapter: number) => {
    const tools = known.get(chapter) ?? gradingTools(input, chapter)
    known.set(chapter, tools)
    return tools
  }
  for await (const line of createInterface({ input: process.stdin })) {
    const { order, milliseconds } = JSON.parse(line) as InsideOrder
    const tools = 'alike' in order ? { layers: [], lacking: [] } : await toolsFor(order.chapter)
    const workers = await workersHere(input.runtime.root, worker, tools)
    const onLine = (each: string) => writeOutput(`${each}\n`)
    const end = await workers.run(order, { onLine, milliseconds })
    writeOutput(`${JSON.stringify({ end })}\n`)
  }
  return 0
}

/** What this machine has for a chapter. */
export async function gradingTools(input: Input, number: number): Promise<Tools> {
  const rows = await rowsUpTo(input.runtime.chapters, number)
  const lab = await rows.at(-1)?.lab?.()
  const needs = [...new Set(lab?.checks.flatMap((check) => check.needs ?? []))]
  const lacking = await lackingOf(needs, rows, input.runtime.root)
  return { layers: (await workshopFor(input, rows)).layers, lacking: [...lacking] }
}

/** The end of a worker, if a line says it. What else it says is not believed. */
export function endIn(line: string): WorkerEnd | undefined {
  if (!line.startsWith('{"end":')) return undefined
  const { how, because, lacking } = (JSON.parse(line) as { end: WorkerEnd }).end
  const known: ApartEnd['how'][] = ['done', 'late', 'stopped', 'crashed']
  return known.includes(how) ? { how, because, lacking } : undefined
}
