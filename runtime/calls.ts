/**
 * The calls that a step can make: their arguments as types. call-table.ts says how each is sent and
 * carried out, notation.ts how each is printed. native/calls.c has the same calls and flags; a test
 * compares the two.
 */
import type { MountAttribute, MountFlag, NamespaceFlag, NetlinkProtocol } from './flag-names.ts'
import type { OpenFlag, OpenTreeFlag, ResolveFlag, Resource } from './flag-names.ts'
import type { PropagationFlag, RestartFlag } from './flag-names.ts'

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
  | [name: 'flock', fd: number, operation: 'LOCK_EX' | 'LOCK_SH']
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
  // Chapter 8: parts of the host's tree, attached inside the container's root
  | [name: 'open_tree_as', pathname: string, flags: OpenTreeFlag[], fd: number]
  | [
      name: 'mount_setattr_tree', fd: number, flags: 'AT_RECURSIVE'[], set: MountAttribute[],
      propagation: PropagationFlag[],
    ]
  | [name: 'move_mount_to', fd: number, target: number]
  | [name: 'mknod_parents', pathname: string, mode: number]
  // Chapter 9: messages to the kernel about links, addresses and routes, and the packet filter
  | [name: 'netlink_socket', fd: number]
  | [name: 'rtnetlink', fd: number, message: Uint8Array]
  | [name: 'spawn', file: string, argv: string[], envp: string[], input: string]
  | [name: 'hold_port', addr: string, port: number, type: 'SOCK_STREAM' | 'SOCK_DGRAM', fd: number]
  | [name: 'listen_tcp', sockfd: number, backlog: number]
  | [
      name: 'serve_names', directory: string, container: string, fd: number, pid: number,
      user: number, filter: Uint8Array,
    ]
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
  | [name: 'netlink_dump', protocol: NetlinkProtocol, message: Uint8Array]
  | [
      name: 'knock', addr: string, port: number, type: 'SOCK_STREAM' | 'SOCK_DGRAM', from: number,
      milliseconds: number,
    ]

export type CallName = Call[0]
