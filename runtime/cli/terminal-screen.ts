/** The whole terminal as a page to draw on, restored however the program ends. */
import { constants } from 'node:os'
import { isatty, ReadStream } from 'node:tty'

export interface Page {
  readonly rows: number
  readonly columns: number
  draw(lines: string[]): void
  /**
   * The next key: a character, or `up`, `down`, `left`, `right`, `enter`, `escape`, `ctrl-c`; or
   * `resize`. After a signal that ends the program, and when the terminal is gone, every key is
   * `ctrl-c`.
   */
  key(): Promise<string>
  /** Whether every further key will be `ctrl-c`. */
  isOver(): boolean
  /** A line typed after `prompt`, at the bottom; undefined when it was cancelled. */
  ask(prompt: string): Promise<string | undefined>
  /** Restore the terminal for a shell or the container, and take it again. */
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

/** The bytes of one key (console_codes(4)), or the beginning of one; Escape alone is a key. */
const oneKey = /\x1b(?:\[[\d;]*[\x40-\x7e]|O.)|[^]/gu
const cutOff = /(?:\x1b\[[\d;]*|\x1bO|(?<=[^])\x1b)$/

const fatal = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Whether there are keys to read, a screen to draw on, and `others` are the terminal too. */
export function hasScreen(...others: number[]): boolean {
  const isDumb = ['', 'dumb'].includes(process.env['TERM'] ?? '')
  return !isDumb && [0, 2, ...others].every((fd) => isatty(fd))
}

/** Take the terminal on standard input and error. Node itself restores its modes when it ends. */
export function takeTerminal(): Page {
  const input = process.stdin as ReadStream
  const output = process.stderr
  let keys: string[] = []
  let isTaken = false
  let isOver = false
  let rest = ''
  let waiting: ((key: string) => void) | undefined
  const receive = (key: string) => {
    const resolve = waiting
    waiting = undefined
    if (resolve) resolve(key)
    else keys.push(key)
  }
  const give = (data: Buffer) => {
    const text = rest + data.toString('utf8')
    const whole = text.replace(cutOff, '')
    rest = text.slice(whole.length)
    for (const each of whole.match(oneKey) ?? []) receive(names[each] ?? each)
  }
  const resized = () => receive('resize')
  const end = () => {
    isOver = true
    receive('ctrl-c')
  }
  const endBy = (signal: (typeof fatal)[number]) => {
    process.once('exit', () => (process.exitCode = 128 + constants.signals[signal]))
    end()
  }
  input.on('error', end)
  output.on('error', end) // ignoring: nobody can see it any more
  process.once('exit', () => page.leave())
  const page: Page = {
    get rows() {
      return output.rows ?? 24
    },
    get columns() {
      return output.columns ?? 80
    },
    draw(lines) {
      output.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`)
    },
    key: () =>
      new Promise((resolve) => {
        const ready = isOver ? 'ctrl-c' : keys.shift()
        if (ready === undefined) waiting = resolve
        else resolve(ready)
      }),
    isOver: () => isOver,
    async ask(prompt) {
      for (let typed = ''; ;) {
        output.write(`\r\x1b[${page.rows}H\x1b[K${prompt}${typed}\x1b[?25h`)
        const key = await page.key()
        if (key === 'enter' || key === 'escape' || key === 'ctrl-c') {
          output.write('\x1b[?25l')
          return key === 'enter' ? typed : undefined
        }
        if (key === 'backspace') typed = typed.slice(0, -1)
        else if (/^[\x20-\x7e]$/.test(key)) typed += key
      }
    },
    leave() {
      if (!isTaken) return
      isTaken = false
      input.off('data', give)
      input.off('end', end)
      output.off('resize', resized)
      for (const signal of fatal) process.off(signal, endBy)
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
      input.on('end', end)
      output.on('resize', resized)
      for (const signal of fatal) process.on(signal, endBy)
      input.resume()
    },
  }
  page.enter()
  return page
}
