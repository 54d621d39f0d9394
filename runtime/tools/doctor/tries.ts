/**
 * The plans that doctor tries, each the shortest that shows one thing to work. They are written out
 * here and use no planner: the planners are what a learner changes, and a mistake in one of them is
 * no fault of the machine.
 */
import type { Call } from '../../calls.ts'
import type { MountFlag, NamespaceFlag } from '../../flag-names.ts'
import { childSocketFd, masterFd, slaveFd } from '../../descriptors.ts'
import { toolStep, type Step } from '../../step.ts'
import type { Try } from './machine.ts'

const why = 'to see whether this machine allows it'

function steps(...calls: Call[]): Step[] {
  return calls.map((call) => toolStep(call, why))
}

/** Close what is open beyond the native program's own socket. */
export function othersClosed(): Step[] {
  return steps(['close_range', 4, 4294967295, []])
}

const processIds: Call[] = [['unshare', ['CLONE_NEWPID']], ['fork']]

const isolated: Call[] = [
  ['unshare', ['CLONE_NEWNS']],
  ['mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null],
]

const quiet: MountFlag[] = ['MS_NOSUID', 'MS_NODEV', 'MS_NOEXEC']
const proc: Call = ['mount', 'proc', '/proc', 'proc', quiet, null]
const pts = 'newinstance,ptmxmode=0666,mode=0620,gid=5'

const devices: Call[] = [
  ['umask', 0],
  ['mount', 'tmpfs', '/dev', 'tmpfs', ['MS_NOSUID', 'MS_STRICTATIME'], 'mode=755,size=65536k'],
  ['mknod', '/dev/null', 'S_IFCHR', 0o666, 1, 3],
  ['mkdir', '/dev/pts', 0o755],
  ['mount', 'devpts', '/dev/pts', 'devpts', ['MS_NOSUID', 'MS_NOEXEC'], pts],
  ['symlink', 'pts/ptmx', '/dev/ptmx'],
  ['mkdir', '/dev/shm', 0o755],
  ['mount', 'tmpfs', '/dev/shm', 'tmpfs', quiet, 'mode=1777,size=65536k'],
  ['mkdir', '/dev/mqueue', 0o755],
  ['mount', 'mqueue', '/dev/mqueue', 'mqueue', quiet, null],
]

const terminal: Call[] = [
  ['setsid'],
  ['open', '/dev/pts/ptmx', ['O_RDWR', 'O_NOCTTY', 'O_CLOEXEC'], 0],
  ['ioctl_unlockpt', masterFd],
  ['ioctl_winsize', masterFd, 24, 80],
  ['open', '/dev/pts/0', ['O_RDWR', 'O_NOCTTY', 'O_CLOEXEC'], 0],
  ['ioctl_ctty', slaveFd],
  ['mknod', '/dev/console', 'S_IFREG', 0o600, 0, 0],
  ['mount', '/dev/pts/0', '/dev/console', null, ['MS_BIND'], null],
  ['sendmsg_rights', childSocketFd, masterFd],
  ...[0, 1, 2].map((fd): Call => ['dup2', slaveFd, fd]),
]

/** Tries that need only a process: namespaces, and file systems without a disk. */
export function plainTries(user: { uid: number; gid: number }): Partial<Record<Try, Step[]>> {
  return {
    native: [],
    'close-range': steps(['close_range', 8, 4294967295, ['CLOSE_RANGE_CLOEXEC']]),
    'pid-namespace': steps(...processIds, ['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL']),
    'mount-namespace': steps(...isolated),
    'uts-namespace': steps(['unshare', ['CLONE_NEWUTS']], ['sethostname', 'stepbox']),
    'ipc-namespace': unshared('CLONE_NEWIPC'),
    'cgroup-namespace': unshared('CLONE_NEWCGROUP'),
    'network-namespace': [
      ...unshared('CLONE_NEWNET'),
      ...steps(['ioctl_ifflags', 'lo', ['IFF_UP']]),
    ],
    'user-namespace': userNamespace(user),
    'mount-proc': steps(...processIds, ...isolated, proc),
    devices: steps(
      ...isolated,
      ...devices,
      ['open', '/dev/null', ['O_RDWR', 'O_CLOEXEC'], 0],
    ),
    terminal: steps(
      ['socketpair', 'AF_UNIX', 'SOCK_STREAM'],
      ['fork'],
      ...isolated,
      ...devices,
      ...terminal,
    ),
  }
}

function unshared(flag: NamespaceFlag): Step[] {
  return steps(['unshare', [flag]])
}

/**
 * Where AppArmor restricts user namespaces (Ubuntu since 23.10), unshare succeeds but gives no
 * capabilities, and a later call fails.
 */
function userNamespace({ uid, gid }: { uid: number; gid: number }): Step[] {
  return steps(
    ['unshare', ['CLONE_NEWUSER']],
    ['write', '/proc/self/setgroups', 'deny'],
    ['write', '/proc/self/uid_map', `0 ${uid} 1`],
    ['write', '/proc/self/gid_map', `0 ${gid} 1`],
    ['unshare', ['CLONE_NEWNS']],
  )
}

/**
 * Tries that depend on the file system of the data root. `dir` has the directories `root`, `lower`,
 * `upper`, `work` and `merged`, and a file `gone` and a directory `old` in `lower`.
 */
export function storageTries(dir: string): Partial<Record<Try, Step[]>> {
  const data = 'lowerdir=lower,upperdir=upper,workdir=work,redirect_dir=off,metacopy=off,index=off'
  return {
    'pivot-root': steps(
      ...isolated,
      ['mount', `${dir}/root`, `${dir}/root`, null, ['MS_BIND', 'MS_REC'], null],
      ['chdir', `${dir}/root`],
      ['pivot_root', '.', '.'],
      ['umount2', '.', ['MNT_DETACH']],
    ),
    overlay: steps(
      ...isolated,
      ['chdir', dir],
      ['mount', 'overlay', 'merged', 'overlay', [], data],
      ['unlink', 'merged/gone'], // a whiteout: mknod 0:0
      ['rmdir', 'merged/old'],
      ['mkdir', 'merged/old', 0o755], // opaque: an extended attribute of the upper file system
      ['lgetxattr', 'upper/old', 'trusted.overlay.opaque'],
    ),
  }
}
