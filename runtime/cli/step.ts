/** `run --step`: a debugger for the start of a container, controlled by keys or by lines. */
import { createInterface } from 'node:readline'
import type { WhenLeft } from '../carried-list.ts'
import type { Chapter } from '../chapter.ts'
import { signalNamed } from '../kernel-names.ts'
import type { Outcome } from '../native.ts'
import { printable } from '../printable.ts'
import { lineOf, placeInWords, type Step } from '../step.ts'
import { isNamed, strace } from '../strace.ts'
import { plannedLines, recordedFrame, type RecordedFrame } from '../tools/walk/recording.ts'
import { draw, noKey, scrolled, type Keys, type Scene } from '../tools/walk/screen.ts'
import { shellIn } from '../tools/walk/shell.ts'
import type { Frame, Walk } from '../tools/walk/walk.ts'
import { writeError } from './output.ts'
import { hasScreen, takeTerminal, type Page } from './terminal-screen.ts'
import { say } from './voice.ts'

/** What the caller does during the walk. */
export interface Hooks {
  /** Called with each frame. */
  onFrame: (frame: Frame) => Promise<void>
  /** Called before the last call: from then on the container has the terminal. */
  onCommand: () => void
  whenLeft: WhenLeft
}

/**
 * Step through the plan by keys from a terminal, or else by lines from standard input. Undefined
 * if the walk was left before the command ran: see `WhenLeft` for what becomes of it.
 */
export async function stepThrough<Result extends Outcome>(
  walk: Walk<Result>,
  chapter: Chapter,
  hooks: Hooks,
): Promise<Result | undefined> {
  const isOnTerminal = hasScreen()
  const isDone = isOnTerminal ? await onTerminal(walk, chapter, hooks) : await byLines(walk, hooks)
  if (!isDone) {
    await walk.abandon()
    return undefined
  }
  const began = performance.now()
  const result = await walk.finish()
  const milliseconds = Math.round(performance.now() - began)
  if (!result.failure) writeError(endedIn(result.exitCode, milliseconds, isOnTerminal))
  return result
}

/** The last word on a walk: for people, or a line of the protocol. */
function endedIn(exitCode: number, milliseconds: number, isForPeople: boolean): string {
  if (!isForPeople) return `ended ${exitCode} ${milliseconds}\n`
  const signal = exitCode > 128 ? signalNamed(exitCode - 128) : undefined
  const how = signal ? `, by ${signal}` : ''
  const seconds = (milliseconds / 1000).toFixed(2)
  return say(`stepbox: it ran for ${seconds} s, exit code ${exitCode}${how}\n`)
}

const keys: Keys = [
  ['n', 'next'],
  ['c', 'continue'],
  ['r', 'run to…'],
  ['i', 'inspect'],
  ['s', 'shell'],
]

const leaving: Record<WhenLeft, Keys> = {
  undone: [['q', 'quit, undo all']],
  kept: [['q', 'quit, keep the files']],
  settled: [['q', 'quit']],
}

type AnyWalk = Omit<Walk<unknown>, 'finish'>

/** True if all calls were made. */
async function onTerminal(walk: AnyWalk, chapter: Chapter, hooks: Hooks): Promise<boolean> {
  const page = takeTerminal()
  const done: RecordedFrame[] = []
  let isInspecting = false
  let scroll = 0
  let message: string | undefined
  const all = [...keys, ...leaving[hooks.whenLeft]]
  const advance = async () => {
    if (walk.next === walk.plan.length - 1) {
      page.leave()
      hooks.onCommand()
    }
    const frame = await walk.advance()
    if (!frame) return
    await hooks.onFrame(frame)
    done.push(recordedFrame(frame))
  }
  try {
    while (walk.next < walk.plan.length) {
      const scene = sceneOf({ walk, page, chapter, done, isInspecting, scroll, message, keys: all })
      page.draw(draw(scene))
      message = undefined
      const key = await page.key()
      if (key === 'q' || key === 'ctrl-c') return false
      if (key === 'i') [isInspecting, scroll] = [!isInspecting, 0]
      else if (isInspecting && (key === 'up' || key === 'down')) scroll = scrolled(scene, key)
      else if (['n', ' ', 'enter', 'right', 'down'].includes(key)) await advance()
      else if (key === 's') message = await shellOn(page, walk, done)
      else if (key === 'c' || key === 'r') {
        const target = key === 'c' ? walk.plan.length : await askTarget(page, walk)
        if (typeof target === 'string') message = target
        else while (walk.next < target && !page.isOver()) await advance()
      } else message = noKey(key, all, say)
    }
    return true
  } finally {
    page.leave()
  }
}

