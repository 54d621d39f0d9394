/** A lock for writers, which the kernel releases when its holder is killed. */
import { closeInherited } from '../../01-namespaces/namespaces.ts'
import { firstFd } from '../../descriptors.ts'
import { launch, type Outcome, type Report } from '../../native.ts'
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
    step(['open', dir, ['O_RDONLY', 'O_CLOEXEC'], 0], 'flock takes a descriptor of any kind'),
    step(['flock', firstFd, 'LOCK_EX'], 'one process at a time gets past this line'),
  ]
}

/** Do `work` while no other process holds the lock on `dir`. Throws if it cannot be locked. */
export async function withLock<T>(dir: string, work: () => T | Promise<T>): Promise<T> {
  const plan = lock(dir)
  const holder = launch(plan, { mode: 'trace', stdio: ['ignore', 'ignore', 'inherit'] })
  if (!(await isLocked(plan.length - 1, holder.reports)))
    throw new Error(`cannot lock ${dir}: ${failureOf(await holder.outcome)}`)
  try {
    return await work()
  } finally {
    holder.end()
    await holder.outcome
  }
}

/** Wait for the report of step `last`, flock. False if it failed or the program ended before. */
async function isLocked(last: number, reports: AsyncIterable<Report>): Promise<boolean> {
  for await (const { index, failed } of reports) if (index === last) return !failed
  return false
}

function failureOf({ failure, refused }: Outcome): string {
  return failure?.errno ?? refused ?? 'the process that should hold the lock was killed'
}
