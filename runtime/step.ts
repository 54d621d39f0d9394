/** Chapter 1. A container as data: a list of system calls, each with the reason it is there. */

/**
 * One system call: its name, then its arguments in man-page order, as labelled tuples.
 *
 * Flags and constants travel by name, so that the plan is the same on every machine and
 * architecture; `null` is C's NULL. Two calls are short for three, because learners think of them
 * as one: `write` takes a path (open, write, close) and `ioctl_ifflags` an interface (socket,
 * ioctl, close). `execvpe` tries each directory of the PATH it is given, as execvp(3) does.
 *
 * Descriptors are numbers known in advance: 0–2 are the container's, 3 is the native program's own
 * socket to its parent, and the first step closes everything above, so the next one opened is 4.
 */
export type Call =
  // Chapter 1: a process with namespaces of its own
  | [name: 'close_range', first: number, last: number, flags: 'CLOSE_RANGE_CLOEXEC'[]]
  | [name: 'unshare', flags: NamespaceFlag[]]
  | [name: 'fork']
  | [name: 'prctl', option: 'PR_SET_PDEATHSIG', signal: 'SIGKILL']
  | [
      name: 'mount',
      source: string | null,
      target: string,
      filesystemtype: string | null,
      mountflags: MountFlag[],
      data: string | null,
    ]
  | [name: 'sethostname', name: string]
  | [name: 'ioctl_ifflags', ifname: string, flags: 'IFF_UP'[]]
  | [name: 'setsid']
  | [name: 'umask', mask: number]
  | [name: 'setgroups', list: number[]]
  | [name: 'setgid', gid: number]
  | [name: 'setuid', uid: number]
  | [name: 'chdir', path: string]
  | [name: 'execvpe', file: string, argv: string[], envp: string[]]
  // Chapter 2: a group with limits
  | [name: 'mkdir', pathname: string, mode: number]
  | [name: 'write', pathname: string, text: string]
  // Chapter 3: a root of its own, devices, a terminal
  | [name: 'chroot', path: string]
  | [name: 'pivot_root', new_root: string, put_old: string]
  | [name: 'umount2', target: string, flags: 'MNT_DETACH'[]]
  | [name: 'getcwd']
  | [
      name: 'mknod',
      pathname: string,
      type: 'S_IFCHR' | 'S_IFBLK' | 'S_IFREG' | 'S_IFIFO',
      mode: number,
      major: number,
      minor: number,
    ]
  | [name: 'symlink', target: string, linkpath: string]
  | [name: 'socketpair', domain: 'AF_UNIX', type: 'SOCK_STREAM']
  | [name: 'open', pathname: string, flags: OpenFlag[], mode: number]
  | [name: 'ioctl_unlockpt', fd: number]
  | [name: 'ioctl_winsize', fd: number, rows: number, columns: number]
  | [name: 'ioctl_ctty', fd: number]
  | [name: 'fchown', fd: number, uid: number, gid: number]
  | [name: 'sendmsg_rights', socket: number, fd: number]
  | [name: 'dup2', oldfd: number, newfd: number]
  // Chapter 5: files exactly as an archive has them, and the facts an archive needs
  | [name: 'link', oldpath: string, newpath: string]
  | [name: 'unlink', pathname: string]
  | [name: 'rmdir', pathname: string]
  | [name: 'pwrite', fd: number, data: Uint8Array, offset: number]
  | [name: 'ftruncate', fd: number, length: number]
  | [name: 'close', fd: number]
  | [name: 'lchown', pathname: string, uid: number, gid: number]
  | [name: 'chmod', pathname: string, mode: number]
  | [name: 'lsetxattr', pathname: string, name: string, value: Uint8Array]
  | [name: 'utimensat', pathname: string, mtimeNs: bigint]
  | [name: 'llistxattr', pathname: string]
  | [name: 'lgetxattr', pathname: string, name: string]
  | [name: 'seek_data', pathname: string]
  | [name: 'flock', fd: number, operation: 'LOCK_EX']
  | [name: 'syncfs', fd: number]
  // Step by step: a look into somebody else's namespace
  | [name: 'setns', pathname: string, nstype: NamespaceFlag]
  | [name: 'uname']
  | [name: 'tcsetpgrp', fd: number, pgrp: number]

