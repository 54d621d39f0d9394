/** `settle`: what a monitor becomes when its container has ended, to clear up after all such. */
import type { Input } from '../command-line.ts'
import { tidy } from '../container/tidy.ts'
import { isAlive } from '../process.ts'

/** One of these runs at a time: it is started with a lock, which it holds until it ends. */
export async function settleCommand({ runtime }: Input): Promise<number> {
  await tidy(runtime, ({ status, monitor }) => status === 'exited' || !isAlive(monitor))
  return 0
}
