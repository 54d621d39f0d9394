/* One function for each call of chapters 1 to 3, with no message in it; the table of all calls; the
 * names of flags. Grouped by the chapter that brings them, as in runtime/step.ts. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Not in every libc's headers; the numbers are the kernel's and do not change. */
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
enum { OF_CGROUP1 = 0x27e0eb, OF_CGROUP2 = 0x63677270, OF_PROC = 0x9fa0 }; /* statfs(2) */

char *answer;
size_t answer_length;

/* Room for an answer of `size` bytes; what was in it stays. */
char *answer_room(size_t size) {
  static size_t room;
  if (size <= room) return answer;
  char *more = realloc(answer, size * 2);
  if (more) answer = more, room = size * 2;
  return more;
}

long closing(int fd, long result) {
  int error = errno;
  close(fd);
  errno = error;
  return result;
}

/* Chapter 1: a process with namespaces of its own */

static long do_close_range(struct arg *a) {
  return syscall(SYS_close_range, (unsigned)a[0].number, (unsigned)a[1].number,
                 (unsigned)a[2].number);
}

static long do_unshare(struct arg *a) { return unshare((int)a[0].number); }

static long do_fork(struct arg *a) { return (void)a, fork_with_lifeline(); }

static long do_prctl(struct arg *a) {
  long result = prctl((int)a[0].number, (unsigned long)a[1].number, 0UL, 0UL, 0UL);
  if (result == 0 && parent_is_gone()) _exit(125);
  return result;
}

/* Never onto a symbolic link: an image could bend the mount to another place, and before the old
 * root is let go, "/" as that place is the host's (CVE-2021-30465). */
static long do_mount(struct arg *a) {
  struct stat target;
  if (lstat(a[1].text, &target) == 0 && S_ISLNK(target.st_mode)) return errno = ELOOP, -1;
  return mount(a[0].text, a[1].text, a[2].text, (unsigned long)a[3].number, a[4].text);
}

static long do_sethostname(struct arg *a) { return sethostname(a[0].text, a[0].length); }

static long do_ioctl_ifflags(struct arg *a) {
  struct ifreq request = {.ifr_flags = (short)a[1].number};
  if (a[0].length >= IFNAMSIZ) return errno = ENODEV, -1;
  memcpy(request.ifr_name, a[0].text, a[0].length);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  return closing(fd, ioctl(fd, SIOCSIFFLAGS, &request));
}

static long do_setsid(struct arg *a) { return (void)a, setsid(); }
static long do_umask(struct arg *a) { return umask((mode_t)a[0].number); }

static long do_setgroups(struct arg *a) {
  gid_t groups[64];
  if (a[0].number > 64) return errno = EINVAL, -1;
  for (long long i = 0; i < a[0].number; i++) {
    char *end, *text = a[0].list[i];
    groups[i] = (gid_t)strtoul(text, &end, 10);
    if (end == text || *end) return errno = EINVAL, -1;
  }
  return setgroups((size_t)a[0].number, groups);
}

static long do_setgid(struct arg *a) { return setgid((gid_t)a[0].number); }
static long do_setuid(struct arg *a) { return setuid((uid_t)a[0].number); }
static long do_chdir(struct arg *a) { return chdir(a[0].text); }

/* As execvp(3) searches, but in the PATH of the new environment. EACCES somewhere on the way is
 * remembered: it says more than the ENOENT of the last directory. */
static long do_execvpe(struct arg *a) {
  const char *file = a[0].text, *path = NULL;
  if (!*file || strchr(file, '/')) return execve(file, a[1].list, a[2].list);
  for (char **entry = a[2].list; *entry && !path; entry++)
    if (strncmp(*entry, "PATH=", 5) == 0) path = *entry + 5;
  if (!path) path = "";
  int seen = ENOENT;
  while (*path) {
    size_t length = strcspn(path, ":");
    char *full = malloc(length + a[0].length + 3);
    if (!full) return -1;
    memcpy(full, length ? path : ".", length ? length : 1);
    strcpy(full + (length ? length : 1), "/");
    strcat(full, file);
    execve(full, a[1].list, a[2].list);
    free(full);
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) return -1;
    if (errno == EACCES) seen = EACCES;
    path += length + (path[length] == ':');
  }
  return errno = seen, -1;
}

