/** `lab grade -`: the worker that `lab grade` starts for each submission. */
import { readFileSync } from 'node:fs'
import { rowsUpTo, type Runtime } from '../../chapter.ts'
import type { CommandSpec, Flag, Input } from '../../command-line.ts'
import { carryOutOrder, compared, type JudgeOrder, type WorkOrder } from '../../lab/grade/order.ts'
import { gradeSpeaker } from '../../lab/grade/report.ts'
import { learnersSubject } from '../../lab/subject.ts'
import { parse } from '../args.ts'
import { writeOutput } from '../output.ts'

/** Carry out the order on standard input; the answers are lines on standard output. */
export async function work({ runtime, commands }: Input): Promise<number> {
  const order = JSON.parse(readFileSync(0, 'utf8')) as WorkOrder
  if ('alike' in order) writeOutput(`${compared(order)}\n`)
  else await judgeOrder(order, runtime, flagsOfRun(commands()))
  return 0
}

function flagsOfRun(commands: CommandSpec[]): Flag[] {
  return commands.find(({ name }) => name === 'run')?.flags ?? []
}

async function judgeOrder(order: JudgeOrder, runtime: Runtime, flags: Flag[]): Promise<void> {
  const rows = await rowsUpTo(runtime.chapters, order.chapter)
  const chapter = rows.at(-1)
  const lab = await chapter?.lab?.()
  if (!chapter || !lab) throw new Error(`chapter ${order.chapter} has no lab`)
  const workshop = {
    ...{ rows, root: runtime.root, layers: order.layers },
    parse: (words: string[]) => parse(words, flags, true),
  }
  const subject = learnersSubject(workshop, order.answers, order.bundles)
  const checks = lab.checks.filter(({ id }) => order.checks.includes(id))
  try {
    const judging = { chapter, lab: { ...lab, checks }, subject, lacking: new Map(order.lacking) }
    for await (const line of carryOutOrder(judging, await gradeSpeaker(rows, order.language)))
      writeOutput(`${line}\n`)
  } finally {
    await subject.close()
  }
}
