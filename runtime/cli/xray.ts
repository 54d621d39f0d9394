/** `x-ray`: a running container and its host side by side, once or every second. */
import { setTimeout } from 'node:timers/promises'
import type { Runtime } from '../chapter.ts'
import { cut } from '../columns.ts'
import { UsageError, type Input } from '../command-line.ts'
import { findContainer, stateOf } from '../container/find.ts'
import { tidy } from '../container/tidy.ts'
import type { Container } from '../options.ts'
import { asJson, printable } from '../printable.ts'
import { noKey, type Keys } from '../tools/walk/screen.ts'
import { xray } from '../tools/x-ray/xray.ts'
import { writeError, writeOutput } from './output.ts'
import { hasScreen, takeTerminal, type Page } from './terminal-screen.ts'
import { pageOf } from './xray-page.ts'
import { say } from './voice.ts'

/** Print the page or its JSON once, or draw it until it is left. */
export async function xrayCommand(input: Input): Promise<number> {
  try {
    return await show(input)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'EACCES' && code !== 'EPERM') throw error
    throw new Error('x-ray needs root: try sudo', { cause: error })
  }
}

async function show({ runtime, words, switches, values }: Input): Promise<number> {
  await tidy(runtime)
  const container = findContainer(runtime.root, words[0] ?? '')
  if (container.status !== 'running')
    throw new Error(`container '${container.name}' has ended; stepbox inspect shows its end`)
  const isWatching = switches.has('watch')
  if (isWatching && values.has('format'))
    throw new UsageError('--watch draws a page and cannot print JSON')
  if (isWatching) return watch(runtime, container)
  const seen = await xray(runtime, container)
  if (!seen) throw new Error(`container '${container.name}' is just starting or ending; try again`)
  writeOutput(values.has('format') ? asJson(seen) : `${pageOf(seen).join('\n')}\n`)
  return 0
}

const everyMs = 1000

type Size = Pick<Page, 'rows' | 'columns'>

/** Draw again each second, until q, Ctrl-C, a signal, or the end of the container. */
async function watch(runtime: Runtime, container: Container): Promise<number> {
  if (!hasScreen()) throw new Error('--watch needs a terminal to draw on')
  const page = takeTerminal()
  let isOver = false
  let above = 0
  let lines: string[] = []
  let looked = -Infinity
  let message: string | undefined
  let key = page.key()
  try {
    while (!isOver) {
      if (performance.now() >= looked + everyMs) {
        const current = stateOf(runtime.root, container.id)
        const seen = current?.status === 'running' ? await xray(runtime, current) : undefined
        if (!seen) break
        lines = pageOf(seen, true)
        looked = performance.now()
      }
      const most = Math.max(0, lines.length - (page.rows - 1))
      above = Math.min(above, most)
      page.draw(fitted(lines, page, { above, message }))
      const wait = Math.max(0, looked + everyMs - performance.now())
      const pressed = await Promise.race([key, setTimeout(wait, undefined)])
      isOver = ['q', 'escape', 'ctrl-c'].includes(pressed ?? '')
      const to = scrolled(pressed, above, page.rows - 1)
      message = pressed === undefined || to !== undefined ? undefined : noKey(pressed, keys, say)
      above = Math.max(0, Math.min(most, to ?? above))
      if (pressed !== undefined) key = page.key()
    }
  } finally {
    page.leave()
  }
  if (!isOver) writeError(say(`container '${printable(container.name)}' has ended\n`))
  return 0
}

const keys: Keys = [
  ['q', 'quit'],
  ['↑ ↓', 'scroll'],
]

/** The line that becomes the first one; undefined for a key that does not scroll. */
function scrolled(key: string | undefined, above: number, room: number): number | undefined {
  if (key === 'down') return above + 1
  if (key === 'up') return above - 1
  return key === ' ' ? above + room : undefined
}

interface View {
  above: number
  /** Shown instead of the keys. */
  message: string | undefined
}

/** The lines that fit, after the first `above`, and the keys in the last line. */
function fitted(lines: string[], { rows, columns }: Size, { above, message }: View): string[] {
  const room = Math.max(1, rows - 1)
  const below = lines.length - room - above
  const more = below + above > 0 ? ` q quit · ↑ ↓ scroll · ${below} more lines below` : ' q quit'
  const shown = lines.slice(above, above + room).map((line) => cut(line, columns))
  return [...shown, cut(message ?? say(more), columns)]
}
