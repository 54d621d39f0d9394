/** A lock for writers, which the kernel releases when its holder is killed. */
import { statSync } from 'node:fs'
import { closeInherited } from '../../01-namespaces/namespaces.ts'
import { firstFd } from '../../descriptors.ts'
import { tryRead, tryReadlink } from '../../files.ts'
import { NativeFailure } from '../../native-failure.ts'
import { launch, type Launch, type Outcome } from '../../native.ts'
import { statFields } from '../../process.ts'
import { stepOf, type Step } from '../../step.ts'

const step = stepOf(5)

/**
 * The calls of a process that holds flock(2) on `dir`. Node has no flock, so the native program
 * takes the lock and holds it until its socket is closed. That happens when we close it, and when
 * we die, however we die. So a lock is never stale, as a lock file can be, and waiting needs no
 * polling.
 */
export function lock(dir: string): Step[] {
  return [
    ...closeInherited(),
    step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'while it waits it does not look at its socket'),
    step(['open', dir, ['O_RDONLY', 'O_CLOEXEC'], 0], 'flock takes a descriptor of any kind'),
    step(['flock', firstFd, 'LOCK_EX'], 'one process at a time gets past this line'),
  ]
}

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
  const plan = lock(dir)
  const holder = launch(plan, { mode: 'step', stdio: ['ignore', 'ignore', 'inherit'] })
  let isTooLate = false
  const timer = setTimeout(() => (isTooLate = holder.process.kill('SIGKILL')), mostMs)
  const isOurs = await isLocked(plan.length - 1, holder)
  clearTimeout(timer)
  if (!isOurs) {
    const why = failureOf(await holder.outcome)
    throw new Error(`cannot lock ${dir}: ${isTooLate ? `it is held by ${holdersOf(dir)}` : why}`)
  }
  try {
    return await work()
  } finally {
    holder.end()
    await holder.outcome
  }
}

/**
 * Make one call after the other, up to step `last`, flock. The program asks before each, so it does
 * not begin to wait for the lock if we are gone by then. False if a call failed or the program
 * ended before.
 */
async function isLocked(last: number, holder: Launch): Promise<boolean> {
  holder.goAhead()
  for await (const { index, failed } of holder.reports) {
    if (failed || index === last) return !failed
    holder.goAhead()
  }
  return false
}

function failureOf({ failure, refused }: Outcome): string {
  if (refused) return new NativeFailure(refused).message
  return failure?.errno ?? 'the process that should hold the lock was killed'
}

/**
 * Who has a flock(2) on `dir`, from /proc/locks (proc_locks(5)): `3: FLOCK ADVISORY WRITE <pid>
 * <major>:<minor>:<inode> 0 EOF`. Of a native program its parent is named, for which it holds it.
 */
function holdersOf(dir: string): string {
  const inode = statSync(dir).ino
  const lines = (tryRead('/proc/locks') ?? '').split('\n')
  const found = lines.map((line) => /^\d+: FLOCK +\S+ +\S+ (\d+) \w+:\w+:(\d+) /.exec(line))
  const pids = found.flatMap((match) => (Number(match?.[2]) === inode ? [Number(match?.[1])] : []))
  return pids.map(processNamed).join(' and ') || 'a process that cannot be seen from here'
}

function processNamed(pid: number): string {
  const [, , name = 'ended by now', , parent] = statFields(pid) ?? []
  const isNative = tryReadlink(`/proc/${pid}/exe`)?.startsWith('/memfd:stepbox')
  return isNative && parent ? processNamed(Number(parent)) : `process ${pid} (${name})`
}
