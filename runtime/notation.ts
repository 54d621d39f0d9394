/** How calls are printed where strace's notation is not `name(argument, …)`. */
import type { CallName } from './calls.ts'
import { childSocketFd, parentSocketFd } from './descriptors.ts'

/** The notation of a call, from its arguments as they are printed. */
export const notations: Partial<Record<CallName, (args: string[]) => string>> = {
  capset_inheritable: ([set]) => `capset({pid=0}, {inheritable=${set}})`,
  setrlimit_soft: ([resource, soft]) => `setrlimit(${resource}, {rlim_cur=${soft}})`,
  setrlimit: ([resource, soft, hard]) =>
    `setrlimit(${resource}, {rlim_cur=${bound(soft)}, rlim_max=${bound(hard)}})`,
  sched_setaffinity: ([cpus]) => `sched_setaffinity(0, [0-${Number(cpus) - 1}])`,
  sched_setattr: ([policy, nice]) =>
    `sched_setattr(0, {sched_policy=${policy}, sched_nice=${nice}}, 0)`,
  ioprio_set: ([which, who, class_, level]) =>
    `ioprio_set(${which}, ${who}, IOPRIO_PRIO_VALUE(${class_}, ${level}))`,
  ioctl_ifflags: ([name, flags]) =>
    `ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, {ifr_name=${name}, ifr_flags=${flags}})`,
  setgroups: ([list = '[]']) =>
    `setgroups(${list === '[]' ? 0 : list.split(',').length}, ${list})`,
  open_tree: ([path, flags]) => `open_tree(AT_FDCWD, ${path}, ${flags})`,
  open_tree_in: ([mounts, path, flags]) =>
    `open_tree(AT_FDCWD, ${path}, ${flags}) /* in ${mounts} */`,
  move_mount: ([fd, target]) =>
    `move_mount(${fd}, "", AT_FDCWD, ${target}, MOVE_MOUNT_F_EMPTY_PATH)`,
  mkdir_parents: ([path, mode]) => `mkdir(${path}, ${mode})`,
  mknod: ([path, type, mode = '0', major, minor]) => {
    const isDevice = type === 'S_IFCHR' || type === 'S_IFBLK'
    const device = isDevice ? `, makedev(${major}, ${minor})` : ''
    return `mknod(${path}, ${type}|${mode}${device})`
  },
  socketpair: ([domain, type]) =>
    `socketpair(${domain}, ${type}|SOCK_CLOEXEC, 0, [${parentSocketFd}, ${childSocketFd}])`,
  pipe2: ([, readEnd, writeEnd, flags]) => `pipe2([${readEnd}, ${writeEnd}], ${flags})`,
  open: ([path, flags = '', mode]) =>
    `open(${path}, ${flags}${flags.includes('O_CREAT') ? `, ${mode}` : ''})`,
  ioctl_unlockpt: ([fd]) => `ioctl(${fd}, TIOCSPTLCK, [0])`,
  ioctl_winsize: ([fd, rows, columns]) =>
    `ioctl(${fd}, TIOCSWINSZ, {ws_row=${rows}, ws_col=${columns}})`,
  ioctl_ctty: ([fd]) => `ioctl(${fd}, TIOCSCTTY, 0)`,
  sendmsg_rights: ([socket, fd]) =>
    `sendmsg(${socket}, {msg_control=[{cmsg_type=SCM_RIGHTS, cmsg_data=[${fd}]}]}, 0)`,
  lsetxattr_if_held: ([path, name, value]) => `lsetxattr(${path}, ${name}, ${value})`,
  utimensat: ([path, seconds, nanoseconds]) =>
    `utimensat(AT_FDCWD, ${path}, ${timespec(seconds, nanoseconds)}, AT_SYMLINK_NOFOLLOW)`,
  create: ([path, data, mode]) =>
    `write(open(${path}, O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, ${mode}), ${data})`,
  seek_data: ([path]) => `lseek(open(${path}, O_RDONLY), 0, SEEK_DATA|SEEK_HOLE)`,
  openat2,
  openat2_if_there: openat2,
  linkat: ([fd, path]) => `linkat(${fd}, "", AT_FDCWD, ${path}, AT_EMPTY_PATH)`,
  read_in_root: ([dirfd, path]) =>
    `read(openat2(${dirfd}, ${path}, {flags=O_RDONLY, resolve=RESOLVE_IN_ROOT}, 24))`,
  pidfd_open: ([pid]) => `pidfd_open(${pid}, 0)`,
  setns_pidfd: ([fd, nstype]) => `setns(${fd}, ${nstype})`,
  prctl_dumpable: ([dumpable]) => `prctl(PR_SET_DUMPABLE, ${dumpable})`,
  clone_parent: () => 'clone(NULL, CLONE_PARENT|SIGCHLD)',
  open_tree_as: ([path, flags, fd]) => `open_tree(AT_FDCWD, ${path}, ${flags}) /* as ${fd} */`,
  mount_setattr_tree: ([fd, flags, set, propagation]) => {
    const which = ['AT_EMPTY_PATH', flags].filter((each) => each !== '0').join('|')
    const fields = Object.entries({ attr_set: set, propagation }).filter(([, bits]) => bits !== '0')
    const attr = fields.map(([field, bits]) => `${field}=${bits}`).join(', ')
    return `mount_setattr(${fd}, "", ${which}, {${attr}}, 32)`
  },
  move_mount_to: ([fd, target]) =>
    `move_mount(${fd}, "", ${target}, "", MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_EMPTY_PATH)`,
  mknod_parents: ([path, mode]) => `mknod(${path}, S_IFREG|${mode})`,
  netlink_socket: ([fd]) =>
    `socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) /* as ${fd} */`,
  spawn: ([file = '', argv]) => `execve(${file}, ${argv}) /* in a child, to its end */`,
  hold_port: ([address = '', port, type, fd]) => {
    const isV6 = address.includes(':')
    const family = isV6 ? 'AF_INET6' : 'AF_INET'
    const where = isV6 ? `inet_pton(AF_INET6, ${address})` : `inet_addr(${address})`
    return `bind(socket(${family}, ${type}, 0), {${port}, ${where}}) /* as ${fd} */`
  },
  listen_tcp: ([fd, backlog]) => `listen(${fd}, ${backlog})`,
  serve_names: ([directory, , fd, , user]) =>
    `fork() /* chroot(${directory}), setuid(${user}), seccomp(…), ${fd} */`,
  seccomp: () => 'seccomp(SECCOMP_SET_MODE_FILTER, 0, {…})',
  mount_setattr: ([path, flags, set, clear]) =>
    `mount_setattr(AT_FDCWD, ${path}, ${flags}, {attr_set=${set}, attr_clr=${clear}}, 32)`,
  ioctl_ptpeer: ([fd]) => `ioctl(${fd}, TIOCGPTPEER, O_RDWR|O_NOCTTY|O_CLOEXEC)`,
  ioctl_clearflags: ([path, flags]) =>
    `ioctl(open(${path}, O_RDONLY), FS_IOC_SETFLAGS, ~(${flags}))`,
  netlink_dump: ([protocol]) => `sendto(socket(AF_NETLINK, SOCK_RAW, ${protocol}), …)`,
  knock: ([address, port, type]) => `connect(socket(AF_INET, ${type}, 0), ${address}:${port})`,
  capbset_drop_all: () => 'prctl(PR_CAPBSET_DROP, [0-63])',
  cap_drop: (capability) => `prctl(PR_CAPBSET_DROP, ${capability})`,
  prctl_subreaper: () => 'prctl(PR_SET_CHILD_SUBREAPER, 1)',
}

function openat2([dirfd, path, flags, resolve]: string[]): string {
  const from = dirfd === '-100' ? 'AT_FDCWD' : dirfd
  return `openat2(${from}, ${path}, {flags=${flags}, resolve=${resolve}}, 24)`
}

function bound(limit: string | undefined): string | undefined {
  return limit === '-1' ? 'RLIM64_INFINITY' : limit
}

function timespec(seconds = '', nanoseconds = ''): string {
  return `{tv_sec=${seconds}, tv_nsec=${nanoseconds}}`
}
