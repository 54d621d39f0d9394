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
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Older headers lack these two; the numbers are part of the kernel's interface. */
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* The kinds: s text, b bytes, n number, o number that is written in octal, f flags, l list; a `?`
 * after a kind allows NULL. One list, because it is used twice below. */
#define CALLS \
  /* 01-namespaces.c */ \
  CALL(close_range, "nnf") \
  CALL(unshare, "f") \
  CALL(fork, "") \
  CALL(prctl, "ff") \
  CALL(mount, "s?ss?fs?") \
  CALL(sethostname, "s") \
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
  CALL(chroot, "s") \
  CALL(pivot_root, "ss") \
  CALL(umount2, "sf") \
  CALL(getcwd, "") \
  CALL(mknod, "sfonn") \
  CALL(symlink, "ss") \
  CALL(socketpair, "ff") \
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
  CALL(utimensat, "sn") \
  CALL(llistxattr, "s") \
  CALL(lgetxattr, "ss") \
  CALL(seek_data, "s") \
  CALL(flock, "nf") \
  CALL(syncfs, "n") \
  /* tools.c */ \
  CALL(setns, "sf") \
  CALL(uname, "") \
  CALL(tcsetpgrp, "nn")

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
    FLAG(MS_STRICTATIME), FLAG(PR_SET_PDEATHSIG), FLAG(SIGKILL), FLAG(IFF_UP),
    /* 03-pivot-root.c */
    FLAG(MNT_DETACH), FLAG(S_IFCHR), FLAG(S_IFBLK), FLAG(S_IFREG), FLAG(S_IFIFO), FLAG(AF_UNIX),
    FLAG(SOCK_STREAM), FLAG(O_RDONLY), FLAG(O_WRONLY), FLAG(O_RDWR), FLAG(O_CREAT), FLAG(O_EXCL),
    FLAG(O_NOCTTY), FLAG(O_NOFOLLOW), FLAG(O_CLOEXEC),
    /* 05-commit.c */
    FLAG(LOCK_EX),
    /* tools.c */
    FLAG(CLONE_NEWTIME),
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
  return strcmp(name, "ENOENT") == 0 ? ENOENT : -1;
}
