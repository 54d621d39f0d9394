/** `break`: leave a line out, predict what happens, see what happens, and why. */
import { createInterface } from 'node:readline'
import chalk from 'chalk'
import { layerDirs } from '../05-commit/layer/dirs.ts'
import { resolve } from '../05-commit/store/store.ts'
import { traitsOf, type Chapter } from '../chapter.ts'
import { UsageError, type Input } from '../command-line.ts'
import { experiment, type Bench } from '../tools/break/experiment.ts'
import { lessonsUpTo, type Lesson } from '../tools/break/lessons.ts'
import { wrap } from '../tools/wrap.ts'
import { checkMachine } from './check-machine.ts'
import { asJson } from './print.ts'

export async function breakCommand({ runtime, chapter, words, switches, values }: Input) {
  const { root, rows } = runtime
  const lessons = await lessonsUpTo(rows)
  if (values.has('format')) return print(asJson(lessons.map(plain)))
  if (switches.has('all')) return print(asText(lessons))
  const chosen = words.length === 0 ? lessons : lessons.filter(({ name }) => words.includes(name))
  const unknown = words.find((word) => !lessons.some(({ name }) => name === word))
  if (unknown !== undefined)
    throw new UsageError(
      `no line '${unknown}' in chapter ${chapter.number}; have: ${names(lessons)}`,
    )
  checkMachine()
  const hasImage = chosen.some((lesson) => traitsOf(lesson.rows).root !== 'host')
  const layers = hasImage ? await layerDirs(root, resolve(root, 'busybox')) : []
  return exercise(lessons, chosen, { root, layers })
}

/** The chapter whose list a lesson is about. */
function chapterOf({ rows }: Lesson): Chapter | undefined {
  return rows.at(-1)
}

async function exercise(lessons: Lesson[], chosen: Lesson[], bench: Bench): Promise<number> {
  const input = createInterface({ input: process.stdin })
  const lines = input[Symbol.asyncIterator]()
  let right = 0
  let asked = 0
  for (const lesson of chosen) {
    const near = lessons.filter((each) => chapterOf(each) === chapterOf(lesson))
    const choices = choicesFor(lesson, near)
    print(question(lesson, choices, `${asked + 1} of ${chosen.length}`))
    const answer = await lines.next()
    const typed = answer.done ? 'q' : answer.value.trim().toLowerCase()
    if (typed === 'q') break
    asked++
    const truth = choices.indexOf(lesson.row.consequence)
    const isRight = typed === letters[truth]
    if (isRight) right++
    const found = await experiment(lesson.rows, lesson.row, bench)
    print(answerTo({ lesson, isRight, letter: letters[truth] ?? '?', found }))
  }
  input.close()
  process.stdin.destroy()
  print(`\n${right} of ${asked} predicted.\n`)
  return 0
}

const letters = 'abcd'

/** The truth among consequences of other lines; always in the same order for the same line. */
function choicesFor({ row }: Lesson, lessons: Lesson[]): string[] {
  const others = lessons
    .map((each) => each.row.consequence)
    .filter((each) => each !== row.consequence)
  const start = [...row.consequence].reduce((sum, each) => sum + (each.codePointAt(0) ?? 0), 0)
  const picked = new Set<string>()
  for (let at = 0; picked.size < Math.min(3, new Set(others).size); at++)
    picked.add(others[(start + at * 7 + Math.floor(at / others.length)) % others.length] ?? '')
  const choices = [...picked]
  choices.splice(start % (choices.length + 1), 0, row.consequence)
  return choices
}

function question({ title, why, row }: Lesson, choices: string[], count: string): string {
  const asks = 'alter' in row ? 'What happens when that is tried?' : 'What happens without it?'
  const lines = choices.map((choice, at) => `  ${chalk.bold(letters[at])}  ${below(choice, 5)}`)
  const margin = count.length + 2
  const asked = chalk.bold(below(title, margin))
  const head = `${chalk.dim(count)}  ${asked}\n      ${chalk.italic(below(why, 6))}`
  const known = [...letters.slice(0, choices.length)].join(', ')
  const ask = chalk.dim(`${known}, or q to end:`)
  return `\n${head}\n\n${asks}\n${lines.join('\n')}\n${ask} `
}

interface Answered {
  lesson: Lesson
  isRight: boolean
  letter: string
  found: Awaited<ReturnType<typeof experiment>>
}

function answerTo({ lesson: { row }, isRight, letter, found }: Answered): string {
  const verdict = isRight ? 'Yes.' : `No, it is ${letter}.`
  const color = isRight ? chalk.green : chalk.yellow
  const shown = (text: string) => below(text === '' ? '(nothing)' : text, 13)
  const script = row.see.inside.replace(/\s+/g, ' ')
  const seen = [
    `  it ran     ${below(script, 13)}`,
    `  with it    ${shown(found.kept)}`,
    `  without    ${shown(found.broken)}`,
  ]
  const doubt = found.isAsPredicted ? [] : [chalk.red('  not what was expected on this machine')]
  return [
    `\n${below(`${verdict} ${row.consequence}.`, 0).replace(verdict, (text) => color(text))}`,
    ...seen.map((each) => chalk.dim(each)),
    ...doubt,
    '',
  ].join('\n')
}

/** Each line as a plan has it, a belief with the name to ask for it by; below it, what follows. */
function asText(lessons: Lesson[]): string {
  const several = new Set(lessons.map(chapterOf)).size > 1
  const lines = lessons.flatMap((lesson, at) => {
    const { name, title, row } = lesson
    const chapter = chapterOf(lesson)
    const last = lessons[at - 1]
    const isFirst = several && (!last || chapterOf(last) !== chapter)
    const head = isFirst ? [chalk.dim(`chapter ${chapter?.number}, ${chapter?.slug}`)] : []
    const called = 'alter' in row ? `${name}  ${title}` : title
    return [...head, chalk.bold(below(called, 2)), `    ${below(row.consequence, 4)}`]
  })
  return `${lines.join('\n')}\n`
}

/** Text in lines that end at column 80, those after the first `margin` columns in. */
function below(text: string, margin: number): string {
  const lines = text.split('\n').flatMap((line) => wrap(line, 80 - margin))
  return lines.join(`\n${' '.repeat(margin)}`)
}

function plain({ name, title, why, row }: Lesson) {
  return { name, line: title, why, consequence: row.consequence }
}

function names(lessons: Lesson[]): string {
  return [...new Set(lessons.map(({ name }) => name))].join(', ')
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
