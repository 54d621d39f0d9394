/** Chapter 1. Processes by an identity that a reused pid cannot fake. */
import { readFileSync } from 'node:fs'

/** A pid with the moment its process began, in clock ticks since the boot named by `boot`. */
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

/** Whether exactly this process is still there; a zombie is not. */
export function isAlive({ pid, start, boot: bootThen }: ProcessId): boolean {
  return startOf(pid) === start && boot() === bootThen
}

/** Send `signal` to exactly this process. False when it is gone. */
export function signalTo(id: ProcessId, signal: NodeJS.Signals): boolean {
  if (!isAlive(id)) return false
  try {
    return process.kill(id.pid, signal)
  } catch {
    return false // ignoring: it ended between the look and the kill
  }
}

/** Field 22 of /proc/<pid>/stat (proc(5)); the name in field 2 may hold spaces and parentheses. */
function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19])
  } catch {
    return undefined // ignoring: no such process
  }
}

let bootId: string | undefined

function boot(): string {
  bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  return bootId
}
