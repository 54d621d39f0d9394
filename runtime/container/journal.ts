/**
 * What a container's monitor writes down while no Node process is there (native/06-lifecycle.c): a
 * line for each thing that happens, `<kind> <seconds>.<nanoseconds> <numbers>`.
 *
 *     start … <pid> <start>   its first process is there: see `ProcessId`
 *     run …                   the command runs
 *     exit … <wait status>    it has ended
 *     over …                  no further start follows
 *     unlogged … <errno>      from here on the log has a gap
 */
import { appendFileSync, closeSync, existsSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { tryRead, unlessMissing, unlinkIfThere } from '../files.ts'
import { endOf, errnoNamed } from '../kernel-names.ts'
import type { Container } from '../options.ts'

/** Where the journal of the container in `dir` is. */
export function journalPath(dir: string): string {
  return join(dir, 'journal')
}

/** Another list for the container in `dir`: its monitor carries it out from the next start on. */
export function planPath(dir: string): string {
  return join(dir, 'plan')
}

/** What the journal in a container's directory adds to its state. */
export function journaled(container: Container, dir: string): Partial<Container> {
  const lines = (tryRead(journalPath(dir)) ?? '').split('\n').slice(0, -1)
  let found: Partial<Container> = {}
  let starts = 0
  for (const line of lines) {
    const [kind, time = '', ...numbers] = line.split(' ')
    const [first = 0, second = 0] = numbers.map(Number)
    const at = isoOf(time)
    if (at === undefined) continue // a line that a full disk has cut off, and the next one
    if (kind === 'start') {
      const { boot, within } = container.monitor
      const init = { pid: first, start: second, boot, ...(within ? { within } : {}) }
      const { exitCode: _, signal: __, ...rest } = found
      found = { ...rest, init, status: 'running', restarts: starts++ }
    } else if (kind === 'run') found = { ...found, started: at }
    else if (kind === 'exit') {
      const { init: _, signal: __, ...rest } = found
      found = { ...rest, status: 'restarting', finished: at, ...endOf(first) }
    } else if (kind === 'over') found = { ...found, status: 'exited' }
    else if (kind === 'unlogged') found = { ...found, unlogged: errnoNamed(first) ?? '' }
  }
  return found
}

/** `1764375600.123456789` in ISO 8601; undefined for what is no time. */
function isoOf(time: string): string | undefined {
  return /^\d{1,11}\.\d{9}$/.test(time) ? new Date(Number(time) * 1000).toISOString() : undefined
}

/** Begin anew: what an earlier life of the container has left. */
export function clearJournal(dir: string): void {
  for (const name of ['journal', 'stopped']) unlinkIfThere(join(dir, name))
  unlinkIfThere(planPath(dir))
}

/**
 * From now on no policy starts the container again: its end is wanted. The signal that it is sent
 * for that is on record, too; of several, each has a line. Harmless if the container is gone.
 */
export function wantEnd(dir: string, signal?: number): void {
  const fd = unlessMissing(() => openSync(join(dir, 'stopped'), 'a', 0o600))
  if (fd === undefined) return
  try {
    if (signal !== undefined) writeSync(fd, `${signal}\n`)
  } catch {
    // ignoring a full disk: what counts is that the file is there
  } finally {
    closeSync(fd)
  }
}

/** The last signal that a command sent to end the container in `dir`; undefined if none did. */
export function endingSignal(dir: string): number | undefined {
  const [last] = (tryRead(join(dir, 'stopped')) ?? '').trim().split('\n').slice(-1)
  return Number(last) || undefined
}

/** Whether the last end of the container in `dir` was wanted. */
export function isEndWanted(dir: string): boolean {
  return existsSync(join(dir, 'stopped'))
}

/**
 * Write down how a container ended that is removed now, for those who wait for it: they have made
 * the journal, if no monitor has, and keep it open.
 */
export function recordEnd(dir: string, { exitCode }: { exitCode: number }): void {
  if (!existsSync(journalPath(dir))) return
  const time = (Date.now() / 1000).toFixed(9)
  appendFileSync(journalPath(dir), `exit ${time} ${exitCode << 8}\nover ${time} 0\n`)
}
