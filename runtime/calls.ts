/**
 * The calls that a step can make: their arguments as types, and a table of how each is sent,
 * printed and carried out. native/calls.c has the same calls and flags; a test compares the two.
 */
import { childSocketFd, parentSocketFd } from './descriptors.ts'

/**
 * One system call: its name, then its arguments in the order of its man page, as labelled tuples.
 *
 * Flags and constants are names, so that a plan is the same on every architecture; `null` is C's
 * NULL. File descriptors are numbers known in advance: see descriptors.ts.
 */
export type Call =
  // Chapter 1: a process with its own namespaces
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
  // Chapter 3: a root file system, devices, a terminal
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
  // Chapter 5: files exactly as an archive describes them, and what an archive has to record
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
  // Only for tools, which look at a container from outside
  | [name: 'setns', pathname: string, nstype: NamespaceFlag]
  | [name: 'uname']
  | [name: 'tcsetpgrp', fd: number, pgrp: number]

export type NamespaceFlag =
  | 'CLONE_NEWPID' | 'CLONE_NEWNS' | 'CLONE_NEWUTS' | 'CLONE_NEWIPC' | 'CLONE_NEWNET'
  | 'CLONE_NEWCGROUP' | 'CLONE_NEWUSER' | 'CLONE_NEWTIME'

export type MountFlag =
  | 'MS_RDONLY' | 'MS_NOSUID' | 'MS_NODEV' | 'MS_NOEXEC' | 'MS_REMOUNT' | 'MS_BIND' | 'MS_MOVE'
  | 'MS_REC' | 'MS_PRIVATE' | 'MS_SLAVE' | 'MS_SHARED' | 'MS_STRICTATIME'

export type OpenFlag =
  | 'O_RDONLY' | 'O_WRONLY' | 'O_RDWR' | 'O_CREAT' | 'O_EXCL' | 'O_NOCTTY' | 'O_NOFOLLOW'
  | 'O_CLOEXEC'

export type CallName = Call[0]

/** What the rest of the program has to know of one call. */
interface CallRow {
  /**
   * The kind of each argument: `s` text, `b` bytes, `n` number, `o` number that is printed in
   * octal, `f` names of flags joined by `|`, `l` list; a `?` after a kind allows null.
   */
  kinds: string
  /** Its notation in strace, from the printed arguments, where that is not `name(…)`. */
  notation?: (args: string[]) => string
  /**
   * The system calls that it makes if it succeeds, in order, where that is not the one it is named
   * after. `+` means once or more, `?` once or not at all.
   */
  makes?: string[]
  /** Of a fork: what the parent does before it waits. `makes` is what the child sees. */
  parentMakes?: string[]
}

