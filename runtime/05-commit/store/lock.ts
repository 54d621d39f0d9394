/** A lock for writers, which the kernel releases when its holder is killed. */
import { closeSync, constants, openSync, statSync } from 'node:fs'
import { closeInherited } from '../../01-namespaces/namespaces.ts'
import { errnoIn, namesIn, tryRead, tryReadlink } from '../../files.ts'
import { NativeFailure } from '../../native-failure.ts'
import { launch, type Launch, type Outcome } from '../../native.ts'
import { statFields } from '../../process.ts'
import { stepOf, type Step } from '../../step.ts'

const step = stepOf(5)

/**
 * The calls of a process that takes flock(2) on its standard input. Node has no flock, so the
 * native program makes the call, on a descriptor that it has inherited. The lock belongs to the
 * open file and not to a process: it is ours as long as we have the file open. It goes when we
 * close it, and when we die, however we die. So a lock is never stale, as a lock file can be,
 * waiting needs no polling, and nobody can take it from us by killing the program that took it.
 */
export function lock(operation: Operation = 'LOCK_EX'): Step[] {
  return [
    ...closeInherited(),
    step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'while it waits it does not look at its socket'),
    step(['flock', 0, operation], 'one process at a time gets past this line'),
  ]
}

/** Alone, or together with others who only keep out those that want to be alone. */
type Operation = 'LOCK_EX' | 'LOCK_SH'

/** Writers hold the lock while they rename a few files: longer is a holder that does not go on. */
const patienceMs = 300_000

/**
 * Do `work` while no other process holds the lock on `dir`. Throws if it cannot be locked; also if
 * another process holds the lock for `mostMs`, with the name of that process.
 */
export async function withLock<T>(
  dir: string,
  work: () => T | Promise<T>,
  mostMs = patienceMs,
): Promise<T> {
  const fd = await openLocked(dir, 'LOCK_EX', mostMs)
  try {
    return await work()
  } finally {
    closeSync(fd)
  }
}

/**
 * Lock `dir`, and give the descriptor that holds the lock: until it is closed, here and in each
 * program that was given it. Throws as `withLock` does.
 */
export async function openLocked(
  dir: string,
  operation: Operation,
  mostMs: number,
): Promise<number> {
  const fd = opened(dir)
  try {
    await take(dir, fd, { operation, mostMs })
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** Not inherited by other programs: Node opens all files so (open(2), O_CLOEXEC). */
function opened(dir: string): number {
  try {
    return openSync(dir, constants.O_RDONLY | constants.O_DIRECTORY)
  } catch (cause) {
    const why = errnoIn(cause)
    throw new Error(`cannot lock ${dir}: ${why}`, { cause })
  }
}

interface Taking {
  operation: Operation
  mostMs: number
}

/** Lock the directory behind `fd`. The program that does so has ended then. */
async function take(dir: string, fd: number, { operation, mostMs }: Taking): Promise<void> {
  const plan = lock(operation)
  const taker = launch(plan, { mode: 'step', stdio: [fd, 'ignore', 'inherit'] })
  let isTooLate = false
  const timer = setTimeout(() => (isTooLate = taker.process.kill('SIGKILL')), mostMs)
  const isOurs = await isLocked(plan.length - 1, taker)
  clearTimeout(timer)
  taker.end()
  const outcome = await taker.outcome
  if (isOurs) return
  const why = failureOf(outcome)
  throw new Error(`cannot lock ${dir}: ${isTooLate ? `it is held by ${holdersOf(dir)}` : why}`)
}

/**
 * Make one call after the other, up to step `last`, flock. The program asks before each, so it does
 * not begin to wait for the lock if we are gone by then. False if a call failed or the program
 * ended before.
 */
async function isLocked(last: number, taker: Launch): Promise<boolean> {
  taker.goAhead()
  for await (const { index, failed } of taker.reports) {
    if (failed || index === last) return !failed
    taker.goAhead()
  }
  return false
}

function failureOf({ failure, refused }: Outcome): string {
  if (refused) return new NativeFailure(refused).message
  return failure?.errno ?? 'the process that should take the lock was killed'
}

/**
 * Who has a flock(2) on `dir`: the processes that have a locked file open, which the kernel says in
 * `/proc/<pid>/fdinfo/<fd>`, `lock: 1: FLOCK ADVISORY WRITE <pid> <major>:<minor>:<inode> 0 EOF`
 * (proc_pid_fdinfo(5)). Of a native program its parent is named, for which it has the file.
 */
function holdersOf(dir: string): string {
  const held = new RegExp(`^lock:.* FLOCK .*:${statSync(dir).ino} `, 'm')
  const isHolder = (pid: string) => {
    const files = `/proc/${pid}/fdinfo`
    return seenIn(files).some((fd) => held.test(tryRead(`${files}/${fd}`) ?? ''))
  }
  const pids = namesIn('/proc').filter((name) => /^\d+$/.test(name) && isHolder(name))
  const named = new Set(pids.map((pid) => processNamed(Number(pid))))
  return [...named].join(' and ') || 'a process that cannot be seen from here'
}

/** Those of other users cannot be seen. */
function seenIn(dir: string): string[] {
  try {
    return namesIn(dir)
  } catch {
    return [] // ignoring: the answer is for an error that is about to be thrown
  }
}

function processNamed(pid: number): string {
  const [, , name = 'ended by now', , parent] = statFields(pid) ?? []
  const isNative = tryReadlink(`/proc/${pid}/exe`)?.startsWith('/memfd:stepbox')
  return isNative && parent ? processNamed(Number(parent)) : `process ${pid} (${name})`
}
