/** Tests. A container that runs, and whether anything of it is left. */
import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { runningContainers } from '../runtime/container/find.ts'
import type { Container } from '../runtime/options.ts'
import { processesIn } from '../runtime/02-cgroups/group-control.ts'
import { isAlive } from '../runtime/process.ts'
import { start, type Started } from './stepbox.ts'

const untilKilled = 'echo ready; while :; do sleep 1000; done'

export async function runningContainer(
  root: string,
  flags: string[],
  script = untilKilled,
): Promise<{ started: Started; container: Container }> {
  const started = start(['run', ...flags, 'busybox', 'sh', '-c', script], { root })
  await started.says('ready')
  // The first process may speak before it is written down which one it is.
  let [container] = runningContainers(root)
  while (!container?.init && started.process.exitCode === null) {
    await new Promise((resolve) => setImmediate(resolve))
    container = runningContainers(root)[0]
  }
  if (!container?.init) throw new Error('the running container is not on record')
  return { started, container }
}

/** The kernel has ended the process; what is left of it is at most a moment away. */
export async function gone({ init }: Container): Promise<void> {
  while (init && existsSync(`/proc/${init.pid}/ns/pid`) && isThere(init.pid))
    await new Promise((resolve) => setImmediate(resolve))
}

/**
 * Monitors in `root`, but for that of the container `exceptId`, have ended: one whose command line
 * was killed ends its container a moment later, and clears up. After `mostMs` this gives up.
 */
export async function monitorsHaveEnded(
  root: string,
  { mostMs, exceptId }: { mostMs: number; exceptId?: string },
): Promise<void> {
  const isAtWork = ({ id, monitor }: Container) =>
    id !== exceptId && monitor.pid !== process.pid && isAlive(monitor)
  const end = performance.now() + mostMs
  while (runningContainers(root).some(isAtWork) && performance.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 5))
}

function isThere(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`) !== ''
  } catch {
    return false // ignoring: it has ended
  }
}

/** Nothing is left of it, at once or as soon as whoever clears up has done so. */
export async function expectNothingLeft(
  root: string,
  { groups = [], id }: Container,
): Promise<void> {
  await vi.waitFor(() => {
    expect(groups.filter(existsSync)).toEqual([])
    expect(processesIn(groups)).toEqual([])
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(root)
    expect(existsSync(join(root, 'running', id))).toBe(false)
  }, { timeout: 20_000, interval: 20 })
}
