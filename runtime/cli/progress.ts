/** Progress of long work: one line on a terminal, each over the one before; nothing in a pipe. */
import { isatty } from 'node:tty'
import chalk from 'chalk'

/** A function that shows what is being done; an empty text clears the line. */
export function progressLine(): (text: string) => void {
  if (!isatty(2)) return () => {}
  return (text) =>
    process.stderr.write(`\r\x1b[K${text && !text.includes('\n') ? chalk.dim(`${text} …`) : text}`)
}