/** The table of calls, in the order of `Call`. */
export const calls: Record<CallName, CallRow> = {
  close_range: { kinds: 'nnf' },
  unshare: { kinds: 'f' },
  fork: {
    kinds: '',
    // A pipe tells the child that its parent is gone, and signals are blocked until the parent can
    // forward them. The child moves its end out of the plan's way and waits to be reported.
    makes: 'pipe2 rt_sigprocmask fork fcntl close close rt_sigprocmask read'.split(' '),
    // Without a terminal the parent leaves its process group; with one, it closes the child's end
    // of the socket. Then it lets the child go on and waits for signals.
    parentMakes: 'setpgid? close write close? signalfd4 poll'.split(' '),
  },
  prctl: { kinds: 'ff', makes: ['prctl', 'poll'] }, // the parent may have died before
  mount: { kinds: 's?ss?fs?', makes: ['lstat', 'mount'] }, // never on a symbolic link
  sethostname: { kinds: 's' },
  ioctl_ifflags: {
    kinds: 'sf',
    notation: ([name, flags]) =>
      `ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, {ifr_name=${name}, ifr_flags=${flags}})`,
    makes: ['socket', 'ioctl', 'close'],
  },
  setsid: { kinds: '' },
  umask: { kinds: 'o' },
  setgroups: {
    kinds: 'l',
    notation: ([list = '[]']) =>
      `setgroups(${list === '[]' ? 0 : list.split(',').length}, ${list})`,
  },
  setgid: { kinds: 'n' },
  setuid: { kinds: 'n' },
  chdir: { kinds: 's' },
  execvpe: { kinds: 'sll', makes: ['execve+'] }, // in each directory of the PATH in `envp`
  mkdir: { kinds: 'so' },
  write: { kinds: 'ss', makes: ['open', 'fstatfs', 'write', 'close'] }, // only in cgroup and proc
  chroot: { kinds: 's' },
  pivot_root: { kinds: 'ss' },
  umount2: { kinds: 'sf' },
  getcwd: { kinds: '' },
  mknod: {
    kinds: 'sfonn',
    notation: ([path, type, mode = '0', major, minor]) => {
      const isDevice = type === 'S_IFCHR' || type === 'S_IFBLK'
      const device = isDevice ? `, makedev(${major}, ${minor})` : ''
      return `mknod(${path}, ${type}|${mode}${device})`
    },
  },
  symlink: { kinds: 'ss' },
  socketpair: {
    kinds: 'ff',
    notation: ([domain, type]) =>
      `socketpair(${domain}, ${type}|SOCK_CLOEXEC, 0, [${parentSocketFd}, ${childSocketFd}])`,
  },
  open: {
    kinds: 'sfo',
    notation: ([path, flags = '', mode]) =>
      `open(${path}, ${flags}${flags.includes('O_CREAT') ? `, ${mode}` : ''})`,
  },
  ioctl_unlockpt: {
    kinds: 'n',
    notation: ([fd]) => `ioctl(${fd}, TIOCSPTLCK, [0])`,
    makes: ['ioctl'],
  },
  ioctl_winsize: {
    kinds: 'nnn',
    notation: ([fd, rows, columns]) =>
      `ioctl(${fd}, TIOCSWINSZ, {ws_row=${rows}, ws_col=${columns}})`,
    makes: ['ioctl'],
  },
  ioctl_ctty: { kinds: 'n', makes: ['ioctl'], notation: ([fd]) => `ioctl(${fd}, TIOCSCTTY, 0)` },
  fchown: { kinds: 'nnn' },
  sendmsg_rights: {
    kinds: 'nn',
    notation: ([socket, fd]) =>
      `sendmsg(${socket}, {msg_control=[{cmsg_type=SCM_RIGHTS, cmsg_data=[${fd}]}]}, 0)`,
    makes: ['sendmsg'],
  },
  dup2: { kinds: 'nn' },
  link: { kinds: 'ss' },
  unlink: { kinds: 's' },
  rmdir: { kinds: 's' },
  pwrite: { kinds: 'nbn', makes: ['pwrite64+'] }, // until all is written
  ftruncate: { kinds: 'nn' },
  close: { kinds: 'n' },
  lchown: { kinds: 'snn' },
  chmod: { kinds: 'so' },
  lsetxattr: { kinds: 'ssb' },
  utimensat: {
    kinds: 'sn',
    notation: ([path, ns]) => `utimensat(AT_FDCWD, ${path}, {mtime=${ns}}, AT_SYMLINK_NOFOLLOW)`,
  },
  llistxattr: { kinds: 's' },
  lgetxattr: { kinds: 'ss' },
  seek_data: {
    kinds: 's',
    notation: ([path]) => `lseek(open(${path}, O_RDONLY), 0, SEEK_DATA|SEEK_HOLE)`,
    makes: ['open', 'lseek+', 'close'],
  },
  flock: { kinds: 'nf' },
  syncfs: { kinds: 'n' },
  setns: { kinds: 'sf', makes: ['open', 'setns', 'close'] },
  uname: { kinds: '' },
  // SIGTTOU is blocked meanwhile, which would stop a process in the background.
  tcsetpgrp: { kinds: 'nn', makes: ['rt_sigprocmask', 'ioctl', 'rt_sigprocmask'] },
}
