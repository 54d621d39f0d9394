/**
 * /dev/shm: shared memory as files (shm_overview(7)). Who shares an IPC namespace expects to share
 * these too, but the kernel does not: they are in a file system like any other.
 */
import type { PlanOptions } from '../options.ts'
import { stepOf, type Step } from '../step.ts'
import { nextFd } from './streams.ts'

const step = stepOf(3)

declare module '../options.ts' {
  interface ContainerOptions {
    /** Room in /dev/shm. */
    shmBytes?: number
  }
  interface PlanOptions {
    shmBytes?: number
  }
}

/** What /dev/shm depends on. */
export type SharedMemory = Pick<PlanOptions, 'ipc' | 'shmBytes' | 'terminal' | 'streams'>

/** Docker's default. */
const defaultBytes = 64 * 2 ** 20

/**
 * As long as the host's files are mounted: take a copy of the mount on the host's /dev/shm, or on
 * that of the container whose IPC is joined. It has a descriptor and no place yet.
 */
export function takeSharedMemory({ ipc = 'none' }: SharedMemory): Step[] {
  if (ipc === 'none') return []
  const flags = ['OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC'] as const
  const why = 'shared memory in files is not part of an IPC namespace, and is shared like this'
  if (ipc === 'host') return [step(['open_tree', '/dev/shm', [...flags]], why)]
  return [step(['open_tree_in', ipc.replace(/ipc$/, 'mnt'), '/dev/shm', [...flags]], why)]
}

/** In /dev: a tmpfs of its own, none, or what was taken. */
export function sharedMemory(options: SharedMemory): Step[] {
  const { ipc, shmBytes = defaultBytes } = options
  if (ipc === 'none') return []
  const size = shmBytes % 1024 === 0 ? `${shmBytes / 1024}k` : String(shmBytes)
  const place = step(['mkdir', '/dev/shm', 0o755], 'a place for shm')
  if (ipc === undefined)
    return [
      place,
      step(
        [
          'mount', 'tmpfs', '/dev/shm', 'tmpfs', ['MS_NOSUID', 'MS_NOEXEC', 'MS_NODEV'],
          `mode=1777,size=${size}`,
        ],
        'shm_open(3) keeps shared memory here',
      ),
    ]
  const fd = nextFd(options)
  return [
    place,
    step(['move_mount', fd, '/dev/shm'], 'what one of them keeps here, the others see'),
    step(['close', fd], 'the terminal, or /dev/null, counts on this number'),
  ]
}
