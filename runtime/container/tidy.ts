/** Command line. What crashed before it could clean up is cleaned up after by the next. */
import { readdirSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  endedContainer,
  markEnded,
  marks,
  removeContainer,
  saveEnded,
  type Container,
} from './containers.ts'
import { thawAbandoned } from '../05-commit/frozen.ts'
import { killAll, removeGroup } from '../02-cgroups/group-control.ts'
import { identify, isAlive, signalTo } from '../process.ts'
import { isFull } from '../staging.ts'

/**
 * End every container under `root` whose monitor is gone: its processes, its groups, and with
 * `--rm` its directory. Costs one look at each *running* container. Any number of processes may do
 * this at once: each action is harmless when it was already done. Gives the containers it ended.
 */
export async function tidy(root: string): Promise<Container[]> {
  const marked = marks(root)
  const running = marked.flatMap(({ container }) => container ?? [])
  if (running.length > 0 && !identify(process.pid))
    throw new Error("/proc does not show this machine's processes; 'stepbox reset' mends it")
  const lost = running.filter(({ monitor }) => !isAlive(monitor))
  for (const container of lost) await endLost(root, container)
  for (const { id, container } of marked) if (!container) endUnknown(root, id)
  thawAbandoned(root)
  for (const name of namesIn(join(root, 'tmp')))
    if (whyStale(name)) rmSync(join(root, 'tmp', name), { recursive: true, force: true })
  return lost
}

/** One that had ended already, when a crash came before its mark was gone, stays as it ended. */
export async function endLost(root: string, container: Container): Promise<void> {
  if (container.init) signalTo(container.init, 'SIGKILL')
  await killAll(container.groups)
  await removeGroup(container.groups)
  const isKept = !container.rm && namesIn(join(root, 'containers')).includes(container.id)
  if (!isKept) removeContainer(root, container)
  if (!isKept || endedContainer(root, container.id)) return markEnded(root, container.id)
  const finished = new Date().toISOString()
  try {
    saveEnded(root, { ...container, status: 'exited', exitCode: 137, signal: 'SIGKILL', finished })
  } catch (error) {
    if (!isFull(error)) throw error // ignoring: its mark stays for the next, who may have made room
  }
}

/**
 * A mark that says nothing is of before a power cut, since a mark appears whole: nothing of its
 * container runs, and unless its end is on the disk it was never acknowledged.
 */
function endUnknown(root: string, id: string): void {
  if (!endedContainer(root, id)) removeContainer(root, { id, name: nameOf(root, id) })
  markEnded(root, id)
}

/** The name of a container of which only the id is known; empty when it has none. */
export function nameOf(root: string, id: string): string {
  const names = join(root, 'names')
  return namesIn(names).find((name) => linkOf(join(names, name)) === id) ?? ''
}

/** Why something in `tmp` is of nobody any more. Its name says who is at work on it. */
export function whyStale(name: string): string | undefined {
  const [kind, pid, start, boot = ''] = name.split('_')
  if (kind === 'stage' && !isAlive({ pid: Number(pid), start: Number(start), boot }))
    return 'whoever was writing it was killed'
  if (name.startsWith('rm-')) return 'whoever was removing it was killed'
  const [, writer] = /^frozen-[0-9a-f]+-(\d+)$/.exec(name) ?? []
  return writer && !identify(Number(writer)) ? 'whoever was writing it was killed' : undefined
}

/** Where a link leads; empty when it is none, or is gone. */
export function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // ignoring: it is no link, and so no name
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return [] // ignoring: nothing was ever made there
  }
}
