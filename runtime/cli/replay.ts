/** `replay FILE`: show a recorded walk, forward and backward. It needs neither root nor Linux. */
import { readFileSync } from 'node:fs'
import { isatty } from 'node:tty'
import type { Input } from '../command-line.ts'
import { resultOf } from '../strace.ts'
import { parseRecording, type Recording } from '../tools/walk/recording.ts'
import { draw, scrolled, type Scene } from '../tools/walk/screen.ts'
import { takeTerminal, type Page } from './terminal-screen.ts'

/** Show the recording on a terminal, or print it. */
export async function replay({ words }: Input): Promise<number> {
  const [file = ''] = words
  const recording = parseRecording(read(file))
  if (isatty(0) && isatty(2)) await walkThrough(recording)
  else process.stdout.write(asText(recording))
  return 0
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Error(`cannot read '${file}': ${(cause as NodeJS.ErrnoException).code}`, { cause })
  }
}

const keys = [
  ['n', 'next'],
  ['b', 'back'],
  ['g', 'first'],
  ['G', 'last'],
  ['i', 'inspect'],
  ['q', 'quit'],
] as const

async function walkThrough(recording: Recording): Promise<void> {
  const page = takeTerminal()
  let at = 0
  let isInspecting = false
  let scroll = 0
  try {
    for (;;) {
      const scene = sceneOf(page, recording, { at, isInspecting, scroll })
      page.draw(draw(scene))
      const key = await page.key()
      if (key === 'q' || key === 'ctrl-c' || key === 'escape') return
      if (key === 'i') [isInspecting, scroll] = [!isInspecting, 0]
      if (isInspecting && (key === 'up' || key === 'down')) {
        scroll = scrolled(scene, key)
        continue
      }
      if (['n', ' ', 'enter', 'right', 'down'].includes(key)) at++
      if (['b', 'left', 'up', 'backspace'].includes(key)) at--
      if (key === 'g') at = 0
      if (key === 'G') at = recording.frames.length
      at = Math.max(0, Math.min(at, recording.frames.length))
    }
  } finally {
    page.leave()
  }
}

interface Position {
  /** The number of calls made. */
  at: number
  isInspecting: boolean
  scroll: number
}

function sceneOf(page: Page, recording: Recording, { at, ...view }: Position): Scene {
  const { chapter, plan, start, frames, kernel } = recording
  const where = `${at} of ${frames.length} calls made`
  return {
    title: `replay   chapter ${chapter.number}, ${chapter.slug}   ${where}   Linux ${kernel}`,
    plan,
    next: frames[at]?.index ?? plan.length,
    done: frames.slice(0, at),
    start,
    ...view,
    keys,
    rows: page.rows,
    columns: page.columns,
  }
}

/** The recording as text: each call, its result, and its changes. */
function asText({ plan, frames, exitCode }: Recording): string {
  const lines = frames.flatMap(({ index, errno, result, changes }) => {
    const { strace = '', step = index + 1, name = '' } = plan[index] ?? {}
    const given = result === undefined ? '' : ` = ${resultOf(name, result)}`
    const answer = errno ? ` = ${errno}` : given
    const seen = changes.map(({ sign, topic, text }) => `        ${sign} ${topic} ${text}`)
    return [`${String(step || '·').padStart(3)}  ${strace}${answer}`, ...seen]
  })
  if (exitCode !== undefined) lines.push(`exit ${exitCode}`)
  return `${lines.join('\n')}\n`
}
