/** The root of a container, held open by a native program: whatever is done there, it does. */
import { closeInherited, privateMounts } from '../../01-namespaces/namespaces.ts'
import { batches, type Batches } from '../../04-overlay/batches.ts'
import { layersLaidOut } from '../../04-overlay/init-layer.ts'
import { overlay } from '../../04-overlay/overlay.ts'
import { rowsFor, traitsOf, type Runtime } from '../../chapter.ts'
import { containerDir } from '../../container/state.ts'
import { firstFd } from '../../descriptors.ts'
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

/** After either: a device that a process in the container makes cannot be opened in this copy. */
export function withoutDevices(): Step[] {
  const why = 'a file that is swapped for a device must not open the device of the host'
  const path = `/proc/self/fd/${rootFd}`
  return [step(['mount_setattr', path, [], ['MOUNT_ATTR_NODEV'], []], why)]
}

/**
 * Hold the root of `container`. Of one that does not run it is mounted anew: the caller sees to it
 * that nobody starts it meanwhile. All steps are given to `onSteps` too. Throws if it has no root
 * of its own.
 */
export async function holdRootOf(
  runtime: Runtime,
  container: Container,
  onSteps?: OnSteps,
): Promise<HeldRoot> {
  const list = [...(await listFor(runtime, container)), ...withoutDevices()]
  onSteps?.(list)
  const program = recorded(batches(list), onSteps)
  const isRunning = container.status === 'running'
  try {
    await program.make([])
    if (isRunning) pidInside(container) // a pid that was used again would be of another process
    const place = containerDir(runtime.root, container.id)
    return { program, isFound: false, place }
  } catch (error) {
    await program.end()
    if (isRunning) checkRunning(container, error)
    throw error
  }
}

async function listFor(runtime: Runtime, container: Container): Promise<Step[]> {
  const { name, chapter, status } = container
  if (traitsOf(await rowsFor(runtime, chapter)).root === 'host')
    throw new Error(`container '${name}' has the host's files: cp(1) copies them`)
  if (status === 'running') return holdRoot(pidInside(container))
  const dir = containerDir(runtime.root, container.id)
  const layers = layersLaidOut(dir)
  if (layers) return holdLayers(layers, dir)
  throw new Error(`container '${name}' has no write layer: cp reaches its files while it runs`)
}
