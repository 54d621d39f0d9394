/** `replay FILE`: show a recorded walk, forward and backward. It needs neither root nor Linux. */
import { readFileSync } from 'node:fs'
import type { Input } from '../command-line.ts'
import { printable } from '../printable.ts'
import { resultOf } from '../strace.ts'
import { parseRecording, type Recording } from '../tools/walk/recording.ts'
import { draw, noKey, scrolled, type Keys, type Scene } from '../tools/walk/screen.ts'
import { writeOutput } from './output.ts'
import { hasScreen, takeTerminal, type Page } from './terminal-screen.ts'
import { say } from './voice.ts'

/** Show the recording on a terminal; print it, if its output goes elsewhere. */
export async function replay({ words }: Input): Promise<number> {
  const [file = ''] = words
  const recording = parseRecording(read(file))
  if (hasScreen(1)) await walkThrough(recording)
  else writeOutput(asText(recording))
  return 0
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Error(`cannot read '${file}': ${(cause as NodeJS.ErrnoException).code}`, { cause })
  }
}

const keys: Keys = [
  ['n', 'next'],
  ['b', 'back'],
  ['g', 'first'],
  ['G', 'last'],
  ['i', 'inspect'],
  ['q', 'quit'],
]

async function walkThrough(recording: Recording): Promise<void> {
  const page = takeTerminal()
  let at = 0
  let isInspecting = false
  let scroll = 0
  let message: string | undefined
  try {
    for (;;) {
      const scene = sceneOf(page, recording, { at, isInspecting, scroll })
      page.draw(draw(message === undefined ? scene : { ...scene, message }))
      message = undefined
      const key = await page.key()
      if (key === 'q' || key === 'ctrl-c' || key === 'escape') return
      if (isInspecting && (key === 'up' || key === 'down')) scroll = scrolled(scene, key)
      else if (key === 'i') [isInspecting, scroll] = [!isInspecting, 0]
      else {
        const to = placeAfter(key, at, recording.frames.length)
        message = to === undefined ? noKey(key, keys, say) : undefined
        at = to ?? at
      }
    }
  } finally {
    page.leave()
  }
}

/** The number of calls made after a key; undefined for one that goes nowhere. */
function placeAfter(key: string, at: number, last: number): number | undefined {
  if (['n', ' ', 'enter', 'right', 'down'].includes(key)) return Math.min(at + 1, last)
  if (['b', 'left', 'up', 'backspace'].includes(key)) return Math.max(at - 1, 0)
  return key === 'g' ? 0 : key === 'G' ? last : undefined
}

interface Position {
  /** The number of calls made. */
  at: number
  isInspecting: boolean
  scroll: number
}

type Size = Pick<Page, 'rows' | 'columns'>

export function sceneOf(page: Size, recording: Recording, { at, ...view }: Position): Scene {
  const { chapter, plan, start, frames, kernel } = recording
  const where = `${at} of ${frames.length} calls made`
  return {
    title: say(`replay   chapter ${chapter.number}, ${chapter.slug}   ${where}   Linux ${kernel}`),
    plan,
    next: frames[at]?.index ?? plan.length,
    done: frames.slice(0, at),
    start,
    ...view,
    keys,
    say,
    rows: page.rows,
    columns: page.columns,
  }
}

/** The recording as text: each call, its result, and its changes. */
export function asText({ plan, frames, exitCode }: Recording): string {
  const lines = frames.flatMap(({ index, errno, result, changes }) => {
    const { strace = '', step = index + 1, name = '' } = plan[index] ?? {}
    const given = result === undefined ? '' : ` = ${resultOf(name, result)}`
    const answer = errno ? ` = ${errno}` : given
    const seen = changes.map(({ sign, topic, text }) => `        ${sign} ${topic} ${text}`)
    return [`${String(step || '·').padStart(3)}  ${strace}${answer}`, ...seen]
  })
  if (exitCode !== undefined) lines.push(`exit ${exitCode}`)
  return lines.map((line) => `${printable(line)}\n`).join('')
}
