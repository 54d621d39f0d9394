/** `lab diff`: what was written; how the list differs from the reference's; the reference. */
import chalk from 'chalk'
import { planOptions } from '../../chapter.ts'
import type { Input } from '../../command-line.ts'
import type { Exercise } from '../../chapter-lab.ts'
import { withLearnersLists } from '../../lab/learners-list.ts'
import { editsFrom, listDiff, unifiedDiff } from '../../lab/line-diff.ts'
import type { Edit, ListDiff } from '../../lab/line-diff.ts'
import { sourceOf } from '../../lab/sources.ts'
import { answersIn, starterIn } from '../../lab/workspace.ts'
import { printable } from '../../printable.ts'
import { sentence } from '../../sentence.ts'
import type { Step } from '../../step.ts'
import { strace } from '../../strace.ts'
import { wrap } from '../../tools/wrap.ts'
import { writeOutput } from '../output.ts'
import { isAgreed } from '../question.ts'
import { exerciseNamed, labSceneOf, type LabScene } from './common.ts'
import { standingIn } from './standing.ts'

export async function labDiff(input: Input): Promise<number> {
  const scene = await labSceneOf(input)
  const { switches, words } = input
  const [id] = words
  const exercises = id === undefined ? scene.lab.exercises : [exerciseNamed(scene, id)]
  if (switches.has('plan')) return planDiff(scene)
  if (switches.has('solution')) return solutionDiff(scene, exercises)
  const starter = await starterIn(scene.workspace, scene.chapter)
  return printDiffs(scene, exercises, (path, own) => [starter[path] ?? '', own])
}

/** Your file, and the reference's: only of what passes, or if the learner agrees. */
async function solutionDiff(scene: LabScene, exercises: Exercise[]): Promise<number> {
  const { checks } = await standingIn(scene)
  const { say } = scene
  const isPassed = ({ id }: Exercise) =>
    checks.every(({ check, result }) => check.exercise !== id || result?.status === 'pass')
  const left = exercises.filter((each) => !isPassed(each))
  const titles = left.map(({ title }) => say(title)).join('; ')
  const warning = say(sentence('not passed yet: {titles}; this shows the solution', { titles }))
  if (left.length > 0 && !(await isAgreed(warning))) return 1
  return printDiffs(scene, exercises, (path, own) => [own, sourceOf(path)])
}

async function printDiffs(
  { workspace, rows, say }: LabScene,
  exercises: Exercise[],
  textsOf: (path: string, own: string) => [from: string, to: string],
): Promise<number> {
  const answers = await answersIn(workspace, rows)
  const paths = [...new Set(exercises.map(({ file }) => file))]
  const lines = paths.flatMap((path) => {
    const [from, to] = textsOf(path, answers[path] ?? '')
    return unifiedDiff(path, from, to).map((line) => colored(printable(line)))
  })
  writeOutput(`${(lines.length > 0 ? lines : [say(sentence('no difference'))]).join('\n')}\n`)
  return 0
}

function colored(line: string): string {
  if (/^(---|\+\+\+) /.test(line)) return chalk.bold(line)
  if (line.startsWith('+')) return chalk.green(line)
  if (line.startsWith('-')) return chalk.red(line)
  return line.startsWith('@@') ? chalk.cyan(line) : line
}

/** Calls that are missing, extra, or out of order, in each list: no code is shown. */
async function planDiff(scene: LabScene): Promise<number> {
  const { input, workspace, rows, chapter, say } = scene
  const { chapters, root } = input.runtime
  const own = withLearnersLists(workspace, chapters, () => root)
  const learners = await own.find(({ number }) => number === chapter.number)?.load()
  const options = planOptions(rows, { dir: '<dir>' })
  const [mine, theirs] = [await learners?.plan(options), await chapter.plan(options)]
  const found = [callsDiff(mine ?? [], theirs)]
  for (const [name, list] of Object.entries(learners?.lists ?? {}))
    if (list.learners) {
      const [ofLearner, ofChapter] = [await list.learners(options), await list.plan(options)]
      found.push({ ...callsDiff(ofLearner, ofChapter), name })
    }
  const sum = (counted: (each: ListDiff) => string[]) =>
    found.reduce((all, { diff }) => all + counted(diff).length, 0)
  const n = sum(({ missing }) => missing)
  const m = sum(({ extra }) => extra)
  const k = sum(({ outOfOrder }) => outOfOrder)
  const all = found.reduce((calls, { length }) => calls + length, 0)
  const result =
    n + m + k === 0
      ? sentence('your list is the reference list: {all} calls', { all })
      : sentence('missing: {n}, extra: {m}, out of order: {k}', { n, m, k })
  const lines = found.flatMap(({ name, lines }) =>
    name === undefined || lines.length === 0 ? lines : [chalk.bold(`plan ${name}`), ...lines],
  )
  const legend = sentence('- missing in your list   + only in your list   ~ at another place')
  writeOutput(`${[chalk.dim(say(legend)), ...lines, '', say(result)].join('\n')}\n`)
  return n + m + k === 0 ? 0 : 1
}

interface CallsDiff {
  /** Of a further list. */
  name?: string
  diff: ListDiff
  /** How many calls the reference has. */
  length: number
  /** What differs, with what is around it. */
  lines: string[]
}

function callsDiff(own: Step[], reference: Step[]): CallsDiff {
  const [mine = [], theirs = []] = [own, reference].map((steps) =>
    steps.map(({ call }) => strace(call)),
  )
  const diff = listDiff(mine, theirs)
  const edits = editsFrom(mine, theirs)
  const isNear = (at: number) => edits.slice(Math.max(0, at - 2), at + 3).some(isChange)
  const lines = edits.flatMap((edit, at) => {
    if (!isNear(at)) return isNear(at - 1) ? [chalk.dim('  …')] : []
    const mark = markOfCall(edit, diff.outOfOrder)
    const [first = '', ...more] = wrap(printable(edit.item), 76)
    const text = [`${mark} ${first}`, ...more.map((line) => `    ${line}`)]
    return text.map((line) => colors[mark](line))
  })
  return { diff, length: theirs.length, lines }
}

function isChange({ sign }: Edit<string>): boolean {
  return sign !== ' '
}

/** An edit leads from the learner's list to the reference: what it adds is missing. */
function markOfCall({ sign, item }: Edit<string>, outOfOrder: string[]): keyof typeof colors {
  if (sign === ' ') return ' '
  if (outOfOrder.includes(item)) return '~'
  return sign === '+' ? '-' : '+'
}

const colors = {
  ' ': (line: string) => line,
  '-': (line: string) => chalk.red(line),
  '+': (line: string) => chalk.green(line),
  '~': (line: string) => chalk.yellow(line),
}