/* Chapter 2: a group with limits */

static long do_mkdir(struct arg *a) { return mkdir(a[0].text, (mode_t)a[1].number); }

/* Only into the kernel's own file systems: a path that somebody bent elsewhere is not written to
 * (CVE-2025-52881). */
static long do_write(struct arg *a) {
  struct statfs where;
  int fd = open(a[0].text, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  if (fstatfs(fd, &where) != 0) return closing(fd, -1);
  if (where.f_type != OF_CGROUP1 && where.f_type != OF_CGROUP2 && where.f_type != OF_PROC)
    return errno = EXDEV, closing(fd, -1);
  return closing(fd, write(fd, a[1].text, a[1].length));
}

/* Chapter 3: a root of its own, devices, a terminal */

static long do_chroot(struct arg *a) { return chroot(a[0].text); }
static long do_pivot_root(struct arg *a) { return syscall(SYS_pivot_root, a[0].text, a[1].text); }
static long do_umount2(struct arg *a) { return umount2(a[0].text, (int)a[1].number); }

/* The kernel answers with "(unreachable)" in front when the directory is outside the root. */
static long do_getcwd(struct arg *a) {
  (void)a;
  static char path[4097];
  long length = syscall(SYS_getcwd, path, sizeof path);
  if (length > 0 && path[0] != '/') return errno = ENOENT, -1;
  return length;
}

static long do_mknod(struct arg *a) {
  return mknod(a[0].text, (mode_t)(a[1].number | a[2].number),
               makedev((unsigned)a[3].number, (unsigned)a[4].number));
}

static long do_symlink(struct arg *a) { return symlink(a[0].text, a[1].text); }

static long do_socketpair(struct arg *a) {
  return socketpair((int)a[0].number, (int)a[1].number | SOCK_CLOEXEC, 0, channel);
}

static long do_open(struct arg *a) {
  return open(a[0].text, (int)a[1].number, (mode_t)a[2].number);
}

static long do_ioctl_unlockpt(struct arg *a) {
  int unlocked = 0;
  return ioctl((int)a[0].number, TIOCSPTLCK, &unlocked);
}

static long do_ioctl_winsize(struct arg *a) {
  struct winsize size = {.ws_row = (unsigned short)a[1].number,
                         .ws_col = (unsigned short)a[2].number};
  return ioctl((int)a[0].number, TIOCSWINSZ, &size);
}

static long do_ioctl_ctty(struct arg *a) { return ioctl((int)a[0].number, TIOCSCTTY, 0); }

static long do_fchown(struct arg *a) {
  return fchown((int)a[0].number, (uid_t)a[1].number, (gid_t)a[2].number);
}

static long do_sendmsg_rights(struct arg *a) {
  int fd = (int)a[1].number;
  char byte = 0;
  union {
    char bytes[CMSG_SPACE(sizeof fd)];
    struct cmsghdr align;
  } control = {0};
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  return sendmsg((int)a[0].number, &message, 0);
}

static long do_dup2(struct arg *a) { return dup2((int)a[0].number, (int)a[1].number); }

static const struct call calls[] = {
    /* Chapter 1 */
    {"close_range", "nnf", do_close_range},
    {"unshare", "f", do_unshare},
    {"fork", "", do_fork},
    {"prctl", "ff", do_prctl},
    {"mount", "s?ss?fs?", do_mount},
    {"sethostname", "s", do_sethostname},
    {"ioctl_ifflags", "sf", do_ioctl_ifflags},
    {"setsid", "", do_setsid},
    {"umask", "o", do_umask},
    {"setgroups", "l", do_setgroups},
    {"setgid", "n", do_setgid},
    {"setuid", "n", do_setuid},
    {"chdir", "s", do_chdir},
    {"execvpe", "sll", do_execvpe},
    /* Chapter 2 */
    {"mkdir", "so", do_mkdir},
    {"write", "ss", do_write},
    /* Chapter 3 */
    {"chroot", "s", do_chroot},
    {"pivot_root", "ss", do_pivot_root},
    {"umount2", "sf", do_umount2},
    {"getcwd", "", do_getcwd},
    {"mknod", "sfonn", do_mknod},
    {"symlink", "ss", do_symlink},
    {"socketpair", "ff", do_socketpair},
    {"open", "sfo", do_open},
    {"ioctl_unlockpt", "n", do_ioctl_unlockpt},
    {"ioctl_winsize", "nnn", do_ioctl_winsize},
    {"ioctl_ctty", "n", do_ioctl_ctty},
    {"fchown", "nnn", do_fchown},
    {"sendmsg_rights", "nn", do_sendmsg_rights},
    {"dup2", "nn", do_dup2},
    /* Chapter 5 */
    {"link", "ss", do_link},
    {"unlink", "s", do_unlink},
    {"rmdir", "s", do_rmdir},
    {"pwrite", "nbn", do_pwrite},
    {"ftruncate", "nn", do_ftruncate},
    {"close", "n", do_close},
    {"lchown", "snn", do_lchown},
    {"chmod", "so", do_chmod},
    {"lsetxattr", "ssb", do_lsetxattr},
    {"utimensat", "sn", do_utimensat},
    {"llistxattr", "s", do_llistxattr},
    {"lgetxattr", "ss", do_lgetxattr},
    {"seek_data", "s", do_seek_data},
    {"flock", "nf", do_flock},
    {"syncfs", "n", do_syncfs},
    /* Step by step */
    {"setns", "sf", do_setns},
    {"uname", "", do_uname},
    {"tcsetpgrp", "nn", do_tcsetpgrp},
};

#define FLAG(name) {#name, (long long)(name)}
static const struct {
  const char *name;
  long long value;
} flags[] = {
    /* Chapter 1 */
    FLAG(CLOSE_RANGE_CLOEXEC), FLAG(CLONE_NEWPID), FLAG(CLONE_NEWNS), FLAG(CLONE_NEWUTS),
    FLAG(CLONE_NEWIPC), FLAG(CLONE_NEWNET), FLAG(CLONE_NEWCGROUP), FLAG(CLONE_NEWUSER),
    FLAG(MS_RDONLY), FLAG(MS_NOSUID), FLAG(MS_NODEV), FLAG(MS_NOEXEC), FLAG(MS_REMOUNT),
    FLAG(MS_BIND), FLAG(MS_MOVE), FLAG(MS_REC), FLAG(MS_PRIVATE), FLAG(MS_SLAVE), FLAG(MS_SHARED),
    FLAG(MS_STRICTATIME), FLAG(PR_SET_PDEATHSIG), FLAG(SIGKILL), FLAG(IFF_UP),
    /* Chapter 3 */
    FLAG(MNT_DETACH), FLAG(S_IFCHR), FLAG(S_IFBLK), FLAG(S_IFREG), FLAG(S_IFIFO), FLAG(AF_UNIX),
    FLAG(SOCK_STREAM), FLAG(O_RDONLY), FLAG(O_WRONLY), FLAG(O_RDWR), FLAG(O_CREAT), FLAG(O_EXCL),
    FLAG(O_NOCTTY), FLAG(O_NOFOLLOW), FLAG(O_CLOEXEC),
    /* Chapter 5 */
    FLAG(LOCK_EX),
    /* Step by step */
    FLAG(CLONE_NEWTIME),
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

const struct call *call_named(const char *name) {
  for (size_t i = 0; i < COUNT(calls); i++)
    if (strcmp(calls[i].name, name) == 0) return &calls[i];
  return NULL;
}

int flag_named(const char *name, size_t length, long long *value) {
  for (size_t i = 0; i < COUNT(flags); i++)
    if (strlen(flags[i].name) == length && memcmp(flags[i].name, name, length) == 0)
      return *value = flags[i].value, 1;
  return 0;
}

/* The errno a step may ignore: 0 for none, -1 for a name that is not known. */
int errno_named(const char *name) {
  if (!*name) return 0;
  if (strcmp(name, "EEXIST") == 0) return EEXIST;
  return strcmp(name, "ENOENT") == 0 ? ENOENT : -1;
}
