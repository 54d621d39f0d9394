/** End a running container: kill it, and see that it is settled. */
import { rowsFor, type Runtime } from '../chapter.ts'
import type { Container } from '../options.ts'
import { isAlive, isHidden, signalTo } from '../process.ts'
import { announce } from './announce.ts'
import { wantEnd } from './journal.ts'
import { settleLost } from './settle.ts'
import { containerDir, markedState } from './state.ts'
import { waitForOther } from './wait.ts'

const patienceMs = 3000

/**
 * Kill `container` and wait until its monitor has settled it. One that is only being laid out has
 * no process: its monitor is told to stop. A monitor that is gone or does not settle it in time,
 * because it is stopped, is killed as well, and the container is settled here. Harmless when it has
 * ended. Throws if its processes cannot be seen from here.
 */
export async function end(runtime: Runtime, container: Container): Promise<void> {
  const { root, warn } = runtime
  const { monitor, chapter, id } = container
  if (isHidden(monitor))
    throw new Error(
      `'${container.name}' was started in another pid namespace, or on another machine\n` +
        '  end it there; if that is gone: stepbox reset --force',
    )
  const dir = containerDir(root, id)
  wantEnd(dir)
  const setting = { container, root, dir, layers: async () => [], warn }
  for (const { ending } of await rowsFor(runtime, chapter)) await ending?.(setting)
  const { init } = markedState(root, id) ?? container // it may have been started meanwhile
  const isRunning = init !== undefined && isAlive(init)
  if (isRunning) announce(runtime, container, { action: 'kill', signal: '9' })
  if (init) signalTo(init, 'SIGKILL')
  else signalTo(monitor, 'SIGTERM')
  if ((await waitForOther(runtime, container, patienceMs)) !== 'running') return
  signalTo(monitor, 'SIGKILL')
  const last = markedState(root, id)
  if (last) await settleLost(runtime, last)
}
