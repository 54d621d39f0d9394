/** Command line. `x-ray`: a running container and its host side by side, once or every second. */
import { setTimeout } from 'node:timers/promises'
import { isatty } from 'node:tty'
import { findContainer, listContainers, type Container } from '../container/containers.ts'
import { tidy } from '../container/tidy.ts'
import { xray as look } from '../tools/x-ray/xray.ts'
import { UsageError } from './args.ts'
import type { Input } from './main.ts'
import { json } from './table.ts'
import { takeTerminal } from './terminal-screen.ts'
import { pageOf } from './xray-page.ts'

export async function xray(input: Input): Promise<number> {
  try {
    return await show(input)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'EACCES' && code !== 'EPERM') throw error
    throw new Error('looking into a container needs root: try sudo', { cause: error })
  }
}

async function show({ root, words, switches, values }: Input): Promise<number> {
  await tidy(root)
  const container = findContainer(root, words[0] ?? '')
  if (container.status !== 'running')
    throw new Error(`container '${container.name}' has ended; stepbox inspect tells of it`)
  const isWatching = switches.has('watch')
  if (isWatching && values.has('format')) throw new UsageError('--watch draws, and prints no JSON')
  if (isWatching) return watch(root, container)
  const seen = await look(root, container)
  if (!seen) throw new Error(`container '${container.name}' is just beginning or ending; try again`)
  process.stdout.write(values.has('format') ? json(seen) : `${pageOf(seen).join('\n')}\n`)
  return 0
}

const everyMs = 1000

/** Draw again each second, until q, Ctrl-C, a signal, or the end of the container. */
async function watch(root: string, container: Container): Promise<number> {
  if (!isatty(0) || !isatty(2)) throw new Error('--watch needs a terminal to draw on')
  const page = takeTerminal()
  let isOver = false
  let above = 0
  let key = page.key()
  try {
    while (!isOver) {
      const current = listContainers(root).find(({ id }) => id === container.id)
      const seen = current?.status === 'running' ? await look(root, current) : undefined
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

/** As many lines as there is room for, without the `above` first; and last the keys. */
function fitted(lines: string[], rows: number, above: number): string[] {
  const room = Math.max(1, rows - 1)
  const below = lines.length - room - above
  const keys = below + above > 0 ? ` q quit · ↑ ↓ scroll · ${below} more lines below` : ' q quit'
  return [...lines.slice(above, above + room), keys]
}
