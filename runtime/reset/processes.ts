/** Step by step. Processes that should have ended: native programs whose monitor is gone. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { runningContainers } from '../containers.ts'
import { identify, isAlive, signalTo } from '../process.ts'
import type { Leftover, Scene } from './leftover.ts'

/** A native program notices that its monitor is gone, and ends within a moment. */
const momentMs = 100

/**
 * Native programs that did not notice: one that was stopped (SIGSTOP) cannot. Whose it was does not
 * matter, since it waits for nobody. One in a group of another root is left.
 */
export async function processLeftovers({ root, all }: Scene): Promise<Leftover[]> {
  const own = new Set(runningContainers(root).map(({ id }) => `stepbox-${id}`))
  const found = readdirSync('/proc').flatMap((name) => {
    const pid = Number(name)
    if (!isNative(pid) || isNative(parentOf(pid)) || isMonitor(parentOf(pid))) return []
    const group = groupOf(pid)
    return group !== undefined && !own.has(group) && !all ? [] : (identify(pid) ?? [])
  })
  if (found.length > 0) await setTimeout(momentMs)
  return found.filter(isAlive).map((id) => ({
    kind: 'process',
    what: `${id.pid} (${commandOf(id.pid)})`,
    why: 'the native program waits for a container, and nobody waits for it',
    remove: () => void signalTo(id, 'SIGKILL'),
  }))
}

/** Whether some process above `pid` is one that can wait for containers. */
export function hasMonitor(pid: number): boolean {
  for (let at = parentOf(pid); at > 1; at = parentOf(at)) if (isMonitor(at)) return true
  return false
}

/** Only Node starts native programs (runtime/native.ts). */
function isMonitor(pid: number): boolean {
  return basename(exeOf(pid)).replace(/ \(deleted\)$/, '') === basename(process.execPath)
}

/** It runs from sealed memory, which has this name. */
function isNative(pid: number): boolean {
  return exeOf(pid).startsWith('/memfd:stepbox')
}

function exeOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`)
  } catch {
    return '' // ignoring: it ended, or is not ours to look at
  }
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)$/m.exec(text(`/proc/${pid}/status`))?.[1] ?? 0)
}

/** The name of its control group, if that is one of Stepbox's. */
function groupOf(pid: number): string | undefined {
  return /\/(stepbox-[A-Za-z0-9_.-]+)$/m.exec(text(`/proc/${pid}/cgroup`))?.[1]
}

function commandOf(pid: number): string {
  return text(`/proc/${pid}/comm`).trim()
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // ignoring: it ended
  }
}
