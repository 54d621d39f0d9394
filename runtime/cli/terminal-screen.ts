/** Command line. The whole terminal as a page to draw on, given back as it was on every way out. */
import { ReadStream } from 'node:tty'

export interface Page {
  rows: number
  columns: number
  draw(lines: string[]): void
  /** The next key: a character, or `up`, `down`, `left`, `right`, `enter`, `escape`, `ctrl-c`. */
  key(): Promise<string>
  /** A line typed after `prompt`, at the bottom; undefined when it was cancelled. */
  ask(prompt: string): Promise<string | undefined>
  /** Give the terminal away (to a shell, to the container), and take it back. */
  leave(): void
  enter(): void
}

const names: Record<string, string> = {
  '\x1b[A': 'up',
  '\x1b[B': 'down',
  '\x1b[C': 'right',
  '\x1b[D': 'left',
  '\r': 'enter',
  '\n': 'enter',
  '\x1b': 'escape',
  '\x03': 'ctrl-c',
  '\x7f': 'backspace',
  '\b': 'backspace',
}

/** Take the terminal on standard input and error. Node itself restores its modes when it ends. */
export function takeTerminal(): Page {
  const input = process.stdin as ReadStream
  const output = process.stderr
  let keys: string[] = []
  let isTaken = false
  let waiting: ((key: string) => void) | undefined
  const give = (data: Buffer) => {
    const text = data.toString('utf8')
    keys.push(...(names[text] ? [names[text]] : [...text].map((each) => names[each] ?? each)))
    while (waiting && keys.length > 0) {
      const receive = waiting
      waiting = undefined
      receive(keys.shift() ?? '')
    }
  }
  const page: Page = {
    rows: output.rows ?? 24,
    columns: output.columns ?? 80,
    draw(lines) {
      page.rows = output.rows ?? 24
      page.columns = output.columns ?? 80
      output.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`)
    },
    key: () =>
      new Promise((resolve) => {
        const ready = keys.shift()
        if (ready === undefined) waiting = resolve
        else resolve(ready)
      }),
    async ask(prompt) {
      for (let typed = ''; ;) {
        output.write(`\r\x1b[${page.rows}H\x1b[K${prompt}${typed}\x1b[?25h`)
        const key = await page.key()
        if (key === 'enter' || key === 'escape' || key === 'ctrl-c') {
          output.write('\x1b[?25l')
          return key === 'enter' ? typed : undefined
        }
        typed = key === 'backspace' ? typed.slice(0, -1) : key.length === 1 ? typed + key : typed
      }
    },
    leave() {
      if (!isTaken) return
      isTaken = false
      input.off('data', give)
      input.setRawMode(false)
      input.pause()
      output.write('\x1b[?25h\x1b[?1049l')
    },
    enter() {
      isTaken = true
      keys = []
      output.write('\x1b[?1049h\x1b[?25l\x1b[H\x1b[J')
      input.setRawMode(true)
      input.on('data', give)
      input.resume()
    },
  }
  page.enter()
  return page
}
