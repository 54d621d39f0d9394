/**
 * What a container's monitor writes down while no Node process is there (native/06-lifecycle.c): a
 * line for each thing that happens, `<kind> <seconds>.<nanoseconds> <numbers>`.
 *
 *     start … <pid> <start>   its first process is there: see `ProcessId`
 *     run …                   the command runs
 *     exit … <wait status>    it has ended
 *     over …                  no further start follows
 *     unlogged … <errno>      the log takes no more
 */
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { tryRead, unlinkIfThere } from '../files.ts'
import { endOf, errnoNamed } from '../kernel-names.ts'
import type { Container } from '../options.ts'

/** What the journal in a container's directory adds to its state. */
export function journaled(container: Container, dir: string): Partial<Container> {
  const lines = (tryRead(join(dir, 'journal')) ?? '').split('\n').slice(0, -1)
  let found: Partial<Container> = {}
  let starts = 0
  for (const line of lines) {
    const [kind, time = '', ...numbers] = line.split(' ')
    const [first = 0, second = 0] = numbers.map(Number)
    const at = isoOf(time)
    if (kind === 'start') {
      const { boot, within } = container.monitor
      const init = { pid: first, start: second, boot, ...(within ? { within } : {}) }
      found = { ...found, init, status: 'running', restarts: starts++ }
    } else if (kind === 'run') found = { ...found, started: at }
    else if (kind === 'exit') {
      const { init: _, signal: __, ...rest } = found
      found = { ...rest, status: 'restarting', finished: at, ...endOf(first) }
    } else if (kind === 'over') found = { ...found, status: 'exited' }
    else if (kind === 'unlogged') found = { ...found, unlogged: errnoNamed(first) ?? '' }
  }
  return found
}

/** `1764375600.123456789` in ISO 8601. */
function isoOf(time: string): string {
  return new Date(Number(time) * 1000).toISOString()
}

/** Begin anew: what an earlier life of the container has left. */
export function clearJournal(dir: string): void {
  for (const name of ['journal', 'stopped']) unlinkIfThere(join(dir, name))
}

/** From now on no policy starts the container again: its end is wanted. */
export function wantEnd(dir: string): void {
  closeSync(openSync(join(dir, 'stopped'), 'w', 0o600))
}
