/** `stop`, `kill` and `restart`, the operations: signals, and what follows from them. */
import { constants } from 'node:os'
import { isFrozen } from '../02-cgroups/group-control.ts'
import { release } from '../05-commit/frozen.ts'
import type { Runtime } from '../chapter.ts'
import { amendContainer } from '../container/amendments.ts'
import { announce } from '../container/announce.ts'
import { end } from '../container/end.ts'
import { stateOf } from '../container/find.ts'
import { wantEnd } from '../container/journal.ts'
import { containerDir, markedState } from '../container/state.ts'
import { makePlace } from '../data-root.ts'
import type { Container, ProcessId } from '../options.ts'
import { isAlive, isHidden, signalTo } from '../process.ts'
import { hearingOf, type Overdue } from './deaf.ts'
import { signalNumber } from './signals.ts'
import { startContainer, type KeptStart } from './start-container.ts'
import { isLive, until, withContainer } from './states.ts'

/** Docker's, where the container says nothing else. */
const defaultGraceSeconds = 10
const { SIGKILL, SIGTERM } = constants.signals

/** After SIGKILL a process ends at once, unless it waits in the kernel, as for a slow disk. */
const killPatienceMs = 10_000

export interface StopOptions {
  /** In place of the container's own stop signal. */
  signal?: number
  /** How long it has to end by itself; any time if negative. In place of the container's own. */
  seconds?: number
}

/**
 * End a container: its stop signal, and after a while SIGKILL. No policy starts it again: that its
 * end is wanted is on record before the first signal. Resolves when the end is on record, too: with
 * what to tell of it if the grace was over, and it was killed.
 */
export async function stopContainer(
  runtime: Runtime,
  word: string,
  { signal, seconds }: StopOptions = {},
): Promise<Overdue | undefined> {
  const asked = await withContainer(runtime, word, (container) => {
    if (!isLive(container)) return undefined
    const number = signal ?? stopSignalOf(container) ?? SIGTERM
    return { container, number, signalled: signalEnd(runtime, container, number) }
  })
  if (!asked) return undefined
  const overdue = await endAsked(runtime, asked, seconds)
  announce(runtime, asked.container, { action: 'stop' })
  return overdue
}

/** Wait for an end that was asked for; after the grace, kill what is left. */
async function endAsked(
  runtime: Runtime,
  { container, number, signalled }: Ending,
  seconds: number | undefined,
): Promise<Overdue | undefined> {
  const grace = seconds ?? container.stopTimeout ?? defaultGraceSeconds
  const life: Ending = { container, number, signalled }
  if (await hasEnded(runtime, life, grace < 0 ? Infinity : grace * 1000)) return undefined
  const { signalled: first } = life
  const hasHeard = first && first.pid !== container.monitor.pid
  const hearing = hasHeard ? hearingOf(first.pid, number) : undefined
  const overdue = grace > 0 ? { container, number, seconds: grace, hearing } : undefined
  wantEnd(containerDir(runtime.root, container.id), SIGKILL)
  life.number = SIGKILL
  delete life.signalled
  if (!(await hasEnded(runtime, life, killPatienceMs))) await end(runtime, container)
  return overdue
}

/** Its own stop signal, or that of its image; undefined if it has none that is one. */
function stopSignalOf({ stopSignal, config }: Container): number | undefined {
  const text = stopSignal ?? config?.StopSignal
  try {
    return text ? signalNumber(text) : undefined
  } catch {
    return undefined // ignoring: an image may say anything
  }
}

/** That the end is wanted, and the first signal. Gives the process that has got it. */
function signalEnd(runtime: Runtime, container: Container, number: number): ProcessId | undefined {
  checkSeen(container)
  wantEnd(containerDir(runtime.root, container.id), number)
  return signalled(runtime, container, number)
}

/** Throws if its processes cannot be signalled from here. */
function checkSeen({ monitor, name }: Container): void {
  if (!isHidden(monitor)) return
  throw new Error(
    `'${name}' was started in another pid namespace, or on another machine\n  end it there`,
  )
}

