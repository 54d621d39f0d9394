/** Tests. A real terminal: tmux runs the program, keys are typed, the screen is read. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { onTestFinished } from 'vitest'

export interface Screen {
  /** The id of the shell that runs in the terminal. */
  shell: number
  keys(...keys: string[]): void
  /** Type a line and press Enter. */
  line(text: string): void
  text(): string
  /** Wait until the screen shows it; throws with what it shows instead. */
  shows(wanted: string | RegExp, patienceMs?: number): Promise<string>
  resize(columns: number, rows: number): void
}

/** Open a terminal with a shell in it. It and all in it are gone after the test. */
export function openTerminal(env: Record<string, string>, columns = 100, rows = 30): Screen {
  const dir = mkdtempSync(join(tmpdir(), 'stepbox-tmux-'))
  const tmux = (...args: string[]) =>
    execFileSync('tmux', ['-S', join(dir, 'socket'), '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
      env: { ...process.env, ...env, TERM: 'xterm', PS1: '$ ' },
    })
  tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), 'bash --norc')
  onTestFinished(() => {
    try {
      tmux('kill-server')
    } catch {
      // ignoring: the shell has ended, and with its last window the server
    }
    rmSync(dir, { recursive: true, force: true })
  })
  const text = () => tmux('capture-pane', '-p')
  return {
    shell: Number(tmux('display-message', '-p', '#{pane_pid}')),
    keys: (...keys) => void tmux('send-keys', ...keys),
    line: (typed) => void tmux('send-keys', typed, 'Enter'),
    text,
    async shows(wanted, patienceMs = 20_000) {
      for (let left = patienceMs / 25; ; left--) {
        const now = text()
        if (typeof wanted === 'string' ? now.includes(wanted) : wanted.test(now)) return now
        if (left <= 0) throw new Error(`the screen never showed ${String(wanted)}:\n${now}`)
        await setTimeout(25)
      }
    },
    resize: (width, height) =>
      void tmux('resize-window', '-x', String(width), '-y', String(height)),
  }
}
