/** The root of a container, held open by a native program: whatever is done there, it does. */
import { closeSync } from 'node:fs'
import { closeInherited, privateMounts } from '../../01-namespaces/namespaces.ts'
import { batches, type Batches } from '../../04-overlay/batches.ts'
import { layersLaidOut } from '../../04-overlay/init-layer.ts'
import { overlay } from '../../04-overlay/overlay.ts'
import { lockWriteLayer } from '../../06-lifecycle/write-layer.ts'
import { rowsFor, traitsOf, type Reached, type Runtime } from '../../chapter.ts'
import { containerDir } from '../../container/state.ts'
import { firstFd } from '../../descriptors.ts'
import { StepError } from '../../native.ts'
import type { Container } from '../../options.ts'
import { stepOf, type Step } from '../../step.ts'
import { checkRunning, holdRoot, pidInside, rootFd } from '../inside-root.ts'
import { recorded, type OnSteps } from './recorded.ts'

const step = stepOf(7)

/** The descriptor of the directory that was looked up last; see look-up.ts. */
export const foundFd = firstFd + 1

/** A root to copy from or to. */
export interface HeldRoot {
  /** It has the root open as `rootFd`. */
  program: Batches
  /** `foundFd` is open. */
  isFound: boolean
  /** The container's directory: on the disk that its files are on. */
  place: string
}

/** Hold the root of a container that does not run: mount it where nobody else sees it. */
export function holdLayers(layers: string[], dir: string): Step[] {
  const why = 'the root of the container, by a descriptor: its path is of no more use'
  return [
    ...closeInherited(),
    step(['unshare', ['CLONE_NEWNS']], 'the mount is to end with this process, and unseen'),
    ...privateMounts(),
    ...overlay(layers, dir),
    step(['open', 'merged', ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'], 0], why),
  ]
}

/** The host's `/`, while `/` is the root that is held. */
const hostFd = firstFd + 1

/** The next file that is opened then. */
const placeFd = hostFd + 1

/**
 * After either: what the container was given, in the root that is held. The root of one that runs
 * (`isApart`) is mounted nowhere so far, and in such a tree nothing can be mounted (move_mount(2)).
 */
function withMounts(all: Reached[], dir: string, isApart: boolean): Step[] {
  if (all.length === 0) return []
  const shown = () => [
    step(['unshare', ['CLONE_NEWNS']], 'what is mounted now is to end with this process, unseen'),
    ...privateMounts(),
    step(['move_mount', rootFd, `${dir}/merged`], 'before that, nothing can be mounted in it'),
  ]
  const path = ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'] as const
  return [
    ...(isApart ? shown() : []),
    step(['open', '/', [...path], 0], 'the way back'),
    ...all.flatMap(({ opened }) => opened),
    step(['fchdir', rootFd], 'chroot(2) takes a path, and this has none'),
    step(['chroot', '.'], 'no link on the way to a place leads out'),
    ...all.flatMap(({ attached }) => [
      ...attached,
      step(['close', placeFd], 'the next place has this number'),
    ]),
    step(['fchdir', hostFd], 'the host is reached by its descriptor alone'),
    step(['chroot', '.'], "later lines name files by the host's paths"),
    step(['close', hostFd], 'the next descriptor has this number'),
  ]
}

/**
 * At last: a device that a process in the container makes cannot be opened in this copy, nor in
 * what is mounted in it (`hasMounts`).
 */
export function withoutDevices(hasMounts = false): Step[] {
  const why = 'a file that is swapped for a device must not open the device of the host'
  const all = hasMounts ? (['AT_RECURSIVE'] as const) : []
  const path = `/proc/self/fd/${rootFd}`
  return [step(['mount_setattr', path, [...all], ['MOUNT_ATTR_NODEV'], []], why)]
}

/**
 * Hold the root of `container`. Of one that does not run it is mounted anew, and it does not start
 * before the program has ended; the caller holds it (`withContainer`). All steps are given to
 * `onSteps` too. Throws if it has no root of its own.
 */
export async function holdRootOf(
  runtime: Runtime,
  found: Container,
  onSteps?: OnSteps,
): Promise<HeldRoot> {
  const { container, lock } = await lockWriteLayer(runtime.root, found)
  try {
    return await heldBy(await listFor(runtime, container), { runtime, container, lock, onSteps })
  } finally {
    if (lock !== undefined) closeSync(lock) // the program has it until it ends
  }
}

interface Holding {
  runtime: Runtime
  container: Container
  lock: number | undefined
  onSteps: OnSteps | undefined
}

async function heldBy(
  list: Step[],
  { runtime, container, lock, onSteps }: Holding,
): Promise<HeldRoot> {
  onSteps?.(list)
  const isRunning = container.status === 'running'
  const program = recorded(batches(list, lock), onSteps)
  try {
    await program.make([])
    if (isRunning) pidInside(container) // a pid that was used again would be of another process
    return { program, isFound: false, place: containerDir(runtime.root, container.id) }
  } catch (error) {
    await program.end()
    if (isRunning) checkRunning(container, error)
    throw mountFailure(container, error)
  }
}

async function listFor(runtime: Runtime, container: Container): Promise<Step[]> {
  const { name, chapter, status, id } = container
  const { root } = runtime
  const rows = await rowsFor(runtime, chapter)
  if (traitsOf(rows).root === 'host')
    throw new Error(`container '${name}' has the host's files: cp(1) copies them`)
  const dir = containerDir(root, id)
  const all = rows.flatMap((row) => row.reached?.({ container, root }, placeFd) ?? [])
  const isRunning = status === 'running'
  const layers = isRunning ? undefined : layersLaidOut(dir)
  if (!isRunning && !layers)
    throw new Error(`container '${name}' has no write layer: cp reaches its files while it runs`)
  const held = layers ? holdLayers(layers, dir) : holdRoot(pidInside(container))
  return [...held, ...withMounts(all, dir, isRunning), ...withoutDevices(all.length > 0)]
}

/** What was given to the container may be gone by now. */
function mountFailure({ name }: Container, error: unknown): unknown {
  if (!(error instanceof StepError)) return error
  const call = error.plan[error.report.index]?.call
  if (call?.[0] !== 'open_tree_as') return error
  const { errno } = error.report
  const path = call[1]
  const why = `cannot reach what container '${name}' was given, ${path}: ${errno}`
  return new Error(why, { cause: error })
}
