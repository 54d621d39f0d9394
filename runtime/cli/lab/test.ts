/** `lab test`: judge what is written in the workspace. */
import type { Input } from '../../command-line.ts'
import { valueOf } from '../../command-line.ts'
import { checkMachine } from '../../container/check-machine.ts'
import type { Verdict } from '../../lab/judge.ts'
import { otherChanges } from '../../lab/workspace.ts'
import { asJson } from '../../printable.ts'
import { sentence } from '../../sentence.ts'
import { wrap } from '../../tools/wrap.ts'
import { writeOutput } from '../output.ts'
import { labSceneOf, type LabScene } from './common.ts'
import { checksWanted, judgeFor, runOf } from './judged.ts'
import { distinct, exitCodeAfter, failureLines, headingOf, othersLike } from './report.ts'
import { sumOf, verdictLines, verdictsForJson } from './report.ts'

/** Gives 0 if all pass, 1 if one fails, 3 if this machine can judge none, 4 for our own errors. */
export async function labTest(input: Input): Promise<number> {
  const program = valueOf(input, 'program')
  if (program !== undefined)
    return (await import('./program.ts')).labTestProgram(input, program)
  const scene = await labSceneOf(input, input.words[0])
  const checks = checksWanted(scene)
  const isJson = valueOf(input, 'format') === 'json'
  const why = whyBlocked()
  if (why !== undefined) {
    input.warn(why)
    return 3
  }
  const verdicts: Verdict[] = []
  const run = await runOf(scene, await judgeFor(scene), checks)
  for await (const verdict of run.verdicts) {
    verdicts.push(verdict)
    if (!isJson) print(linesAsItComes(verdict, verdicts, scene))
  }
  if (isJson) writeOutput(asJson(verdictsForJson(verdicts, scene)))
  else print([...(await ending(verdicts, scene))])
  return exitCodeAfter(verdicts)
}

/** Why no container can be run here; undefined if one can. */
function whyBlocked(): string | undefined {
  try {
    checkMachine()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function linesAsItComes(verdict: Verdict, before: Verdict[], { lab, say }: LabScene): string[] {
  const isNew = before.at(-2)?.exercise !== verdict.exercise
  const gap = before.length > 1 ? [''] : []
  const heading = isNew ? [...gap, headingOf(lab, verdict.exercise, say)] : []
  return [...heading, ...verdictLines(verdict, say)]
}

/** What fails first, with `--all` each failure, and the sum. */
async function ending(verdicts: Verdict[], scene: LabScene): Promise<string[]> {
  const { input, say, typed, workspace, rows } = scene
  const failures = distinct(verdicts)
  const shown = input.switches.has('all') ? failures : failures.slice(0, 1)
  const others = await otherChanges(workspace, rows)
  const notes = others.map((path) =>
    say(sentence('{path} was changed; it is not judged, and the original is used', { path })),
  )
  const next = verdicts.every(({ status }) => status === 'pass')
    ? sentence('all pass; {typed} shows what comes next', { typed })
    : sentence('{typed} hint gives a hint, {typed} watch judges at each save', { typed })
  return [
    ...shown.flatMap((each) => ['', ...failureLines(each, scene), ...alike(each, verdicts, scene)]),
    '',
    ...notes.flatMap((note) => wrap(note, 80)),
    say(sumOf(verdicts)),
    ...wrap(say(next), 80),
  ]
}

function alike(verdict: Verdict, verdicts: Verdict[], { say }: LabScene): string[] {
  const n = othersLike(verdict, verdicts)
  return n === 0 ? [] : [`  ${say(sentence('{n} other checks fail for the same reason', { n }))}`]
}

function print(lines: string[]): void {
  writeOutput(lines.map((line) => `${line}\n`).join(''))
}
