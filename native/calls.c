/* The tables of calls and of flags: everything that a plan can name. Each call is a function
 * do_<name> in the file of the chapter that brings it. A plan that names anything else is refused
 * before its first call. runtime/calls.ts has the same two tables, and a test compares them. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "older-headers.h" /* last: it fills what the others lack */

/* The kinds: s text, b bytes, n number, o number that is written in octal, f flags, l list; a `?`
 * after a kind allows NULL. One list, because it is used twice below. */
#define CALLS \
  /* 01-namespaces.c */ \
  CALL(close_range, "nnf") \
  CALL(unshare, "f") \
  CALL(fork, "") \
  CALL(prctl, "ff") \
  CALL(mount, "s?ss?fs?") \
  CALL(setns, "sf") \
  CALL(keyctl, "fs?") \
  CALL(capset_inheritable, "n") \
  CALL(setrlimit_soft, "fn") \
  CALL(sched_setaffinity, "n") \
  CALL(sched_setattr, "fn") \
  CALL(ioprio_set, "fnfn") \
  CALL(personality, "f") \
  CALL(sethostname, "s") \
  CALL(setdomainname, "s") \
  CALL(ioctl_ifflags, "sf") \
  CALL(setsid, "") \
  CALL(umask, "o") \
  CALL(setgroups, "l") \
  CALL(setgid, "n") \
  CALL(setuid, "n") \
  CALL(chdir, "s") \
  CALL(execvpe, "sll") \
  /* 02-cgroups.c */ \
  CALL(mkdir, "so") \
  CALL(write, "ss") \
  /* 03-pivot-root.c */ \
  CALL(open_tree, "sf") \
  CALL(open_tree_in, "ssf") \
  CALL(move_mount, "ns") \
  CALL(setrlimit, "fnn") \
  CALL(mkdir_parents, "so") \
  CALL(chroot, "s") \
  CALL(pivot_root, "ss") \
  CALL(umount2, "sf") \
  CALL(getcwd, "") \
  CALL(mknod, "sfonn") \
  CALL(symlink, "ss") \
  CALL(socketpair, "ff") \
  CALL(pipe2, "fnnf") \
  CALL(open, "sfo") \
  CALL(ioctl_unlockpt, "n") \
  CALL(ioctl_winsize, "nnn") \
  CALL(ioctl_ctty, "n") \
  CALL(fchown, "nnn") \
  CALL(sendmsg_rights, "nn") \
  CALL(dup2, "nn") \
  /* 05-commit.c */ \
  CALL(link, "ss") \
  CALL(unlink, "s") \
  CALL(rmdir, "s") \
  CALL(pwrite, "nbn") \
  CALL(ftruncate, "nn") \
  CALL(close, "n") \
  CALL(lchown, "snn") \
  CALL(chmod, "so") \
  CALL(lsetxattr, "ssb") \
  CALL(lsetxattr_if_held, "ssb") \
  CALL(utimensat, "snn") \
  CALL(create, "sbonnnn") \
  CALL(llistxattr, "s") \
  CALL(lgetxattr, "ss") \
  CALL(seek_data, "s") \
  CALL(flock, "nf") \
  CALL(syncfs, "n") \
  /* log.c, 06-lifecycle.c */ \
  CALL(open_log, "snns") \
  CALL(supervise, "sssfllln") \
  CALL(init, "") \
  /* attach.c */ \
  CALL(listen, "snn") \
  CALL(attach, "snnn") \
  /* 07-copy.c */ \
  CALL(openat2, "nsff") \
  CALL(openat2_if_there, "nsff") \
  CALL(fchdir, "n") \
  CALL(fchmod, "no") \
  CALL(linkat, "ns") \
  CALL(read_in_root, "nsn") \
  /* 07-exec.c */ \
  CALL(pidfd_open, "nn") \
  CALL(setns_pidfd, "nf") \
  CALL(prctl_dumpable, "n") \
  CALL(clone_parent, "") \
  CALL(outlive, "sss") \
  /* health.c */ \
  CALL(check_health, "sls") \
  /* 08-volumes.c */ \
  CALL(open_tree_as, "sfn") \
  CALL(mount_setattr_tree, "nfff") \
  CALL(move_mount_to, "nn") \
  CALL(mknod_parents, "so") \
  /* 09-network.c */ \
  CALL(netlink_socket, "n") \
  CALL(rtnetlink, "nb") \
  CALL(spawn, "slls") \
  CALL(hold_port, "snfn") \
  CALL(listen_tcp, "nn") \
  CALL(serve_names, "ssnnnb") \
  /* tools.c */ \
  CALL(seccomp, "b") \
  CALL(mount_setattr, "sfff") \
  CALL(capbset_drop_all, "") \
  CALL(cap_drop, "n") \
  CALL(prctl_subreaper, "") \
  CALL(uname, "") \
  CALL(ioctl_ptpeer, "n") \
  CALL(ioctl_clearflags, "sf") \
  CALL(netlink_dump, "fb") \
  /* knock.c */ \
  CALL(knock, "snfnn")

/* First use: the prototypes, so that a new call needs no line in a header. */
#define CALL(name, kinds) long do_##name(struct arg *);
CALLS
#undef CALL

/* Second use: the rows of the table. */
#define CALL(name, kinds) {#name, kinds, do_##name},
static const struct call calls[] = {CALLS};
#undef CALL

