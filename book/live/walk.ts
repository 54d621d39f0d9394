/** The debugger for a page: `run --step`, controlled by lines (ARCHITECTURE.md, "A walk"). */
import { createInterface } from 'node:readline'
import { text as textOf } from 'node:stream/consumers'
import { sourceName } from '../sources.ts'
import { inBoth, linesOf } from '../walk/data.ts'
import { recorded } from '../walk/record.ts'
import type { WalkChange, WalkData, WalkLine } from '../walk/scene.ts'
import { folderOf } from './chapters.ts'
import type { Line } from './line.ts'
import { begin, clearUp } from './process.ts'

/** How long a walk may take to undo what it has made. */
const patienceMs = 5000

/** All that a page may say. */
const commands = /^(?:next|continue|inspect|quit|to [1-9]\d{0,3}|to [a-z_0-9]{1,40})$/

/** Walk through the start of the container that the text walks through, or of the learner's. */
export async function walk(line: Line, chapter: number, workspace?: string): Promise<void> {
  const which = workspace === undefined ? ['--chapter', String(chapter)] : ['--lab', workspace]
  const words = wordsOf(chapter)
  const plan = begin({ argv: ['stepbox', ...which, 'plan', '--format', 'json', ...words] })
  line.onClose(plan.end)
  const [lines, problem] = await Promise.all([textOf(plan.output), textOf(plan.errors)])
  const { exitCode } = await plan.ended
  if (exitCode !== 0) {
    line.tell({ error: problem.trim() })
    return line.finish({ exit: exitCode })
  }
  line.tell(planIn(lines))
  const argv = ['stepbox', ...which, 'run', '--rm', '--step', ...words]
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
  await clearUp()
  line.finish({ exit: outcome.exitCode })
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

/** What is typed after `run`: as in the walk that the text shows, but the command ends soon. */
function wordsOf(chapter: number): string[] {
  const slug = folderOf(chapter).replace('chapters/', '')
  const [command, ...typed] = recorded[slug] ?? []
  const asked = command === 'run' ? typed.slice(typed.indexOf('RECORD') + 1) : []
  const words = (asked.length > 0 ? asked : ['busybox', 'sleep', '5']).slice(0, -2)
  const own = words.map((word) => (word === 'web:1.0' ? 'busybox' : word))
  return [...own, 'sh', '-c', 'echo "hello from process $$"']
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
