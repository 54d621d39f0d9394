/** A private /dev: the few devices that every program expects, and no disk of the host. */
import type { MountFlag } from '../flag-names.ts'
import { stepOf, type Step } from '../step.ts'
import { sharedMemory, type SharedMemory } from './shared-memory.ts'

const step = stepOf(3)

/** Name, major and minor number, from the kernel's admin-guide/devices.txt. */
const devices = [
  ['null', 1, 3, 'what is written here is gone'],
  ['zero', 1, 5, 'bytes of zero, without end'],
  ['full', 1, 7, 'a disk that is always full'],
  ['random', 1, 8, 'random bytes'],
  ['urandom', 1, 9, 'random bytes'],
  ['tty', 5, 0, "the process's own terminal, whatever it is"],
] as const

const links = [
  ['pts/ptmx', 'ptmx', "opening it makes a terminal in this container's devpts"],
  ['/proc/self/fd', 'fd', 'shells write /dev/fd/3 for an open file'],
  ['/proc/self/fd/0', 'stdin', 'scripts read from it'],
  ['/proc/self/fd/1', 'stdout', 'scripts write to it'],
  ['/proc/self/fd/2', 'stderr', 'scripts complain to it'],
] as const

/**
 * An empty tmpfs, then nodes, links, terminals, shared memory and message queues in it.
 *
 * The umask is 0 meanwhile, because mknod(2) and mkdir(2) apply it to their modes; `command` sets
 * the usual one again. The devpts is a new instance, whose terminals are numbered from 0
 * (Documentation/filesystems/devpts.rst); a bind mount of the host's would show the host's.
 */
export function dev(options: SharedMemory = {}): Step[] {
  return [
    step(['umask', 0], 'the modes below are used exactly as written'),
    step(
      ['mount', 'tmpfs', '/dev', 'tmpfs', ['MS_NOSUID', 'MS_STRICTATIME'], 'mode=755,size=65536k'],
      "an empty /dev; the host's disks are not in it",
    ),
    ...devices.map(([name, major, minor, why]) =>
      step(['mknod', `/dev/${name}`, 'S_IFCHR', 0o666, major, minor], why),
    ),
    ...place(pts, "terminals numbered from 0, none of the host's"),
    ...links.map(([target, name, why]) => step(['symlink', target, `/dev/${name}`], why)),
    ...sharedMemory(options),
    ...place(mqueue, 'message queues of this IPC namespace as files'),
  ]
}

const pts = { name: 'pts', type: 'devpts', data: 'newinstance,ptmxmode=0666,mode=0620,gid=5' }
const mqueue = { name: 'mqueue', type: 'mqueue', data: null }

/** A file system of its own in /dev. */
interface Place {
  name: string
  type: string
  data: string | null
}

function place({ name, type, data }: Place, why: string): Step[] {
  const flags: MountFlag[] = ['MS_NOSUID', 'MS_NOEXEC']
  if (type !== 'devpts') flags.push('MS_NODEV')
  return [
    step(['mkdir', `/dev/${name}`, 0o755], `a place for ${name}`),
    step(['mount', type, `/dev/${name}`, type, flags, data], why),
  ]
}
