/** Tests. One command on a terminal of its own, made by script(1): what is typed, what it shows. */
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { onTestFinished } from 'vitest'

export interface OnTerminal {
  /** All that it has shown so far, without the carriage returns. */
  shown: () => string
  /** What is typed before the command begins is typed then. */
  type: (keys: string) => void
  /** Resolves when it has shown `text`, as often as that; rejects when it ended without. */
  shows: (text: string, times?: number) => Promise<void>
  /** The shell in the terminal. */
  pid: () => number
  ended: Promise<TerminalEnd>
}

export interface TerminalEnd {
  code: number | null
  shown: string
  /** The terminal is set as it was before. */
  isAsBefore: boolean
}

const asXterm = { SHELL: '/bin/sh', TERM: 'xterm' }
const asBefore = 'the terminal is as before\n'

/**
 * Run `command`, for a shell, on a terminal of 100 columns and 30 rows. The terminal does not show
 * what is typed; it does so where a container's own does.
 */
export function onTerminal(command: string, env: Record<string, string> = {}): OnTerminal {
  const script = [
    'stty rows 30 cols 100 -echo; before=$(stty -g)',
    'trap : INT QUIT TSTP; echo shell $$',
    command,
    `code=$?; test "$(stty -g)" = "$before" && echo "${asBefore.trim()}"; exit $code`,
  ]
  const child = spawn('script', ['-qec', script.join('\n'), '/dev/null'], {
    env: { PATH: process.env['PATH'] ?? '', TMPDIR: tmpdir(), ...asXterm, ...env },
    stdio: 'pipe',
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let all = ''
  const waiting: (() => void)[] = []
  child.stdout.on('data', (chunk: Buffer) => {
    all += chunk.toString().replaceAll('\r', '')
    for (const look of waiting) look()
  })
  child.stdin.on('error', () => {}) // ignoring: it may end without reading
  const shell = () => /^shell (\d+)$/m.exec(all)?.[1]
  const shown = () => all.replace(/^shell \d+\n/m, '').replace(asBefore, '')
  const ended = new Promise<TerminalEnd>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) =>
      resolve({ code, shown: shown(), isAsBefore: all.includes(asBefore) }),
    )
  })
  const begun = new Promise<void>((resolve) => waiting.push(() => shell() && resolve()))
  return {
    shown,
    type: (keys) => void begun.then(() => child.stdin.write(keys)),
    shows: (text, times = 1) =>
      new Promise((resolve, reject) => {
        const look = () => shown().split(text).length > times && resolve()
        waiting.push(look)
        look()
        void ended.then(() => reject(new Error(`ended without '${text}': ${all}`)))
      }),
    pid: () => Number(shell()),
    ended,
  }
}
