/** Command line. `break`: leave a line out, foretell what happens, see what happens, and why. */
import { createInterface } from 'node:readline'
import chalk from 'chalk'
import { placesOf, type Consequence, type Misconception } from '../consequence.ts'
import { layerDirs } from '../05-commit/layer/dirs.ts'
import type { Chapter, PlanOptions } from '../container/run.ts'
import { resolve } from '../05-commit/store/store.ts'
import { nameOf, strace } from '../strace.ts'
import { experiment, type Place } from '../tools/break/laboratory.ts'
import { onPaper } from '../tools/break/paper.ts'
import { wrap } from '../tools/wrap.ts'
import { UsageError } from './args.ts'
import { checkMachine } from './check-machine.ts'
import type { Input } from './main.ts'
import { json } from './table.ts'

/** One exercise: what is left out or believed, and what follows. */
interface Lesson {
  chapter: Chapter
  row: Consequence<PlanOptions> | Misconception<PlanOptions>
  /** What `break NAME` calls it. */
  name: string
  title: string
  why: string
}

export async function breakCommand({ root, chapter, chapters, words, switches, values }: Input) {
  const lessons = lessonsUpTo(chapter, chapters)
  if (values.has('format')) return print(json(lessons.map(plain)))
  if (switches.has('all')) return print(asText(lessons))
  const chosen = words.length === 0 ? lessons : lessons.filter(({ name }) => words.includes(name))
  const unknown = words.find((word) => !lessons.some(({ name }) => name === word))
  if (unknown !== undefined)
    throw new UsageError(
      `no line '${unknown}' in chapter ${chapter.number}; have: ${names(lessons)}`,
    )
  checkMachine()
  const hasImage = chosen.some((lesson) => lesson.chapter.number >= 3)
  const layers = hasImage ? await layerDirs(root, resolve(root, 'busybox')) : []
  return exercise(lessons, chosen, { root, layers })
}

/** A chapter's own; one that adds no line has those of all before it, whose list it has. */
function lessonsUpTo(chapter: Chapter, chapters: Chapter[]): Lesson[] {
  const own = lessonsOf(chapter)
  if (own.length > 0) return own
  return chapters.filter(({ number }) => number < chapter.number).flatMap(lessonsOf)
}

/** In the order of the list, then what is believed. */
function lessonsOf(chapter: Chapter): Lesson[] {
  const options = onPaper()
  const rows = (chapter.consequences ?? []).flatMap((row): Lesson[] => {
    const list = chapter.plan({ ...options, ...row.options?.(options) })
    const [place] = placesOf(list, row)
    const line = place === undefined ? undefined : list[place]
    if (!line) return []
    const title = row.flag ? `${row.flag} of ${strace(line.call)}` : strace(line.call)
    return [{ chapter, row, name: row.flag ?? nameOf(line.call), title, why: line.why }]
  })
  const believed = (chapter.misconceptions ?? []).map((row): Lesson => {
    return { chapter, row, name: row.name, title: `"${row.belief}"`, why: 'it is often believed' }
  })
  return [...rows, ...believed]
}

async function exercise(lessons: Lesson[], chosen: Lesson[], place: Place): Promise<number> {
  const input = createInterface({ input: process.stdin })
  const lines = input[Symbol.asyncIterator]()
  let right = 0
  let asked = 0
  for (const lesson of chosen) {
    const near = lessons.filter((each) => each.chapter === lesson.chapter)
    const choices = choicesFor(lesson, near)
    print(question(lesson, choices, `${asked + 1} of ${chosen.length}`))
    const answer = await lines.next()
    const typed = answer.done ? 'q' : answer.value.trim().toLowerCase()
    if (typed === 'q') break
    asked++
    const truth = choices.indexOf(lesson.row.consequence)
    const isRight = typed === letters[truth]
    if (isRight) right++
    const found = await experiment(lesson.chapter, lesson.row, place)
    print(answerTo({ lesson, isRight, letter: letters[truth] ?? '?', found }))
  }
  input.close()
  process.stdin.destroy()
  print(`\n${right} of ${asked} foretold.\n`)
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
  const doubt = found.isAsTold ? [] : [chalk.red('  not what was expected on this machine')]
  return [
    `\n${below(`${verdict} ${row.consequence}.`, 0).replace(verdict, (text) => color(text))}`,
    ...seen.map((each) => chalk.dim(each)),
    ...doubt,
    '',
  ].join('\n')
}

/** Each line as a plan has it, a belief with the name to ask for it by; below it, what follows. */
function asText(lessons: Lesson[]): string {
  const several = new Set(lessons.map(({ chapter }) => chapter)).size > 1
  const lines = lessons.flatMap(({ chapter, name, title, row }, at) => {
    const isFirst = several && lessons[at - 1]?.chapter !== chapter
    const head = isFirst ? [chalk.dim(`chapter ${chapter.number}, ${chapter.slug}`)] : []
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
