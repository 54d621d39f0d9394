/**
 * The calls that a step can make: their arguments as types, and a table of how each is sent and
 * carried out. notation.ts says how each is printed. native/calls.c has the same calls and flags; a
 * test compares the two.
 */
import type { CallRow } from './call-row.ts'
import type { MountAttribute, MountFlag, NamespaceFlag } from './flag-names.ts'
import type { OpenFlag, OpenTreeFlag, ResolveFlag, Resource } from './flag-names.ts'
import type { RestartFlag } from './flag-names.ts'

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
      name: 'mount', source: string | null, target: string, filesystemtype: string | null,
      mountflags: MountFlag[], data: string | null,
    ]
  | [name: 'setns', pathname: string, nstype: NamespaceFlag]
  | [name: 'keyctl', operation: 'KEYCTL_JOIN_SESSION_KEYRING', name: string | null]
  | [name: 'capset_inheritable', set: number]
  | [name: 'setrlimit_soft', resource: 'RLIMIT_NOFILE', soft: number]
  | [name: 'sched_setaffinity', cpus: number]
  | [name: 'sched_setattr', policy: 'SCHED_OTHER', nice: number]
  | [
      name: 'ioprio_set', which: 'IOPRIO_WHO_PROCESS', who: number,
      class_: 'IOPRIO_CLASS_NONE' | 'IOPRIO_CLASS_IDLE', level: number,
    ]
  | [name: 'personality', persona: 'PER_LINUX' | 'ADDR_NO_RANDOMIZE']
  | [name: 'sethostname', name: string]
  | [name: 'setdomainname', name: string]
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
  | [name: 'open_tree', pathname: string, flags: OpenTreeFlag[]]
  | [name: 'open_tree_in', mounts: string, pathname: string, flags: OpenTreeFlag[]]
  | [name: 'move_mount', fd: number, target: string]
  | [name: 'setrlimit', resource: Resource, soft: number, hard: number]
  | [name: 'mkdir_parents', pathname: string, mode: number]
  | [name: 'chroot', path: string]
  | [name: 'pivot_root', new_root: string, put_old: string]
  | [name: 'umount2', target: string, flags: 'MNT_DETACH'[]]
  | [name: 'getcwd']
  | [
      name: 'mknod', pathname: string, type: 'S_IFCHR' | 'S_IFBLK' | 'S_IFREG' | 'S_IFIFO',
      mode: number, major: number, minor: number,
    ]
  | [name: 'symlink', target: string, linkpath: string]
  | [name: 'socketpair', domain: 'AF_UNIX', type: 'SOCK_STREAM']
  | [
      name: 'pipe2', stream: 'STDIN_FILENO' | 'STDOUT_FILENO' | 'STDERR_FILENO', readEnd: number,
      writeEnd: number, flags: 'O_CLOEXEC'[],
    ]
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
  | [name: 'lsetxattr_if_held', pathname: string, name: string, value: Uint8Array]
  | [name: 'utimensat', pathname: string, seconds: bigint, nanoseconds: number]
  | [
      name: 'create', pathname: string, data: Uint8Array, mode: number, uid: number, gid: number,
      seconds: bigint, nanoseconds: number,
    ]
  | [name: 'llistxattr', pathname: string]
  | [name: 'lgetxattr', pathname: string, name: string]
  | [name: 'seek_data', pathname: string]
  | [name: 'flock', fd: number, operation: 'LOCK_EX']
  | [name: 'syncfs', fd: number]
  // Chapter 6: a log, a monitor that lives on, a process 1 that reaps
  | [name: 'open_log', pathname: string, maxBytes: number, files: number, attributes: string]
  | [
      name: 'supervise', directory: string, mark: string, lock: string, restart: RestartFlag,
      /** Most restarts, 0 for any number; then milliseconds: first delay, last one, lasting. */
      numbers: number[], groups: string[], settler: string[], isAttended: number,
    ]
  | [name: 'init']
  | [name: 'listen', directory: string, closesInput: number, isAwaited: number]
  | [name: 'attach', directory: string, streams: number, milliseconds: number, terminal: number]
  // Chapter 7: a container's files from outside, by names that are resolved inside its root
  | [name: 'openat2', dirfd: number, pathname: string, flags: OpenFlag[], resolve: ResolveFlag[]]
  | [name: 'openat2_if_there', fd: number, path: string, flags: OpenFlag[], resolve: ResolveFlag[]]
  | [name: 'fchdir', fd: number]
  | [name: 'fchmod', fd: number, mode: number]
  | [name: 'linkat', fd: number, newpath: string]
  | [name: 'read_in_root', dirfd: number, pathname: string, most: number]
  // Chapter 7: a newcomer that becomes like one of the container's
  | [name: 'pidfd_open', pid: number, start: number]
  | [name: 'setns_pidfd', fd: number, nstype: NamespaceFlag]
  | [name: 'prctl_dumpable', dumpable: number]
  | [name: 'clone_parent']
  | [name: 'outlive', events: string, container: string, exec: string]
  | [name: 'check_health', directory: string, numbers: number[], command: string]
  // Only for tools, which look at a container from outside
  | [name: 'seccomp', filter: Uint8Array]
  | [
      name: 'mount_setattr', pathname: string, flags: 'AT_RECURSIVE'[], set: MountAttribute[],
      clear: MountAttribute[],
    ]
  | [name: 'capbset_drop_all'] | [name: 'cap_drop', capability: number]
  | [name: 'prctl_subreaper']
  | [name: 'uname']
  | [name: 'ioctl_ptpeer', fd: number]
  | [name: 'ioctl_clearflags', pathname: string, flags: ('FS_IMMUTABLE_FL' | 'FS_APPEND_FL')[]]

