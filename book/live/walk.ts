/** The debugger for a page: `--step`, controlled by lines (ARCHITECTURE.md, "A walk"). */
import { createInterface } from 'node:readline'
import { text as textOf } from 'node:stream/consumers'
import { sourceName } from '../sources.ts'
import { inBoth, linesOf } from '../walk/data.ts'
import type { WalkChange, WalkData, WalkLine } from '../walk/scene.ts'
import type { Line } from './line.ts'
import { begin, clearUp } from './process.ts'
import { boxFor, typedFor, type Typed } from './walked.ts'

/** How long a walk may take to undo what it has made. */
const patienceMs = 5000

/** All that a page may say. */
const commands = /^(?:next|continue|inspect|quit|to [1-9]\d{0,3}|to [a-z_0-9]{1,40})$/

/**
 * Walk through the list that the text walks through. With a workspace, through the start of a
 * container of the learner's.
 */
export async function walk(line: Line, chapter: number, workspace?: string): Promise<void> {
  const which = workspace === undefined ? ['--chapter', String(chapter)] : ['--lab', workspace]
  const box = workspace === undefined ? boxFor(chapter) : undefined
  let last: object = { exit: 1 }
  let hasBegun = false
  line.onClose(() => hasBegun || box?.end())
  try {
    await box?.runs
    hasBegun = true
    last = await stepThrough(line, which, typedFor(chapter, box?.name))
  } catch (error) {
    line.tell({ error: (error as Error).message })
  }
  box?.end()
  await box?.ended
  await clearUp()
  line.finish(last)
}

/** Resolves with the last message, when all that was begun has ended. */
async function stepThrough(line: Line, which: string[], typed: Typed): Promise<object> {
  const { command, flags, words } = typed
  const further = command === 'run' ? [] : [command]
  const plan = begin({
    argv: ['stepbox', ...which, 'plan', '--format', 'json', ...further, ...words],
  })
  line.onClose(plan.end)
  const [lines, problem] = await Promise.all([textOf(plan.output), textOf(plan.errors)])
  const { exitCode } = await plan.ended
  if (exitCode !== 0) {
    line.tell({ error: problem.trim() })
    return { exit: exitCode }
  }
  line.tell({ command: `stepbox ${command} ${typed.shown}`, ...planIn(lines) })
  const argv = ['stepbox', ...which, command, ...flags, '--step', ...words]
  const started = begin({ argv, env: { NO_COLOR: '1' } })
  const { input, output, errors, ended, end } = started
  createInterface({ input: output }).on('line', (said) => line.tell({ output: said }))
  const isOutside = outsideTheList(() => void input.write('next\n'))
  createInterface({ input: errors }).on('line', (said) => {
    if (!isOutside(said)) line.tell(answerIn(said))
  })
  line.onText(({ command }) => {
    if (typeof command !== 'string' || !commands.test(command)) return line.refuse()
    input.write(`${command}\n`)
  })
  let timer: NodeJS.Timeout | undefined
  line.onClose(() => {
    input.end() // that is quit: it undoes what it has made
    timer = setTimeout(end, patienceMs)
  })
  const outcome = await ended
  clearTimeout(timer)
  return { exit: outcome.exitCode }
}

/**
 * Whether a line of the protocol is about a call that is not of the list, and has the number 0: a
 * learner's list is carried out on a pretend machine, which is made first. Such calls are made
 * without being asked for.
 */
function outsideTheList(goOn: () => void): (said: string) => boolean {
  let isOutside = false
  return (said) => {
    const [kind = '', number = ''] = said.split(' ')
    if (kind === 'next') isOutside = number === '0'
    if (kind === 'next' && isOutside) goOn()
    return isOutside && ['next', 'done', 'change'].includes(kind)
  }
}

/** The list as the player needs it: with the reasons in Chinese, and with the code. */
function planIn(json: string): Pick<WalkData, 'plan' | 'code'> {
  const steps = JSON.parse(json) as Omit<WalkLine, 'name' | 'chinese'>[]
  const named = steps.map((each) => ({ ...each, name: each.strace.replace(/\(.*/, '') }))
  return linesOf(named, (path, symbol) => `${sourceName(path)}#${symbol}`)
}

/** A line of the protocol as an object; any other line is what the program says. */
function answerIn(said: string): object {
  const [kind = '', ...words] = said.split(' ')
  const [first = '', second = '', third = '', fourth = ''] = words
  const after = (count: number) => words.slice(count).join(' ')
  if (kind === 'plan') return { lines: Number(first) }
  if (kind === 'next') return { next: { line: Number(first), call: after(1) } }
  if (kind === 'done') {
    const errno = third === '-' ? null : third
    return { done: { line: Number(first), result: Number(second), errno, ns: Number(fourth) } }
  }
  if (kind === 'change') {
    const sign = first as WalkChange['sign']
    return { change: inBoth({ sign, topic: second, text: after(2) }) }
  }
  if (kind === 'state') return { state: JSON.parse(after(0)) as unknown }
  if (kind === 'ended') return { ended: { exit: Number(first), ms: Number(second) } }
  if (kind === 'error') return { error: after(0) }
  return { error: said }
}
