/** `break`: leave a line out, predict what happens, see what happens, and why. */
import { createInterface } from 'node:readline'
import { isatty } from 'node:tty'
import { layerDirs } from '../05-commit/layer/dirs.ts'
import { resolve } from '../05-commit/store/store.ts'
import { traitsOf } from '../chapter.ts'
import { UsageError, type Input } from '../command-line.ts'
import { checkMachine } from '../container/check-machine.ts'
import { asJson } from '../printable.ts'
import { choiceOf, choicesFor, type Choice } from '../tools/break/choices.ts'
import { experiment, type ExperimentPlace } from '../tools/break/experiment.ts'
import { lessonsUpTo, type Lesson } from '../tools/break/lessons.ts'
import { chapterOf, isPredicted, keepPrediction } from '../tools/break/predictions.ts'
import { predictionsFile, readPredictions } from '../tools/break/predictions.ts'
import { answerTo, prompt, question, tableOf } from './break-page.ts'
import { writeOutput } from './output.ts'
import { say, tell } from './voice.ts'

export async function breakCommand({ runtime, chapter, words, switches, values }: Input) {
  const { root, rows } = runtime
  const lessons = await lessonsUpTo(rows)
  if (values.has('format')) return print(asJson(lessons.map(plain)))
  if (switches.has('all')) return print(tableOf(lessons))
  const unknown = words.find((word) => !lessons.some(({ name }) => name === word))
  if (unknown !== undefined)
    throw new UsageError(
      `no line '${unknown}' in chapter ${chapter.number}; have: ${names(lessons)}`,
    )
  checkMachine()
  const named = lessons.filter(({ name }) => words.includes(name))
  const chosen = words.length > 0 ? named : open(lessons, root, switches.has('again'))
  if (chosen.length === 0) return 0
  const hasImage = chosen.some((lesson) => traitsOf(lesson.rows).root !== 'host')
  const layers = hasImage ? await layerDirs(root, resolve(root, 'busybox')) : []
  const exercises = { all: words.length > 0 ? named : lessons, chosen, near: lessons }
  return exercise(exercises, { root, layers })
}

/** The lessons that are not yet predicted; all of them, if they are asked for again. */
function open(lessons: Lesson[], root: string, isAgain: boolean): Lesson[] {
  const answers = readPredictions(root)
  const left = isAgain ? lessons : lessons.filter((each) => !isPredicted(answers, each))
  const done = lessons.length - left.length
  if (done > 0)
    print(say(`${done} of ${lessons.length} are predicted; --again asks for them too\n`))
  return left
}

interface Exercises {
  /** What is counted. */
  all: Lesson[]
  /** What is asked. */
  chosen: Lesson[]
  /** Where wrong answers are from. */
  near: Lesson[]
}

async function exercise({ all, chosen, near }: Exercises, bench: ExperimentPlace): Promise<number> {
  const input = createInterface({ input: process.stdin })
  const lines = input[Symbol.asyncIterator]()
  let right = 0
  let asked = 0
  for (const lesson of chosen) {
    const others = near.filter((each) => chapterOf(each) === chapterOf(lesson))
    const choices = choicesFor(lesson, others)
    const count = tell('{n} of {all}', { n: all.indexOf(lesson) + 1, all: all.length })
    print(question(lesson, choices, count))
    const answer = await chosenBy(lines, choices)
    if (!answer) break
    asked++
    const isRight = answer.of === lesson
    if (isRight) right++
    const found = await experiment(lesson.rows, lesson.row, bench)
    print(answerTo({ lesson, choices, chosen: answer, found }))
    keepPrediction(bench.root, lesson, isRight)
  }
  input.close()
  process.stdin.destroy()
  print(say(`\n${right} of ${asked} predicted.\n`))
  if (asked < chosen.length)
    print(say(`Kept in ${predictionsFile(bench.root)}; break goes on there.\n`))
  return 0
}

/** Ask until there is an answer; undefined at the end, which is `q`, or that of the input. */
async function chosenBy(
  lines: AsyncIterator<string>,
  choices: Choice[],
): Promise<Choice | undefined> {
  for (;;) {
    const { done, value = '' } = await lines.next()
    if (done && isatty(0)) print('\n')
    const typed = String(value).trim()
    if (done || ['q', 'quit'].includes(typed.toLowerCase())) return undefined
    const choice = choiceOf(typed, choices)
    if (choice) return choice
    print(prompt(choices, typed))
  }
}

function plain({ name, title, why, row }: Lesson) {
  return { name, line: title, why, consequence: row.consequence }
}

function names(lessons: Lesson[]): string {
  return [...new Set(lessons.map(({ name }) => name))].join(', ')
}

function print(text: string): number {
  writeOutput(text)
  return 0
}