interface Shown {
  walk: AnyWalk
  page: Page
  chapter: Chapter
  done: RecordedFrame[]
  isInspecting: boolean
  scroll: number
  message: string | undefined
  keys: Keys
}

function sceneOf(shown: Shown): Scene {
  const { walk, page, chapter, done, isInspecting, scroll, message, keys } = shown
  const { number, slug } = chapter
  const where = placeInWords(walk.plan, walk.next)
  return {
    title: say(`stepbox   chapter ${number}, ${slug}   ${where}   pid ${walk.pid}`),
    plan: plannedLines(walk.plan),
    next: walk.next,
    done,
    start: walk.start,
    isInspecting,
    scroll,
    keys,
    say,
    rows: page.rows,
    columns: page.columns,
    ...(message === undefined ? {} : { message: say(` ${message}`) }),
  }
}

async function shellOn(
  page: Page,
  walk: AnyWalk,
  done: RecordedFrame[],
): Promise<string | undefined> {
  const state = done.at(-1)?.state ?? walk.start
  page.leave()
  writeError(say('A shell in the half-built container. Leave it with exit.\n'))
  const { rows, columns } = page
  const ours = walk.start.namespaces
  const problem = await shellIn({ theirs: state, ours, size: { rows, columns } })
  page.enter()
  return problem && `no shell: ${problem}`
}

async function askTarget(page: Page, walk: AnyWalk): Promise<number | string> {
  const typed = await page.ask(say(' run to which line or call? '))
  return typed === undefined ? walk.next : targetOf(walk, typed)
}

/** The index to stop before, from a line number or the name of a call; or an error message. */
function targetOf({ plan, next }: { plan: Step[]; next: number }, typed: string): number | string {
  const at = plan.findIndex(
    ({ call }, index) =>
      (index >= next && String(lineOf(plan, index)) === typed) ||
      (index > next && isNamed(call, typed)),
  )
  return at >= 0 ? at : `no line or call '${typed}' from here on`
}

/**
 * The protocol for programs: it reads a command on each line of standard input (`next`,
 * `to N|CALL`, `continue`, `inspect`, `quit`; the end of input is `quit`), and answers on standard
 * error:
 *
 *     plan <lines>                        once, at the beginning
 *     next <line> <call>                  the next call; line 0 is not in the chapter's list
 *     done <line> <result> <errno|-> <ns> the call that was made
 *     change <+|-|~> <topic> <text>       a change that it made
 *     state <json>                        the answer to inspect
 *     ended <exit code> <ms>              the command has ended
 *     error <text>                        an unknown command
 */
async function byLines(walk: AnyWalk, hooks: Hooks): Promise<boolean> {
  const answer = (line: string) => writeError(`${printable(line)}\n`)
  const announce = () => {
    const call = walk.plan[walk.next]?.call
    if (call) answer(`next ${lineOf(walk.plan, walk.next)} ${strace(call)}`)
  }
  let state = walk.start
  const advance = async () => {
    if (walk.next === walk.plan.length - 1) hooks.onCommand()
    const frame = await walk.advance()
    if (!frame) return
    await hooks.onFrame(frame)
    state = frame.state ?? state
    const { result = 0, errno = '-', nanoseconds = 0 } = frame.report ?? {}
    answer(`done ${lineOf(walk.plan, frame.index)} ${result} ${errno} ${nanoseconds}`)
    for (const { sign, topic, text } of frame.changes) answer(`change ${sign} ${topic} ${text}`)
  }
  answer(`plan ${walk.plan.length}`)
  announce()
  const lines = createInterface({ input: process.stdin })
  for await (const line of lines) {
    const [command = '', argument = ''] = line.trim().split(/\s+/)
    if (command === 'quit') break
    if (command === 'inspect') answer(`state ${JSON.stringify(state)}`)
    else if (command === 'next' || command === 'continue' || command === 'to') {
      const target =
        command === 'next'
          ? walk.next + 1
          : command === 'continue'
            ? walk.plan.length
            : targetOf(walk, argument)
      if (typeof target === 'string') answer(`error ${target}`)
      else while (walk.next < target) await advance()
      announce()
    } else answer(`error no command '${command}': next, to, continue, inspect, quit`)
    if (walk.next >= walk.plan.length) break
  }
  lines.close()
  process.stdin.destroy()
  return walk.next >= walk.plan.length
}
