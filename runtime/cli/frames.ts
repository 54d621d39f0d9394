/** Answers that follow each other, such as those of `stats`: live until they are left. */
import { isatty } from 'node:tty'
import { valueOf, type Answer, type Typed } from '../command-line.ts'
import { cut } from '../columns.ts'
import { checkOutput, writeOutput } from './output.ts'
import { answerText } from './print.ts'
import { takeTerminal, type Page } from './terminal-screen.ts'

type Frames = NonNullable<Answer['frames']>

/** Draw in place on a terminal; elsewhere print one after the other, for a program to read. */
export async function printFrames(frames: Frames, typed: Typed): Promise<number> {
  const leaving = new AbortController()
  try {
    if ([0, 1, 2].every((fd) => isatty(fd))) await draw(frames(leaving.signal), typed, leaving)
    else
      for await (const answer of frames(leaving.signal)) {
        writeOutput(`${isatty(1) ? '\x1b[H\x1b[J' : ''}${await answerText(answer, typed)}`)
        checkOutput()
      }
  } catch (error) {
    if (!leaving.signal.aborted) throw error // ignoring: it was left while it waited
  }
  return 0
}

/** Print one after the other, as they come. In JSON each is a line. */
export async function printStream(answers: AsyncIterable<Answer>, typed: Typed): Promise<number> {
  const values = new Map(typed.values)
  if (valueOf(typed, 'format') === 'json') values.set('format', ['{{json .}}'])
  for await (const answer of answers) {
    writeOutput(await answerText(answer, { ...typed, values }))
    checkOutput()
  }
  return 0
}

async function draw(frames: AsyncIterable<Answer>, typed: Typed, leaving: AbortController) {
  const page = takeTerminal()
  let lines: string[] = []
  const show = () => page.draw(lines.slice(0, page.rows).map((line) => cut(line, page.columns)))
  void keys(page, show).then(() => leaving.abort())
  try {
    for await (const answer of frames) {
      lines = (await answerText(answer, typed)).trimEnd().split('\n')
      show()
    }
  } finally {
    page.leave()
  }
}

/** Resolves when the page is left: q, Escape, Ctrl-C, a signal, or the end of the terminal. */
async function keys(page: Page, show: () => void): Promise<void> {
  for (let key = ''; !['q', 'escape', 'ctrl-c'].includes(key); ) {
    key = await page.key()
    if (key === 'resize') show()
  }
}
