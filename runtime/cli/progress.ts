/** Progress of long work: one line on a terminal, each over the one before; nothing in a pipe. */
import { isatty } from 'node:tty'
import chalk from 'chalk'
import { printable } from '../printable.ts'
import { writeError } from './output.ts'
import { say } from './voice.ts'

/** A function that shows what is being done; an empty text clears the line. */
export function progressLine(): (text: string) => void {
  if (!isatty(2)) return () => {}
  return (text) => {
    if (text === '' && isClear) return
    isClear = text === ''
    writeError(`\r\x1b[K${text && chalk.dim(`${printable(say(text))} …`)}`)
  }
}

/** Whether there is nothing on the line: one function may write it, and another clear it. */
let isClear = true
