/** Settle a container that a monitor has waited for, while the command line did, too. */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { Runtime } from '../chapter.ts'
import type { Launch } from '../native.ts'
import type { Container } from '../options.ts'
import { settleLost } from './settle.ts'
import type { Started } from './start.ts'
import { markedState, runningMark } from './state.ts'
import { exclusively } from './tidy.ts'

/** What is known of it then. */
export interface Settled {
  container: Container
  unlogged?: string
}

/**
 * Until the monitor has ended, which has nothing to do any more: it has files of the data root
 * open, and whoever unmounts that next must be able to.
 */
async function hasEnded({ process: monitor }: Launch): Promise<void> {
  if (monitor.exitCode !== null || monitor.signalCode !== null) return
  monitor.ref()
  await once(monitor, 'exit')
}

/**
 * Settle it, unless it starts again, or another command has done so. What its monitor has noted
 * counts. No other command has it meanwhile: the monitor holds the lock, or it is taken here.
 */
export async function settleSupervised(
  runtime: Runtime,
  { launched, setting }: Started,
): Promise<Settled> {
  const { root, container } = setting
  const { supervised } = await launched.outcome
  let last: Container | undefined
  const work = async () => {
    const now = markedState(root, container.id)
    if (!now || now.life !== container.life) return
    last = now
    await settleLost(runtime, now)
  }
  try {
    if (supervised === 'locked') await work()
    else if (supervised === 'over') await exclusively(runtime, container.id, work)
  } catch (error) {
    runtime.warn(`container ${container.name} cannot be settled: ${(error as Error).message}`)
  } finally {
    launched.abandon()
  }
  const isSettled = !existsSync(runningMark(root, container.id))
  if (isSettled && supervised !== 'again') await hasEnded(launched)
  const { unlogged } = last ?? {}
  return { container: last ?? container, ...(unlogged === undefined ? {} : { unlogged }) }
}
