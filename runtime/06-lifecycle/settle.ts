/** `settle`: what a monitor becomes when its container has ended, to clear up after all such. */
import { existsSync } from 'node:fs'
import type { Input } from '../command-line.ts'
import { runningContainers } from '../container/find.ts'
import { containerDir } from '../container/state.ts'
import { tidy } from '../container/tidy.ts'
import type { Container } from '../options.ts'
import { isAlive } from '../process.ts'
import { underLock } from './states.ts'

/**
 * One of these runs at a time: it is started with a lock, which it holds until it ends. It comes
 * again for containers that commands have locked, as `cp` does for as long as it copies.
 */
export async function settleCommand({ runtime }: Input): Promise<number> {
  const { root } = runtime
  const isPending = ({ status, monitor }: Container) => status === 'exited' || !isAlive(monitor)
  for (let isLast = false; ; ) {
    await tidy(runtime, isPending)
    const left = runningContainers(root).filter(isPending)
    if (isLast || left.length === 0) return 0
    isLast = !(await hasHeld(left.map(({ id }) => containerDir(root, id))))
  }
}

/** Whether a command holds one of these directories. Waits for it a while. */
async function hasHeld(dirs: string[]): Promise<boolean> {
  for (const dir of dirs)
    if (existsSync(dir) && !(await underLock(dir, async () => {}))) return true
  return false
}
