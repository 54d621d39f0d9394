/** The terminal that a command was typed on. */
import { isatty, WriteStream } from 'node:tty'

/** The size of the caller's terminal; undefined where none of the standard streams is one. */
export function sizeOfTerminal(): { rows: number; columns: number } | undefined {
  const fd = [0, 1, 2].find((each) => isatty(each))
  if (fd === undefined) return undefined
  const [columns, rows] = new WriteStream(fd).getWindowSize()
  return { rows, columns }
}
