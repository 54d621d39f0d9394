/** The texts of `break`: a question, the answer with its experiment, the table of all. */
import chalk from 'chalk'
import { columnsOf, cut, padded } from '../columns.ts'
import { printable } from '../printable.ts'
import type { Choice } from '../tools/break/choices.ts'
import type { Findings } from '../tools/break/experiment.ts'
import type { Lesson } from '../tools/break/lessons.ts'
import { chapterOf } from '../tools/break/predictions.ts'
import { wrap } from '../tools/wrap.ts'
import { say, tell } from './voice.ts'

/** The line and what might follow, without the reason why it is there: that would be the answer. */
export function question(lesson: Lesson, choices: Choice[], count: string): string {
  const isBelief = 'alter' in lesson.row
  const asks = say(isBelief ? 'What happens when that is tried?' : 'What happens without it?')
  const lines = choices.map(({ letter, consequence }) => {
    return `  ${chalk.bold(letter)}  ${below(say(consequence), 5)}`
  })
  const asked = chalk.bold(below(titleOf(lesson), columnsOf(count) + 2))
  const head = `${chalk.dim(count)}  ${asked}`
  return `\n${head}\n\n${asks}\n${lines.join('\n')}\n${prompt(choices)}`
}

/** What may be typed; after a word that is no answer, that first. */
export function prompt(choices: Choice[], typed = ''): string {
  const refused = typed === '' ? '' : `${chalk.yellow(say(`'${printable(typed)}' is no answer.`))} `
  const known = choices.map(({ letter }) => letter).join(', ')
  return `${refused}${chalk.dim(say(`${known}, or q to end:`))} `
}

export interface Answered {
  lesson: Lesson
  choices: Choice[]
  chosen: Choice
  found: Findings
}

/** The verdict, why the line is there, what was seen, and of which lines the others are true. */
export function answerTo({ lesson, choices, chosen, found }: Answered): string {
  const { row, why } = lesson
  const truth = choices.find(({ of }) => of === lesson)
  const isRight = chosen === truth
  const verdict = say(isRight ? 'Yes.' : `No, it is ${truth?.letter}.`)
  const color = isRight ? chalk.green : chalk.yellow
  const shown = (text: string) => {
    const lines = text.split('\n').map(printable)
    return below(text === '' ? say('(nothing)') : lines.join('\n'), 13)
  }
  const script = (row.see.inside || (row.see.outside ?? '')).replace(/\s+/g, ' ')
  const seen = [
    ...('alter' in row ? [] : [`  ${padded(say('reason'), 11)}${below(say(why), 13)}`]),
    `  ${padded(say('it ran'), 11)}${below(script, 13)}`,
    `  ${padded(say('with it'), 11)}${shown(found.kept)}`,
    `  ${padded(say('without'), 11)}${shown(found.broken)}`,
  ]
  const unexpected = `  ${say('not what was expected on this machine')}`
  const doubt = found.isAsPredicted ? [] : [chalk.red(unexpected)]
  const told = below(`${verdict} ${say(row.consequence)}${say('.')}`, 0)
  return [
    `\n${told.replace(verdict, (text) => color(text))}`,
    ...seen.map((each) => chalk.dim(each)),
    ...doubt,
    ...others(choices, truth).map((each) => chalk.dim(each)),
    '',
  ].join('\n')
}

/** Why each of the other choices is wrong: it is what happens elsewhere in the list. */
function others(choices: Choice[], truth: Choice | undefined): string[] {
  const lines = choices.filter((each) => each !== truth).map(({ letter, of }) => {
    const when = say('alter' in of.row ? 'if it were true:' : 'without')
    return cut(`  ${letter}  ${when} ${titleOf(of)}`, 80)
  })
  return lines.length > 0 ? [say('The others happen elsewhere:'), ...lines] : []
}

/** Each line as a plan has it, a belief with the name to ask for it by; below it, what follows. */
export function tableOf(lessons: Lesson[]): string {
  const several = new Set(lessons.map(chapterOf)).size > 1
  const lines = lessons.flatMap((lesson, at) => {
    const { name, row } = lesson
    const title = titleOf(lesson)
    const chapter = chapterOf(lesson)
    const last = lessons[at - 1]
    const isFirst = several && (!last || chapterOf(last) !== chapter)
    const head = isFirst ? [chalk.dim(say(`chapter ${chapter?.number}, ${chapter?.slug}`))] : []
    const called = 'alter' in row ? `${name}  ${title}` : title
    return [...head, chalk.bold(below(called, 2)), `    ${below(say(row.consequence), 4)}`]
  })
  return `${lines.join('\n')}\n`
}

/** A belief in quotes, a line of a plan, or a flag of one. */
function titleOf({ title, call = title, row }: Lesson): string {
  if ('alter' in row) return `"${say(row.belief)}"`
  return row.flag ? tell('{flag} of {call}', { flag: row.flag, call }) : title
}

/** Text in lines that end at column 80, those after the first `margin` columns in. */
function below(text: string, margin: number): string {
  const lines = text.split('\n').flatMap((line) => wrap(line, 80 - margin))
  return lines.join(`\n${' '.repeat(margin)}`)
}
