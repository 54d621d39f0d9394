/** End a running container: kill it, and see that it is settled. */
import { rowsFor, type Runtime } from '../chapter.ts'
import type { Container } from '../options.ts'
import { signalTo } from '../process.ts'
import { settleLost } from './settle.ts'
import { containerDir, markedState } from './state.ts'
import { waitForOther } from './wait.ts'

const patienceMs = 3000

/**
 * Kill `container` and wait until its monitor has settled it. A monitor that is gone or does not
 * do so in time, because it is stopped, is killed as well, and the container is settled here.
 * Harmless when it has ended.
 */
export async function end(runtime: Runtime, container: Container): Promise<void> {
  const { root } = runtime
  const { init, monitor, chapter, id } = container
  const setting = { container, root, dir: containerDir(root, id), layers: async () => [] }
  for (const { ending } of await rowsFor(runtime, chapter)) await ending?.(setting)
  if (init) signalTo(init, 'SIGKILL')
  else signalTo(monitor, 'SIGTERM')
  if ((await waitForOther(runtime, container, patienceMs)) !== 'running') return
  signalTo(monitor, 'SIGKILL')
  const last = markedState(root, id)
  if (last) await settleLost(runtime, last)
}