export type CallName = Call[0]

/** The last two give the descriptor the lowest number, on which the plan counts. */
const openTreeIn = 'open open setns open_tree setns close close fcntl close'
const supervised =
  'open fcntl close open fcntl close fallocate prctl mmap pipe2 rt_sigprocmask fork close'

/** The table of calls, in the order of `Call`. */
export const calls: Record<CallName, CallRow> = {
  close_range: { kinds: 'nnf' },
  unshare: { kinds: 'f' },
  fork: {
    kinds: '',
    // A pipe tells the child that its parent is gone, and signals are blocked until the parent can
    // forward them. The child's end is moved out of the plan's way; it waits to be reported.
    makes: 'pipe2 fcntl close rt_sigprocmask fork close rt_sigprocmask read'.split(' '),
    // Without a terminal the parent leaves its process group. It lets the child go on, closes the
    // child's ends of the socket or of pipes, and waits for signals.
    parentMakes: 'setpgid? close write close* signalfd4 poll'.split(' '),
  },
  prctl: { kinds: 'ff', makes: ['prctl', 'poll'] }, // the parent may have died before
  mount: { kinds: 's?ss?fs?', makes: ['lstat', 'mount'] }, // never on a symbolic link
  setns: { kinds: 'sf', makes: ['open', 'setns', 'close'] },
  keyctl: { kinds: 'fs?' },
  capset_inheritable: { kinds: 'n', makes: ['capget', 'capset'] }, // the other sets stay
  setrlimit_soft: { kinds: 'fn', makes: ['getrlimit', 'setrlimit'] }, // the hard limit stays
  sched_setaffinity: { kinds: 'n' },
  sched_setattr: { kinds: 'fn' },
  ioprio_set: { kinds: 'fnfn' },
  personality: { kinds: 'f' },
  sethostname: { kinds: 's' },
  setdomainname: { kinds: 's' },
  ioctl_ifflags: { kinds: 'sf', makes: ['socket', 'ioctl', 'close'] },
  setsid: { kinds: '' },
  umask: { kinds: 'o' },
  setgroups: { kinds: 'l' },
  setgid: { kinds: 'n' },
  setuid: { kinds: 'n' },
  chdir: { kinds: 's' },
  execvpe: { kinds: 'sll', makes: ['execve+'] }, // in each directory of the PATH in `envp`
  mkdir: { kinds: 'so' },
  write: { kinds: 'ss', makes: ['open', 'fstatfs', 'write', 'close'] }, // only in cgroup and proc
  open_tree: { kinds: 'sf' },
  // It goes to the other mount namespace for it, and comes back.
  open_tree_in: { kinds: 'ssf', makes: openTreeIn.split(' ') },
  move_mount: { kinds: 'ns' },
  setrlimit: { kinds: 'fnn' },
  mkdir_parents: { kinds: 'so', makes: ['mkdir+', 'stat*'] }, // those above it first
  chroot: { kinds: 's' },
  pivot_root: { kinds: 'ss' },
  umount2: { kinds: 'sf' },
  getcwd: { kinds: '' },
  mknod: { kinds: 'sfonn' },
  symlink: { kinds: 'ss' },
  socketpair: { kinds: 'ff' },
  pipe2: { kinds: 'fnnf' }, // the stream it stands for tells the parent what to copy
  open: { kinds: 'sfo' },
  ioctl_unlockpt: { kinds: 'n', makes: ['ioctl'] },
  ioctl_winsize: { kinds: 'nnn', makes: ['ioctl'] },
  ioctl_ctty: { kinds: 'n', makes: ['ioctl'] },
  fchown: { kinds: 'nnn' },
  sendmsg_rights: { kinds: 'nn', makes: ['sendmsg'] },
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
  lsetxattr_if_held: { kinds: 'ssb', makes: ['lsetxattr'] }, // the errno is an answer
  utimensat: { kinds: 'snn' },
  create: {
    kinds: 'sbonnnn',
    makes: 'open write* fchown? fchmod? utimensat close'.split(' '), // a whole small file
  },
  llistxattr: { kinds: 's' },
  lgetxattr: { kinds: 'ss' },
  seek_data: { kinds: 's', makes: ['open', 'lseek+', 'close'] },
  flock: { kinds: 'nf' },
  syncfs: { kinds: 'n' },
  open_log: { kinds: 'snns', makes: 'open fcntl close fstat pread? write?'.split(' ') },
  supervise: { kinds: 'sssfllln', makes: supervised.split(' ') },
  init: { kinds: '', makes: 'pipe2 rt_sigprocmask fork close rt_sigprocmask'.split(' ') },
  listen: { kinds: 'snn', makes: 'open socket unlink bind listen close fcntl close'.split(' ') },
  attach: { kinds: 'snnn', makes: 'open socket connect close'.split(' ') },
  openat2: { kinds: 'nsff' },
  openat2_if_there: { kinds: 'nsff', makes: ['openat2'] }, // the errno is an answer
  fchdir: { kinds: 'n' },
  fchmod: { kinds: 'no' },
  linkat: { kinds: 'ns' },
  // It looks at the file before it opens it: another kind of file is not to be opened.
  read_in_root: { kinds: 'nsn', makes: 'openat2 fstat close openat2 fstat read+ close'.split(' ') },
  pidfd_open: { kinds: 'nn', makes: 'pidfd_open open read close'.split(' ') }, // is it that one?
  setns_pidfd: { kinds: 'nf', makes: ['setns'] },
  prctl_dumpable: { kinds: 'n', makes: ['prctl'] },
  // The clone waits until it is reported. Its predecessor lets it go on, and ends.
  clone_parent: { kinds: '', makes: 'pipe2 fork close read close'.split(' ') },
  outlive: { kinds: 'sss', makes: [] },
  check_health: {
    kinds: 'sls', // two files, each with its blocks
    makes: 'open fcntl close openat fallocate close openat fallocate close'.split(' '),
  },
  seccomp: { kinds: 'b' },
  mount_setattr: { kinds: 'sfff' },
  capbset_drop_all: { kinds: '', makes: ['prctl+'] }, // until the kernel knows no more capabilities
  cap_drop: { kinds: 'n', makes: 'prctl capget capset'.split(' ') },
  prctl_subreaper: { kinds: '', makes: ['prctl'] },
  uname: { kinds: '' },
  ioctl_ptpeer: { kinds: 'n', makes: ['ioctl'] },
  // It reads the flags that are set, and writes them back without these.
  ioctl_clearflags: { kinds: 'sf', makes: ['open', 'ioctl', 'ioctl', 'close'] },
}
