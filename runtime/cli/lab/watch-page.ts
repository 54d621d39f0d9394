/** The page of `lab watch`, as lines. Pure. */
import chalk from 'chalk'
import { cut } from '../../columns.ts'
import type { Verdict } from '../../lab/judge.ts'
import { sentence } from '../../sentence.ts'
import { wrap } from '../../tools/wrap.ts'
import type { LabScene } from './common.ts'
import { distinct, failureLines, headingOf, markOf, sumOf } from './report.ts'

/** What there is to see. */
export interface View {
  /** By the id of the check. */
  verdicts: Map<string, Verdict>
  isRunning: boolean
  /** What is shown instead of the verdicts. */
  instead?: string[] | undefined
  /** Lines of `instead` that are above the screen. */
  above: number
  /** Below the failure. */
  hints: string[]
  message?: string | undefined
}

interface Size {
  rows: number
  columns: number
}

/** As many lines as the screen has, none wider than it. */
export function watchPage(view: View, scene: LabScene, { rows, columns }: Size): string[] {
  const head = [headLine(view, scene), '']
  const foot = keyLine(view, scene, columns)
  const room = Math.max(1, rows - head.length - 1)
  const body = view.instead
    ? view.instead.slice(view.above, view.above + room)
    : bodyOf(view, scene, { rows: room, columns })
  const blank = Array.from({ length: Math.max(0, room - body.length) }, () => '')
  return [...head, ...body.slice(0, room), ...blank, foot].map((line) => cut(line, columns))
}

function headLine({ isRunning, verdicts }: View, { chapter, say }: LabScene): string {
  const { number, slug } = chapter
  const where = say(sentence('chapter {number}, {slug}', { number, slug }))
  const state = isRunning ? sentence('judging …') : sumOf([...verdicts.values()])
  return `${chalk.bold(where)}   ${say(state)}`
}

/** The checks by exercise, and what fails first. Where there is little room, passed ones go. */
function bodyOf(view: View, scene: LabScene, { rows, columns }: Size): string[] {
  const failure = failureOf(view, scene, columns)
  const all = listOf(view, scene, () => true)
  const isLeft = (id: string) => view.verdicts.get(id)?.status !== 'pass'
  const list = all.length + failure.length <= rows ? all : listOf(view, scene, isLeft)
  return [...list.slice(0, Math.max(1, rows - failure.length)), ...failure]
}

function listOf({ verdicts }: View, { lab, say }: LabScene, isShown: (id: string) => boolean) {
  return lab.exercises.flatMap(({ id }) => {
    const own = lab.checks.filter((check) => check.exercise === id && isShown(check.id))
    const lines = own.map((each) => `  ${markOf(verdicts.get(each.id)?.status)} ${say(each.claim)}`)
    return own.length === 0 ? [] : [headingOf(lab, id, say), ...lines]
  })
}

function failureOf({ verdicts, hints }: View, { say, typed }: LabScene, columns: number): string[] {
  const width = Math.min(80, columns)
  const [first] = distinct([...verdicts.values()])
  const lines = first ? failureLines(first, { say, typed, width }) : []
  const fault = [...verdicts.values()].find(({ status }) => status === 'error')
  const reason = first || !fault ? [] : wrap(`! ${fault.reason}`, width)
  const lower = hints.flatMap((hint) => wrap(hint, width - 2))
  const more = lower.map((line) => `  ${chalk.italic(line)}`)
  return [lines, reason, more].flatMap((part) => (part.length > 0 ? ['', ...part] : []))
}

const keys = [
  ['q', sentence('quit')],
  ['t', sentence('run again')],
  ['a', sentence('run all')],
  ['h', sentence('hint')],
  ['d', sentence('diff')],
  ['?', sentence('keys')],
] as const

function keyLine({ message, instead }: View, { say }: LabScene, columns: number): string {
  if (message !== undefined) return ` ${message}`
  if (instead) return ` ${say(sentence('any key goes back, ↑ ↓ scroll'))}`
  const long = keys.map(([key, means]) => `${chalk.bold(key)} ${say(means)}`).join('  ')
  const short = keys.map(([key]) => chalk.bold(key)).join(' ')
  return ` ${cut(long, columns - 1) === long ? long : short}`
}

/** What `?` shows. */
export function keysPage({ say }: LabScene): string[] {
  const all = [
    ...keys.slice(0, -1),
    ['Enter', sentence('run again what does not pass')],
    ['↑ ↓', sentence('scroll')],
    ['Ctrl-C', sentence('quit')],
  ] as const
  return all.map(([key, means]) => `  ${chalk.bold(key.padEnd(7))} ${say(means)}`)
}
