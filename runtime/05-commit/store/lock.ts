/** Chapter 5. One writer at a time: a lock that the kernel takes back when its holder is killed. */
import { launch, type Outcome, type Report } from '../../native.ts'
import { closeInherited } from '../../01-namespaces/namespaces.ts'
import { firstFd } from '../../descriptors.ts'
import { stepOf, type Step } from '../../step.ts'

const step = stepOf(5)

/**
 * The list of a process that does nothing but hold flock(2) on `dir`. Node has no flock; so the
 * native program takes it, and holds it until its parent closes the socket, or dies, which closes
 * it too. So nobody ever has to guess whether a lock is stale, and waiting costs nothing.
 */
export function lock(dir: string): Step[] {
  return [
    ...closeInherited(),
    step(['open', dir, ['O_RDONLY', 'O_CLOEXEC'], 0], 'flock wants a descriptor, of whatever kind'),
    step(['flock', firstFd, 'LOCK_EX'], 'one process at a time gets past this line'),
  ]
}

/** Do `work` while no other process does any under the same lock. */
export async function withLock<T>(dir: string, work: () => T | Promise<T>): Promise<T> {
  const plan = lock(dir)
  const holder = launch(plan, { mode: 'trace', stdio: ['ignore', 'ignore', 'inherit'] })
  if (!(await isDone(plan.length - 1, holder.reports)))
    throw new Error(`cannot lock ${dir}: ${reason(await holder.outcome)}`)
  try {
    return await work()
  } finally {
    holder.end()
    await holder.outcome
  }
}

/** Wait for the report of step `last`. False when the program ended without it. */
async function isDone(last: number, reports: AsyncIterable<Report>): Promise<boolean> {
  for await (const { index, failed } of reports) if (index === last) return !failed
  return false
}

function reason({ failure, refused }: Outcome): string {
  return failure?.errno ?? refused ?? 'the process that should hold the lock was killed'
}
