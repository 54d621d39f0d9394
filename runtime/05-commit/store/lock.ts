/** Chapter 5. One writer at a time: a lock that the kernel takes back when its holder is killed. */
import { launch, type Outcome } from '../../native.ts'
import { closeInherited } from '../../01-namespaces/namespaces.ts'
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
    step(['flock', 4, 'LOCK_EX'], 'one process at a time gets past this line'),
  ]
}

/** Do `work` while no other process does any under the same lock. */
export async function withLock<T>(dir: string, work: () => T | Promise<T>): Promise<T> {
  const plan = lock(dir)
  let acquired = (): void => {}
  const isAcquired = new Promise<void>((resolve) => (acquired = resolve))
  const holder = launch(plan, {
    mode: 'trace',
    stdio: ['ignore', 'ignore', 'inherit'],
    onReport: ({ index, errno }) => index === plan.length - 1 && !errno && acquired(),
  })
  const early = await Promise.race([isAcquired, holder.outcome])
  if (early) throw new Error(`cannot lock ${dir}: ${reason(early)}`)
  try {
    return await work()
  } finally {
    holder.end()
    await holder.outcome
  }
}

function reason({ failure, refused }: Outcome): string {
  return failure?.errno ?? refused ?? 'the process that should hold the lock was killed'
}
