/** What the chapters add to the program, from their rows and plans: the first page draws it. */
import { chapters } from '../chapters/table.ts'
import { planOptions, rowsUpTo, type Chapter } from '../runtime/chapter.ts'
import type { Step } from '../runtime/step.ts'

const rows = await rowsUpTo(chapters, Infinity)

/** The list of the last chapter, for an ordinary container. */
export const list: Step[] = await listOf(rows.length)

export interface Addition {
  number: number
  /** Lines that came with this chapter, of the list that it ends with. */
  added: number
  /** How long its list is. */
  length: number
  commands: string[]
  /** Of `run`, as they are typed. */
  flags: string[]
}

/** What each chapter adds, in order. */
export const additions: Addition[] = await Promise.all(rows.map(additionOf))

async function additionOf({ number, commands, flags }: Chapter, at: number): Promise<Addition> {
  const own = await listOf(at + 1)
  return {
    number,
    added: own.filter(({ chapter }) => chapter === number).length,
    length: own.length,
    commands: (commands ?? []).map(({ name }) => name),
    flags: (flags?.['run'] ?? []).map(({ long }) => `--${long}`),
  }
}

async function listOf(count: number): Promise<Step[]> {
  const own = rows.slice(0, count)
  return (await own.at(-1)?.plan(planOptions(own))) ?? []
}