/** Its first process; while it is between two starts, its monitor. */
function hearerOf({ status, init, monitor }: Container): ProcessId {
  return status === 'running' && init && isAlive(init) ? init : monitor
}

/**
 * Signal its first process, or wake its monitor. Gives which of them has got the signal. That it is
 * sent is said first: the end may follow at once.
 */
function signalled(runtime: Runtime, container: Container, number: number): ProcessId | undefined {
  const { monitor } = container
  const hearer = hearerOf(container)
  const isFirst = hearer !== monitor
  if (isFirst) announce(runtime, container, { action: 'kill', signal: String(number) })
  return signalTo(hearer, isFirst ? number : SIGTERM) ? hearer : undefined
}

/** A container that is to end: what is sent to it, and the process that has got it. */
interface Ending {
  container: Container
  number: number
  signalled?: ProcessId | undefined
}

/**
 * Wait until this life of the container is over. If it was being started when its end was asked
 * for, the process that appears gets the signal, too; a paused one goes on, to hear of it. Nobody
 * gets it twice: a monitor that has ended the wait for the next start clears up, and is a program
 * that the signal would kill.
 */
async function hasEnded(runtime: Runtime, ending: Ending, milliseconds: number): Promise<boolean> {
  const { root } = runtime
  const { id, life } = ending.container
  return until(async () => {
    const now = markedState(root, id)
    if (!now || now.life !== life || !isLive(now) || !isAlive(now.monitor)) return true
    const { groups = [] } = now
    const { pid, start } = hearerOf(now)
    const isOther = start !== ending.signalled?.start || pid !== ending.signalled?.pid
    if (isOther) ending.signalled = signalled(runtime, now, ending.number)
    if (!isFrozen(groups)) return false
    if (ending.number !== SIGKILL) announce(runtime, now, { action: 'unpause' })
    await release(root, { id, groups })
    return false
  }, milliseconds)
}

/**
 * Send a signal. As in Docker, one that is meant to end the container keeps every policy from
 * starting it again: SIGKILL, its stop signal, or any if it has no stop signal of its own. After
 * SIGKILL, resolves when the end is on record.
 */
export async function killContainer(
  runtime: Runtime,
  word: string,
  number: number = SIGKILL,
): Promise<void> {
  const { root } = runtime
  const life: Ending = await withContainer(runtime, word, async (found) => {
    const { id, name, groups = [] } = found
    if (!isLive(found)) throw new Error(`container '${name}' is not running`)
    checkSeen(found)
    const isFinal = number === SIGKILL || [undefined, number].includes(stopSignalOf(found))
    if (isFinal) wantEnd(containerDir(root, id), number === SIGKILL ? number : undefined)
    const asked = { container: found, number, signalled: signalled(runtime, found, number) }
    if (!isFinal || !isFrozen(groups)) return asked
    if (number !== SIGKILL) announce(runtime, found, { action: 'unpause' })
    await release(root, { id, groups })
    return asked
  })
  if (number !== SIGKILL) return
  if (await hasEnded(runtime, life, killPatienceMs)) return
  await end(runtime, life.container)
}

/**
 * Stop a container, if it runs, and start it. One that would be removed at its end is kept. Gives
 * the same as stopping it.
 */
export async function restartContainer(
  runtime: Runtime,
  word: string,
  { stop, start }: { stop: StopOptions; start: KeptStart },
): Promise<Overdue | undefined> {
  const { root } = runtime
  const { id, rm } = await withContainer(runtime, word, (container) => {
    const isRemoved = container.rm && isLive(container)
    if (isRemoved) amend(root, container.id, { rm: false })
    return { id: container.id, rm: isRemoved }
  })
  const overdue = await stopContainer(runtime, id, stop)
  try {
    await startContainer(runtime, id, { ...start, ...(rm ? { changes: { rm } } : {}) })
  } finally {
    if (rm && stateOf(root, id)) amend(root, id, { rm: undefined })
  }
  const started = stateOf(root, id)
  if (started) announce(runtime, started, { action: 'restart' })
  return overdue
}

function amend(root: string, id: string, changes: { rm: boolean | undefined }): void {
  amendContainer(makePlace(root, 'tmp'), containerDir(root, id), changes)
}
