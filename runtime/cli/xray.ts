/** `x-ray`: a running container and its host side by side, once or every second. */
import { setTimeout } from 'node:timers/promises'
import { isatty } from 'node:tty'
import type { Runtime } from '../chapter.ts'
import { UsageError, type Input } from '../command-line.ts'
import { findContainer, stateOf } from '../container/find.ts'
import { tidy } from '../container/tidy.ts'
import type { Container } from '../options.ts'
import { xray } from '../tools/x-ray/xray.ts'
import { asJson } from './print.ts'
import { takeTerminal } from './terminal-screen.ts'
import { pageOf } from './xray-page.ts'

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
  process.stdout.write(values.has('format') ? asJson(seen) : `${pageOf(seen).join('\n')}\n`)
  return 0
}

const everyMs = 1000

/** Draw again each second, until q, Ctrl-C, a signal, or the end of the container. */
async function watch(runtime: Runtime, container: Container): Promise<number> {
  if (!isatty(0) || !isatty(2)) throw new Error('--watch needs a terminal to draw on')
  const page = takeTerminal()
  let isOver = false
  let above = 0
  let key = page.key()
  try {
    while (!isOver) {
      const current = stateOf(runtime.root, container.id)
      const seen = current?.status === 'running' ? await xray(runtime, current) : undefined
      if (!seen) break
      const lines = pageOf(seen)
      const most = Math.max(0, lines.length - (page.rows - 1))
      above = Math.min(above, most)
      page.draw(fitted(lines, page.rows, above))
      const pressed = await Promise.race([key, setTimeout(everyMs, undefined)])
      isOver = ['q', 'escape', 'ctrl-c'].includes(pressed ?? '')
      if (pressed === 'down') above = Math.min(most, above + 1)
      if (pressed === 'up') above = Math.max(0, above - 1)
      if (pressed !== undefined) key = page.key()
    }
  } finally {
    page.leave()
  }
  if (!isOver) process.stderr.write(`container '${container.name}' has ended\n`)
  return 0
}

/** The lines that fit, after the first `above`, and the keys in the last line. */
function fitted(lines: string[], rows: number, above: number): string[] {
  const room = Math.max(1, rows - 1)
  const below = lines.length - room - above
  const keys = below + above > 0 ? ` q quit · ↑ ↓ scroll · ${below} more lines below` : ' q quit'
  return [...lines.slice(above, above + room), keys]
}
