/** The identity of a process: a pid alone may be reused. */
import { readdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { tryRead, tryReadlink } from './files.ts'
import type { ProcessId } from './options.ts'

/** The identity of `pid` now, or undefined when there is no such process. */
export function identify(pid: number): ProcessId | undefined {
  const start = startOf(pid)
  return start === undefined ? undefined : { pid, start, boot: boot(), within: ownPlace() }
}

/** The identity of this process; undefined if /proc is not that of its own pid namespace. */
export function identifySelf(): ProcessId | undefined {
  return tryReadlink('/proc/self') === String(process.pid) ? identify(process.pid) : undefined
}

/**
 * Whether this very process still runs; a zombie does not. One that cannot be seen from here is
 * taken to run: who shares a data root with another container or machine must not clear up there.
 */
export function isAlive(id: ProcessId): boolean {
  return pidHere(id) !== undefined
}

/** Whether `id` is of another machine, or of a pid namespace into which this process cannot see. */
export function isHidden(id: ProcessId): boolean {
  return pidHere(id) === 'hidden'
}

/** Send `signal` to this very process. False if it has ended, or cannot be seen from here. */
export function signalTo(id: ProcessId, signal: NodeJS.Signals | number): boolean {
  const pid = pidHere(id)
  if (typeof pid !== 'number') return false
  try {
    return process.kill(pid, signal)
  } catch {
    return false // ignoring: it ended between the look and the kill
  }
}

/** The pid of this very process as it is seen from here; undefined if it has ended. */
export function pidHere(id: ProcessId): number | 'hidden' | undefined {
  const own = ownPlace()
  const { pid, start, within = own } = id
  if (id.boot !== boot()) return machineOf(within) === machineOf(own) ? undefined : 'hidden'
  if (within === own) return startOf(pid) === start ? pid : undefined
  const seesAll = own.startsWith(`${initialNamespace}@`)
  return seenBelow({ ...id, within }) ?? (seesAll ? undefined : 'hidden')
}

/** The inode number of the pid namespace that sees all others (PROC_PID_INIT_INO in Linux). */
const initialNamespace = '4026531836'

/** The pid that a process of a pid namespace below ours has here. */
function seenBelow({ pid, start, within }: Required<ProcessId>): number | undefined {
  const link = `pid:[${within.slice(0, within.indexOf('@'))}]`
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const isIt = (each: number) =>
    startOf(each) === start && isKnownAs(each, pid) && isOf(each, link)
  return pids.map(Number).find(isIt)
}

/** Whether the process has this pid in a namespace below ours: it has one in each (NSpid). */
function isKnownAs(pid: number, below: number): boolean {
  const status = tryRead(`/proc/${pid}/status`) ?? ''
  const [, , ...inner] = /^NSpid:.*$/m.exec(status)?.[0].split(/\s+/) ?? []
  return inner.map(Number).includes(below)
}

/** Whether a process is in a pid namespace, or in one below: then a process above it is. */
function isOf(pid: number, link: string): boolean {
  const [, , , , parent] = statFields(pid) ?? []
  if (tryReadlink(`/proc/${pid}/ns/pid`) === link) return true
  return Number(parent) > 1 && isOf(Number(parent), link)
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

let place: string | undefined

/** The pid namespace and the machine of this process. */
function ownPlace(): string {
  place ??= `${tryReadlink('/proc/self/ns/pid')?.replace(/\D/g, '') ?? ''}@${ownMachine()}`
  return place
}

/** What stays the same when a machine boots again, and differs between two: machine-id(5). */
function ownMachine(): string {
  const name = tryRead('/etc/machine-id')?.trim() || hostname()
  return name.replace(/[^A-Za-z0-9.-]/g, '-')
}

function machineOf(within: string): string {
  return within.slice(within.indexOf('@') + 1)
}

/** The first child of process `pid`; undefined if it has none. */
export function childOf(pid: number): number | undefined {
  const children = tryRead(`/proc/${pid}/task/${pid}/children`) ?? ''
  return Number(children.split(' ')[0]) || undefined
}
