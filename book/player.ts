/** Plays a chapter's sessions in a shell, as root, on the real kernel. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { compare, filled, refreshed, sessionsIn } from './sessions.ts'
import type { Exchange, Place, Seen } from './sessions.ts'
import { asJob, removeContainers, withoutJobs } from './shells.ts'
import { startMachine, startShell, startTerminal } from './shells.ts'

/** An exchange that printed something else than the text says. */
export interface Mismatch extends Exchange {
  /** The place of the exchange among those of the text, from 0. */
  index: number
  actual: string[]
  /** Index in `expected` of the first line that was not printed. */
  at: number
  /** What the text should say instead. */
  refreshed: string[]
}

/** How long a reader takes after a command that may go on in the background. */
const pauseMs = 3000
const leavesOneRunning = /[^&>]&(?![&>\d])/

/**
 * Carry out all sessions of the text at `path` that belong to `place`, in order, in one shell. On
 * the host it has a private mount namespace, so that no mount reaches the host, an empty working
 * directory, an empty data root, and `stepbox` on the PATH. In both places, STEPBOX_CHAPTER keeps
 * the program at the text's chapter. Gives the exchanges that did not print what the text says.
 *
 * With `asReader` the shell is an interactive bash on a terminal, and three seconds pass after each
 * command that leaves something running.
 */
export async function play(path: string, place: Place, asReader = false): Promise<Mismatch[]> {
  const exchanges = sessionsIn(readFileSync(path, 'utf8'), place)
  if (exchanges.length === 0) return []
  const dir = mkdtempSync('/tmp/stepbox-session-') // as long everywhere: long lines are wrapped
  const pin = pinOf(path)
  const onHost = asReader ? startTerminal : startShell
  const shell = await (place === 'vm' ? startMachine(pin) : onHost(dir, pin))
  const mismatches: Mismatch[] = []
  const typed = new Set<string>()
  let seen: Seen = new Map()
  try {
    for (const [index, exchange] of exchanges.entries()) {
      const command = filled(exchange.command, seen)
      for (const line of command.split('\n')) typed.add(asJob(line))
      const printed = await shell.ask(command).catch((error: Error) => {
        throw new Error(`${path}:${exchange.line}: ${error.message}`, { cause: error })
      })
      if (asReader && leavesOneRunning.test(command)) await setTimeout(pauseMs)
      const expected = exchange.expected.map((line) => line.trimEnd())
      const asPrinted = compare(expected, printed, seen)
      const isPlain = !asReader || typeof asPrinted !== 'number'
      const actual = isPlain ? printed : withoutJobs(printed, typed)
      const result = isPlain ? asPrinted : compare(expected, actual, seen)
      if (typeof result !== 'number') seen = result
      else {
        const better = refreshed(expected, actual, seen)
        mismatches.push({ ...exchange, index, actual, at: result, refreshed: better })
      }
    }
  } finally {
    shell.end()
    removeContainers(dir)
    rmSync(dir, { recursive: true, force: true })
  }
  return mismatches
}

/** The chapter of the text at `path`, as a variable for the program; none for other texts. */
function pinOf(path: string): { STEPBOX_CHAPTER?: string } {
  const [, digits] = /(?:^|\/)chapters\/(\d\d)-[^/]+\/[^/]+$/.exec(path) ?? []
  return digits === undefined ? {} : { STEPBOX_CHAPTER: `${Number(digits)}` }
}

/** A mismatch for people: the place, the command, and a line-by-line difference. */
export function explained(path: string, { line, command, expected, actual, at }: Mismatch): string {
  return [
    `${path}:${line}: $ ${command}`,
    ...expected.map((text, i) => `${i === at ? '-' : ' '} ${text}`),
    ...(at >= expected.length ? ['- (nothing more)'] : []),
    'what it printed:',
    ...actual.map((text) => `+ ${text}`),
  ].join('\n')
}

/** Put what was really printed into a text at `path` that has the same exchanges. */
export function rewrite(path: string, place: Place, mismatches: Mismatch[]): void {
  const text = readFileSync(path, 'utf8')
  const lines = text.split('\n')
  const exchanges = sessionsIn(text, place)
  for (const mismatch of mismatches.toReversed()) {
    const own = exchanges[mismatch.index]
    if (own?.command !== mismatch.command) continue
    const start = own.line - 1 + own.command.split('\n').length
    lines.splice(start, own.expected.length, ...mismatch.refreshed)
  }
  writeFileSync(path, lines.join('\n'))
}