export type NamespaceFlag =
  | 'CLONE_NEWPID'
  | 'CLONE_NEWNS'
  | 'CLONE_NEWUTS'
  | 'CLONE_NEWIPC'
  | 'CLONE_NEWNET'
  | 'CLONE_NEWCGROUP'
  | 'CLONE_NEWUSER'
  | 'CLONE_NEWTIME'

export type MountFlag =
  | 'MS_RDONLY'
  | 'MS_NOSUID'
  | 'MS_NODEV'
  | 'MS_NOEXEC'
  | 'MS_REMOUNT'
  | 'MS_BIND'
  | 'MS_MOVE'
  | 'MS_REC'
  | 'MS_PRIVATE'
  | 'MS_SLAVE'
  | 'MS_SHARED'
  | 'MS_STRICTATIME'

export type OpenFlag =
  | 'O_RDONLY'
  | 'O_WRONLY'
  | 'O_RDWR'
  | 'O_CREAT'
  | 'O_EXCL'
  | 'O_NOCTTY'
  | 'O_NOFOLLOW'
  | 'O_CLOEXEC'

export type CallName = Call[0]

/** What may be there already, or be missing, without harm. */
export type Ignorable = 'EEXIST' | 'ENOENT'

/** A line of the list. `ignoring` names the one errno that does not stop the plan here. */
export interface Step {
  chapter: number
  call: Call
  why: string
  ignoring?: Ignorable
  /** In a list that was altered: the line of the list it was made of, 0 when it is none of it. */
  line?: number
}

/** The number that people know a line by: as the list counts it, from 1. */
export function lineOf(plan: Step[], index: number): number {
  return plan[index]?.line ?? index + 1
}

/** `step 12 of 45`, or what else it is part of. */
export function placeInWords(plan: Step[], index: number): string {
  const line = lineOf(plan, index)
  return line > 0 ? `step ${line} of ${lineOf(plan, plan.length - 1)}` : (plan[index]?.why ?? '')
}

/**
 * The kind of each argument, in order: `s` text, `b` bytes, `n` number, `o` number written in
 * octal, `f` names of flags joined by `|`, `l` list; `?` after a kind lets it be null. The native
 * program holds the same table, and a test compares the two.
 */
export const signatures: Record<CallName, string> = {
  close_range: 'nnf',
  unshare: 'f',
  fork: '',
  prctl: 'ff',
  mount: 's?ss?fs?',
  sethostname: 's',
  ioctl_ifflags: 'sf',
  setsid: '',
  umask: 'o',
  setgroups: 'l',
  setgid: 'n',
  setuid: 'n',
  chdir: 's',
  execvpe: 'sll',
  mkdir: 'so',
  write: 'ss',
  chroot: 's',
  pivot_root: 'ss',
  umount2: 'sf',
  getcwd: '',
  mknod: 'sfonn',
  symlink: 'ss',
  socketpair: 'ff',
  open: 'sfo',
  ioctl_unlockpt: 'n',
  ioctl_winsize: 'nnn',
  ioctl_ctty: 'n',
  fchown: 'nnn',
  sendmsg_rights: 'nn',
  dup2: 'nn',
  link: 'ss',
  unlink: 's',
  rmdir: 's',
  pwrite: 'nbn',
  ftruncate: 'nn',
  close: 'n',
  lchown: 'snn',
  chmod: 'so',
  lsetxattr: 'ssb',
  utimensat: 'sn',
  llistxattr: 's',
  lgetxattr: 'ss',
  seek_data: 's',
  flock: 'nf',
  syncfs: 'n',
  setns: 'sf',
  uname: '',
  tcsetpgrp: 'nn',
}

/** The step maker of one chapter, for the planners of that chapter to begin with. */
export function stepOf(chapter: number) {
  return (call: Call, why: string, ignoring?: Ignorable): Step =>
    ignoring ? { chapter, call, why, ignoring } : { chapter, call, why }
}
