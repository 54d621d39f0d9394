/** Command line. What crashed before it could clean up is cleaned up after by the next. */
import { readdirSync, rmSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import {
  markEnded,
  removeContainer,
  runningContainers,
  saveEnded,
  type Container,
} from './containers.ts'
import { thawAbandoned } from './frozen.ts'
import { killAll, removeGroup } from './group-control.ts'
import { identify, isAlive, signalTo } from './process.ts'

/**
 * End every container under `root` whose monitor is gone: its processes, its groups, and with
 * `--rm` its directory. Costs one look at each *running* container. Any number of processes may do
 * this at once: each action is harmless when it was already done. Gives the containers it ended.
 */
export function tidy(root: string): Container[] {
  const running = runningContainers(root)
  if (running.length > 0 && !identify(process.pid))
    throw new Error("/proc does not show this machine's processes; 'stepbox reset' mends it")
  const lost = running.filter(({ monitor }) => !isAlive(monitor))
  for (const container of lost) endLost(root, container)
  thawAbandoned(root)
  for (const name of namesIn(join(root, 'tmp')))
    if (name.startsWith('rm-')) rmSync(join(root, 'tmp', name), { recursive: true, force: true })
  return lost
}

export function endLost(root: string, container: Container): void {
  if (container.init) signalTo(container.init, 'SIGKILL')
  killAll(container.groups)
  removeGroup(container.groups)
  unlinkQuietly(join(root, 'tmp', `state-${container.id}-${container.monitor.pid}`))
  if (container.rm || !namesIn(join(root, 'containers')).includes(container.id)) {
    removeContainer(root, container)
    markEnded(root, container.id)
    return
  }
  const finished = new Date().toISOString()
  saveEnded(root, { ...container, status: 'exited', exitCode: 137, signal: 'SIGKILL', finished })
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return [] // ignoring: nothing was ever made there
  }
}

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // ignoring: it was never written
  }
}
