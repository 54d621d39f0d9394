/**
 * /etc/hosts, /etc/resolv.conf and /etc/hostname: files in the container's directory on the host,
 * mounted on those of the root. They change while the container runs, when it joins a network, and
 * a lower layer of an overlay must not change while it is mounted.
 */
import { afterStreams } from '../03-pivot-root/streams.ts'
import { firstTreeFd } from '../descriptors.ts'
import type { PlanOptions } from '../options.ts'
import { stepOf, type Step } from '../step.ts'
import type {} from '../08-volumes/mounts.ts'

const step = stepOf(9)

/** What a container is told about itself and its networks. */
export const etcNames = ['hosts', 'resolv.conf', 'hostname'] as const

declare module '../options.ts' {
  interface PlanOptions {
    /** Where the files are, absolute, and those that nothing else is mounted on. */
    etc?: { directory: string; names: (typeof etcNames)[number][] }
  }
}

type WithEtc = Pick<PlanOptions, 'etc' | 'volumes' | 'terminal' | 'streams' | 'readOnly'>

const reasons = {
  'hosts': 'its own name and address, and those that were added',
  'resolv.conf': 'whom programs ask for names',
  'hostname': 'its name, for programs that read it from a file',
}

/** After the mounts are made private, while the host's files are there. */
export function openEtc({ etc, volumes, readOnly }: WithEtc): Step[] {
  return (etc?.names ?? []).flatMap((name, at) => {
    const fd = firstFd(volumes) + at
    const path = `${etc?.directory}/${name}`
    return [
      step(['open_tree_as', path, ['OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC'], fd], reasons[name]),
      ...(readOnly
        ? [
            step(
              ['mount_setattr_tree', fd, [], ['MOUNT_ATTR_RDONLY'], []],
              'read-only, as all of its root',
            ),
          ]
        : []),
    ]
  })
}

/** After volumes, one of which may be all of /etc. */
export function attachEtc(options: WithEtc): Step[] {
  const { etc, volumes = [] } = options
  const fd = afterStreams(options)
  const isMade = volumes.some(({ target }) => target === '/etc')
  return (etc?.names ?? []).flatMap((name, at) => [
    ...(at > 0 || volumes.length > 0
      ? [step(['close', fd], 'the next place takes this number again')]
      : []),
    ...(isMade
      ? [step(['mknod_parents', `/etc/${name}`, 0o644], 'a volume may be without it', 'EEXIST')]
      : []),
    step(
      ['openat2', cwdFd, `/etc/${name}`, ['O_PATH', 'O_CLOEXEC'], [...inside]],
      `the place, as ${fd}: whatever links are on the way, it is inside the root`,
    ),
    step(
      ['move_mount_to', firstFd(volumes) + at, fd],
      'the host changes the file, and the container sees it at once',
    ),
  ])
}

/** AT_FDCWD: the working directory, which is taken for the root of all paths. */
const cwdFd = -100

const inside = ['RESOLVE_IN_ROOT', 'RESOLVE_NO_MAGICLINKS'] as const

/** After the trees of volumes. */
function firstFd(volumes: PlanOptions['volumes'] = []): number {
  return firstTreeFd + volumes.filter(({ type }) => type === 'tree').length
}
