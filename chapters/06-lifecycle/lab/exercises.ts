/** The answers to the smaller exercises of chapter 6. */
import type { RestartPolicy } from '../../../runtime/06-lifecycle/monitor.ts'

/** What can be said of a container. */
export interface Said {
  status: 'created' | 'running' | 'restarting' | 'exited'
  /** How often it was started again. */
  restarts: number
  /** How its last start ended, as a shell says it: 0 to 255. Null if it has not ended. */
  exitCode: number | null
}

/**
 * Read. What the journal of a container says of it. `isWatched`: its monitor is alive. The lines
 * are (the times do not matter here):
 *
 *     start <time> <pid> <began>   a start: its first process is there
 *     run <time> 0                 the command runs
 *     exit <time> <status>         this start has ended. The status is that of wait(2): 256 times
 *                                  the exit code; or the number of the signal that ended it, and
 *                                  128 more if it left a core
 *     over <time> 0                no further start follows
 *
 * Between `exit` and `over`, or the next `start`, it is restarting. A last line without its newline
 * was torn by a crash, and does not count. Without a monitor nothing starts any more: what was
 * running has died with it, by SIGKILL, and what waited for its next start stays as it had ended.
 * A container that was never started is `created`.
 */
export function saidIn(journal: string, isWatched: boolean): Said {
  const lines = journal.split('\n').slice(0, -1)
  let said: Said = { status: 'created', restarts: 0, exitCode: null }
  let starts = 0
  for (const line of lines) {
    const [kind, , number] = line.split(' ')
    if (kind === 'start') said = { status: 'running', restarts: starts++, exitCode: null }
    if (kind === 'exit') said = { ...said, status: 'restarting', exitCode: codeOf(Number(number)) }
    if (kind === 'over') said = { ...said, status: 'exited' }
  }
  if (isWatched || said.status === 'created') return said
  return { ...said, status: 'exited', exitCode: said.exitCode ?? 128 + 9 }
}

/** The exit code for a status of wait(2). */
function codeOf(status: number): number {
  const signal = status & 0x7f
  return signal === 0 ? status >> 8 : 128 + signal
}

/** A start of a container, and its end. */
export interface Run {
  exitCode: number
  /** How long it lasted. */
  seconds: number
}

/**
 * Predict. A container with this restart policy is started; `runs` are how its starts end, one
 * after the other. How many milliseconds does the monitor wait after each of them, before the next
 * start? The answer ends where no further start follows. Docker's rules, which are the monitor's:
 * the first wait is 100 ms, and each one is twice the one before, but never more than a minute. A
 * start that lasted 10 seconds or more was well: waits begin anew after it, and so does the count
 * of starts that `most` limits.
 */
export function waitsAfter(policy: RestartPolicy, runs: Run[]): number[] {
  const { name, most = Infinity } = policy
  const waits: number[] = []
  let [wait, count] = [0, 0]
  for (const { exitCode, seconds } of runs) {
    if (seconds >= 10) [wait, count] = [0, 0]
    const isWell = name === 'on-failure' && exitCode === 0
    if (name === 'no' || isWell || count === most) break
    wait = wait === 0 ? 100 : Math.min(2 * wait, 60_000)
    count++
    waits.push(wait)
  }
  return waits
}
