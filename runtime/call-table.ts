/** The table of calls: how each is sent to the native program, and what that does for it. */
import type { CallName } from './calls.ts'

/** What the rest of the program has to know of one call. */
interface CallRow {
  /**
   * The kind of each argument: `s` text, `b` bytes, `n` number, `o` number that is printed in
   * octal, `f` names of flags joined by `|`, `l` list; a `?` after a kind allows null.
   */
  kinds: string
  /**
   * The system calls that it makes if it succeeds, in order, where that is not the one it is named
   * after. `+` means once or more, `?` once or not at all, `*` any number of
   * times.
   */
  makes?: string[]
  /** Of a fork: what the parent does before it waits. `makes` is what the child sees. */
  parentMakes?: string[]
}

/** The last two give the descriptor the lowest number, on which the plan counts. */
const openTreeIn = 'open open setns open_tree setns close close fcntl close'
const supervised =
  'open fcntl close open fcntl close fallocate prctl mmap pipe2 rt_sigprocmask fork close'

const spawned =
  'rt_sigaction pipe2 pipe2 fork close close fcntl poll* write* poll+ read+ close close? wait4 ' +
  'rt_sigaction'

/** The table of calls, in the order of `Call`. */
export const calls: Record<CallName, CallRow> = {
  close_range: { kinds: 'nnf' },
  unshare: { kinds: 'f' },
  fork: {
    kinds: '',
    // A pipe tells the child that its parent is gone, and signals are blocked until the parent can
    // forward them. The child's end is moved out of the plan's way; it waits to be reported. ioctl
    // tells whether the keys for a terminal come from one.
    makes: [
      'ioctl?',
      ...'pipe2 fcntl close rt_sigprocmask fork close rt_sigprocmask read'.split(' '),
    ],
    // Unless it reads keys, the parent leaves its process group. It lets the child go on, closes
    // the child's ends of the socket or of pipes, and waits for signals.
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
  listen: {
    kinds: 'snn',
    makes: 'open socket unlink fchmod bind listen close fcntl close'.split(' '),
  },
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
  // The kernel gives it some number; it is moved to the one in the plan.
  open_tree_as: { kinds: 'sfn', makes: ['open_tree', 'dup3', 'close'] },
  mount_setattr_tree: { kinds: 'nfff', makes: ['mount_setattr'] },
  move_mount_to: { kinds: 'nn', makes: ['move_mount'] },
  mknod_parents: { kinds: 'so', makes: ['mknod', 'mkdir*', 'mknod?'] },
  netlink_socket: { kinds: 'n', makes: 'socket setsockopt setsockopt dup3 close'.split(' ') },
  rtnetlink: { kinds: 'nb', makes: 'sendto recvfrom+'.split(' ') }, // the message, and its answer
  spawn: { kinds: 'slls', makes: spawned.split(' ') },
  // One of IPv6 is told that it is of that alone; the rest is for what a server has left.
  hold_port: {
    kinds: 'snfn',
    makes: 'socket setsockopt? bind setsockopt? bind? setsockopt? dup3 close'.split(' '),
  },
  listen_tcp: { kinds: 'nn', makes: ['listen'] },
  // The resolver says when it has no rights left.
  serve_names: { kinds: 'ssnnnb', makes: 'socketpair fork close read dup3 close'.split(' ') },
  seccomp: { kinds: 'b' },
  mount_setattr: { kinds: 'sfff' },
  capbset_drop_all: { kinds: '', makes: ['prctl+'] }, // until the kernel knows no more capabilities
  cap_drop: { kinds: 'n', makes: 'prctl capget capset'.split(' ') },
  prctl_subreaper: { kinds: '', makes: ['prctl'] },
  uname: { kinds: '' },
  ioctl_ptpeer: { kinds: 'n', makes: ['ioctl'] },
  // It reads the flags that are set, and writes them back without these.
  ioctl_clearflags: { kinds: 'sf', makes: ['open', 'ioctl', 'ioctl', 'close'] },
  netlink_dump: { kinds: 'fb', makes: ['socket', 'sendto', 'recvfrom+', 'close'] }, // to the end
  knock: {
    kinds: 'snfnn',
    // a datagram is sent
    makes: ['socket', 'bind', 'connect', 'sendto?', 'poll', 'getsockopt', 'close'],
  },
}
