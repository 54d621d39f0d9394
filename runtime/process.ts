/** The identity of a process: a pid alone may be reused. */
import { readFileSync } from 'node:fs'

/** A pid, and when its process started: in clock ticks since the boot with the id `boot`. */
export interface ProcessId {
  pid: number
  start: number
  boot: string
}

/** The identity of `pid` now, or undefined when there is no such process. */
export function identify(pid: number): ProcessId | undefined {
  const start = startOf(pid)
  return start === undefined ? undefined : { pid, start, boot: boot() }
}

/** Whether this very process still runs; a zombie does not. */
export function isAlive({ pid, start, boot: bootThen }: ProcessId): boolean {
  return startOf(pid) === start && boot() === bootThen
}

/** Send `signal` to this very process. False if it has ended. */
export function signalTo(id: ProcessId, signal: NodeJS.Signals): boolean {
  if (!isAlive(id)) return false
  try {
    return process.kill(id.pid, signal)
  } catch {
    return false // ignoring: it ended between the look and the kill
  }
}

/** When `pid` began: field 22 (starttime). Undefined for a zombie (Z) or a dead process (X). */
function startOf(pid: number): number | undefined {
  const fields = statFields(pid)
  return fields === undefined || /^[ZX]/.test(fields[3] ?? '') ? undefined : Number(fields[22])
}

/**
 * The fields of /proc/PID/stat by the numbers that proc_pid_stat(5) gives them, from 1; undefined
 * if there is no such process. The name, field 2, may hold spaces and parentheses.
 */
export function statFields(pid: number | 'self'): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [start, end] = [stat.indexOf('('), stat.lastIndexOf(')')]
    const rest = stat.slice(end + 2).trimEnd().split(' ')
    return ['', stat.slice(0, start - 1), stat.slice(start + 1, end), ...rest]
  } catch {
    return undefined // ignoring: no such process
  }
}

let bootId: string | undefined

function boot(): string {
  bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  return bootId
}