/* Flags travel by name, because their numbers differ between architectures. */
#define FLAG(name) {#name, (long long)(name)}
static const struct {
  const char *name;
  long long value;
} flags[] = {
    /* 01-namespaces.c */
    FLAG(CLOSE_RANGE_CLOEXEC), FLAG(CLONE_NEWPID), FLAG(CLONE_NEWNS), FLAG(CLONE_NEWUTS),
    FLAG(CLONE_NEWIPC), FLAG(CLONE_NEWNET), FLAG(CLONE_NEWCGROUP), FLAG(CLONE_NEWUSER),
    FLAG(MS_RDONLY), FLAG(MS_NOSUID), FLAG(MS_NODEV), FLAG(MS_NOEXEC), FLAG(MS_REMOUNT),
    FLAG(MS_BIND), FLAG(MS_MOVE), FLAG(MS_REC), FLAG(MS_PRIVATE), FLAG(MS_SLAVE), FLAG(MS_SHARED),
    FLAG(MS_STRICTATIME), FLAG(PR_SET_PDEATHSIG), FLAG(SIGKILL), FLAG(KEYCTL_JOIN_SESSION_KEYRING),
    FLAG(RLIMIT_NOFILE), FLAG(SCHED_OTHER), FLAG(IOPRIO_WHO_PROCESS), FLAG(IOPRIO_CLASS_NONE),
    FLAG(IOPRIO_CLASS_IDLE), FLAG(PER_LINUX), FLAG(ADDR_NO_RANDOMIZE), FLAG(IFF_UP),
    /* 03-pivot-root.c */
    FLAG(OPEN_TREE_CLONE), FLAG(OPEN_TREE_CLOEXEC),
    FLAG(RLIMIT_CORE), FLAG(RLIMIT_CPU), FLAG(RLIMIT_DATA), FLAG(RLIMIT_FSIZE), FLAG(RLIMIT_LOCKS),
    FLAG(RLIMIT_MEMLOCK), FLAG(RLIMIT_MSGQUEUE), FLAG(RLIMIT_NICE), FLAG(RLIMIT_NPROC),
    FLAG(RLIMIT_RSS), FLAG(RLIMIT_RTPRIO), FLAG(RLIMIT_RTTIME), FLAG(RLIMIT_SIGPENDING),
    FLAG(RLIMIT_STACK),
    FLAG(MNT_DETACH), FLAG(S_IFCHR), FLAG(S_IFBLK), FLAG(S_IFREG), FLAG(S_IFIFO), FLAG(AF_UNIX),
    FLAG(SOCK_STREAM), FLAG(O_RDONLY), FLAG(O_WRONLY), FLAG(O_RDWR), FLAG(O_CREAT), FLAG(O_EXCL),
    FLAG(O_NOCTTY), FLAG(O_NOFOLLOW), FLAG(O_CLOEXEC), FLAG(STDIN_FILENO), FLAG(STDOUT_FILENO),
    FLAG(STDERR_FILENO),
    /* 05-commit.c */
    FLAG(LOCK_EX),
    FLAG(LOCK_SH),
    /* 06-lifecycle.c */
    FLAG(RESTART_NEVER), FLAG(RESTART_ON_FAILURE), FLAG(RESTART_ALWAYS),
    /* 07-copy.c */
    FLAG(O_PATH), FLAG(O_DIRECTORY), FLAG(O_NONBLOCK), FLAG(RESOLVE_NO_MAGICLINKS),
    FLAG(RESOLVE_NO_SYMLINKS), FLAG(RESOLVE_BENEATH), FLAG(RESOLVE_IN_ROOT),
    /* 08-volumes.c */
    FLAG(MS_NOATIME), FLAG(MS_NODIRATIME), FLAG(MS_SYNCHRONOUS), FLAG(MS_DIRSYNC),
    /* 09-network.c */
    FLAG(SOCK_DGRAM),
    /* tools.c */
    FLAG(CLONE_NEWTIME), FLAG(FS_IMMUTABLE_FL), FLAG(FS_APPEND_FL),
    FLAG(NETLINK_ROUTE), FLAG(NETLINK_NETFILTER),
    FLAG(AT_RECURSIVE), FLAG(MOUNT_ATTR_RDONLY), FLAG(MOUNT_ATTR_NODEV),
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The call of that name, or NULL. */
const struct call *call_named(const char *name) {
  for (size_t i = 0; i < COUNT(calls); i++)
    if (strcmp(calls[i].name, name) == 0) return &calls[i];
  return NULL;
}

/* Store the value of the flag whose name is the first `length` bytes of `name`. Returns 0 if there
 * is none. */
int flag_named(const char *name, size_t length, long long *value) {
  for (size_t i = 0; i < COUNT(flags); i++)
    if (strlen(flags[i].name) == length && memcmp(flags[i].name, name, length) == 0)
      return *value = flags[i].value, 1;
  return 0;
}

/* The errno that a step may ignore: 0 for an empty name, -1 for an unknown one. */
int errno_named(const char *name) {
  if (!*name) return 0;
  if (strcmp(name, "EEXIST") == 0) return EEXIST;
  if (strcmp(name, "EACCES") == 0) return EACCES;
  if (strcmp(name, "EPERM") == 0) return EPERM;
  if (strcmp(name, "EINVAL") == 0) return EINVAL;
  if (strcmp(name, "ESRCH") == 0) return ESRCH;
  if (strcmp(name, "ENODEV") == 0) return ENODEV;
  if (strcmp(name, "EPROTO") == 0) return EPROTO;
  return strcmp(name, "ENOENT") == 0 ? ENOENT : -1;
}
