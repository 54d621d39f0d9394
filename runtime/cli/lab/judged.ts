/** Judges a workspace, and writes down what came of it. */
import { imageFor } from '../../05-commit/image-for.ts'
import { UsageError, type Input } from '../../command-line.ts'
import type { Chapter } from '../../chapter.ts'
import type { Check } from '../../chapter-lab.ts'
import { judge, type Verdict } from '../../lab/judge.ts'
import { lackingOf } from '../../lab/lacking.ts'
import { changeState, type LabState } from '../../lab/state.ts'
import { learnersSubject, type Workshop } from '../../lab/subject.ts'
import { answersIn, hashOf } from '../../lab/workspace.ts'
import { sentence } from '../../sentence.ts'
import { parse } from '../args.ts'
import type { LabScene } from './common.ts'

/** What judging needs, found once for all the checks of a run or of a watch. */
export interface Judge {
  workshop: Workshop
  lacking: Map<string, string>
}

export async function judgeFor({ input, rows, lab }: LabScene): Promise<Judge> {
  const needs = [...new Set(lab.checks.flatMap((check) => check.needs ?? []))]
  const lacking = await lackingOf(needs, rows, input.runtime.root)
  return { workshop: await workshopFor(input, rows), lacking }
}

/** What judging of the last of `rows` needs. */
export async function workshopFor(input: Input, rows: Chapter[]): Promise<Workshop> {
  const { root, warn } = input.runtime
  const { use } = await imageFor(root, 'busybox', { has: 'layers', platform: undefined, warn })
  const layers = (await use.layers?.(warn)) ?? []
  const flags = input.commands().find(({ name }) => name === 'run')?.flags ?? []
  return { rows, root, layers, parse: (words) => parse(words, flags, true) }
}

export interface Run {
  /** As they come. */
  verdicts: AsyncIterable<Verdict>
  /** No further verdict is wanted: what runs is ended. */
  stop: () => void
}

/** Judge `checks` on what is written now. After each verdict, it is in the state too. */
export async function runOf(scene: LabScene, tools: Judge, checks: Check[]): Promise<Run> {
  const { workspace, rows, chapter, lab } = scene
  const answers = await answersIn(workspace, rows)
  const subject = learnersSubject(tools.workshop, answers)
  const of = hashOf(answers)
  let isWanted = true
  async function* verdicts() {
    const found: Verdict[] = []
    try {
      const only = checks.map(({ id }) => id)
      for await (const verdict of judge({ chapter, lab, subject, lacking: tools.lacking, only })) {
        if (!isWanted) return
        found.push(verdict)
        yield verdict
        if (!isWanted) return
      }
    } finally {
      await subject.close()
      if (isWanted) await changeState(workspace.dir, (state) => keep(state, found, of))
    }
  }
  const stop = () => {
    isWanted = false
    void subject.close()
  }
  return { verdicts: verdicts(), stop }
}

function keep(state: LabState, found: Verdict[], of: string): void {
  const at = new Date().toISOString()
  for (const { id, status, finding, reason } of found)
    state.results[id] = {
      ...{ status, at, of },
      ...(finding ? { finding } : {}),
      ...(reason === undefined ? {} : { reason }),
    }
}

/** The checks that `-t` names, or all. Throws if there is none. */
export function checksWanted({ input, lab, say }: LabScene): Check[] {
  const words = input.values.get('test') ?? []
  const unknown = words.find((word) => checksNamed(lab.checks, [word]).length === 0)
  if (unknown !== undefined) {
    const ids = [...lab.exercises, ...lab.checks].map(({ id }) => id).join(', ')
    const words = sentence("no check or exercise '{unknown}'; have: {ids}", { unknown, ids })
    throw new UsageError(say(words))
  }
  return words.length > 0 ? checksNamed(lab.checks, words) : lab.checks
}

/** The checks that words name: ids with or without the chapter, or exercises. */
function checksNamed(checks: Check[], words: string[]): Check[] {
  const short = words.map((word) => word.replace(/^\d+\//, ''))
  return checks.filter(({ id, exercise }) => short.includes(id) || short.includes(exercise))
}
