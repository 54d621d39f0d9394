/** Leftover processes: native programs whose monitor is gone. */
import { basename } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { runningContainers } from '../../container/find.ts'
import { markedState } from '../../container/state.ts'
import { identify, isAlive, signalTo } from '../../process.ts'
import { commandName, listPids, membershipOf, parentOf, procLinks, programOf } from '../proc.ts'
import type { Leftover, ResetScope } from '../../chapter-tools.ts'

/** Within this time a native program whose monitor is gone kills its container and ends. */
const graceMs = 100

/**
 * Native programs that did not end: stopped ones (SIGSTOP), and ones whose container is frozen and
 * does not die. Those of other roots are reported, and killed with `all`.
 */
export async function processLeftovers(scope: ResetScope): Promise<Leftover[]> {
  const pids = listPids()
  const isOrphan = (pid: number) =>
    isNative(pid) && !isNative(parentOf(pid)) && !isMonitor(parentOf(pid)) && !livesOn(pid)
  const found = pids.filter(isOrphan).flatMap((pid) => identify(pid) ?? [])
  if (found.length > 0) await setTimeout(graceMs)
  return found.filter(isAlive).map((id): Leftover => {
    const what = `${id.pid} (${commandName(id.pid)})`
    const children = pids.filter((pid) => parentOf(pid) === id.pid && identify(pid))
    if (!scope.all && isOfOthers(scope.root, children))
      return { kind: 'process', what, why: 'of a container of another root; --all kills it' }
    const why = 'the native program waits for a container, and no process waits for it'
    return { kind: 'process', what, why, remove: () => void signalTo(id, 'SIGKILL') }
  })
}

/** It waits for a container that this root does not have. */
function isOfOthers(root: string, children: number[]): boolean {
  const own = runningContainers(root)
  return children.some((pid) => {
    const group = groupOf(pid)
    return !own.some(({ id, init }) => group === `stepbox-${id}` || init?.pid === pid)
  })
}

/** Whether an ancestor of `pid` may be the monitor of a container. */
export function hasMonitor(pid: number): boolean {
  for (let at = parentOf(pid); at > 1; at = parentOf(at)) if (isMonitor(at)) return true
  return false
}

/**
 * Only Node starts native programs (runtime/native.ts). One of them may be a container's monitor
 * itself, and live on without Node.
 */
function isMonitor(pid: number): boolean {
  const name = basename(programOf(pid)).replace(/ \(deleted\)$/, '')
  return name === basename(process.execPath) || livesOn(pid)
}

/** Whether a native program is the monitor that a container of some root has on record. */
function livesOn(pid: number): boolean {
  if (!isNative(pid)) return false
  const own = /^(.*)\/containers\/([0-9a-f]{64})\/journal$/
  const open = Object.values(procLinks(pid, 'fd')).flatMap((path) => own.exec(path) ?? [])
  const [, root, id] = open
  if (root === undefined || id === undefined) return false
  try {
    const { pid: waiting, start } = markedState(root, id)?.monitor ?? {}
    return waiting === pid && start === identify(pid)?.start
  } catch {
    return true // ignoring: a newer Stepbox wrote it down, or another user, and it may be healthy
  }
}

/** It runs from a sealed memfd of this name. */
function isNative(pid: number): boolean {
  return programOf(pid).startsWith('/memfd:stepbox')
}

/** The name of its control group, if that is one of Stepbox's. */
function groupOf(pid: number): string | undefined {
  return /\/(stepbox-[A-Za-z0-9_.-]+)$/m.exec(membershipOf(pid).join('\n'))?.[1]
}
