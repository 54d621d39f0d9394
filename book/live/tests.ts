/** The tests of a chapter, or the checks of the lab, run for a page: each verdict as it comes. */
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'
import { folderOf } from './chapters.ts'
import type { Line } from './line.ts'
import { begin, clearUp } from './process.ts'
import { verdictMark, type Verdict } from './verdicts.ts'

const reporter = '--reporter=./book/live/verdicts.ts'

/** Run the tests of a chapter, or what the lab checks in `workspace`, until the socket closes. */
export async function tests(line: Line, chapter: number, workspace?: string): Promise<void> {
  const temporary = mkdtempSync(join(tmpdir(), 'stepbox-live-'))
  chmodSync(temporary, 0o711) // for tests that run a program as an ordinary user
  const argv =
    workspace === undefined
      ? [process.execPath, 'test/run.mjs', folderOf(chapter), reporter]
      : ['stepbox', 'lab', 'test', String(chapter)]
  const env = { NO_COLOR: '1', TMPDIR: temporary }
  const started = begin({ argv, env, ...(workspace === undefined ? {} : { cwd: workspace }) })
  const { output, errors, input, ended, end } = started
  line.onClose(end)
  input.end()
  for (const stream of [output, errors])
    createInterface({ input: stream }).on('line', (text) => {
      const verdict = verdictIn(text)
      line.tell(verdict ? { test: verdict } : { line: stripVTControlCharacters(text) })
    })
  const { exitCode } = await ended
  for (const root of dataRootsIn(temporary)) await clearUp(root)
  rmSync(temporary, { recursive: true, force: true, maxRetries: 2 })
  line.finish({ exit: exitCode })
}

const marks = { '✓': 'pass', '✗': 'fail', '-': 'skip' } as const

/** A line of our reporter, or of the lab: `  ✓ /proc shows the processes of the container`. */
function verdictIn(text: string): Verdict | undefined {
  if (text.startsWith(verdictMark)) return JSON.parse(text.slice(verdictMark.length)) as Verdict
  const [, mark = '', name = ''] = /^ {2}([✓✗-]) (\S.*)$/.exec(text) ?? []
  return mark in marks ? { name, state: marks[mark as keyof typeof marks] } : undefined
}

/** The data roots that killed tests have left: not deeper than tests make them. */
function dataRootsIn(dir: string, depth = 3): string[] {
  if (existsSync(join(dir, 'containers'))) return [dir]
  if (depth === 0) return []
  const below = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return below.flatMap(({ name }) => dataRootsIn(join(dir, name), depth - 1))
}
