/* Chapter 3. The calls for a root file system, its devices and a terminal. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

/* These two have the same number on every architecture, and no wrapper in musl. */
enum { OPEN_TREE = 428, MOVE_MOUNT = 429, MOVE_MOUNT_F_EMPTY_PATH = 4 };

/* With OPEN_TREE_CLONE: a copy of a mount that is mounted nowhere, as a descriptor. */
long do_open_tree(struct arg *a) {
  return syscall(OPEN_TREE, AT_FDCWD, a[0].text, (unsigned)a[1].number);
}

/* Only a mount of one's own namespace can be copied. So go to the other one, whose root becomes "/"
 * meanwhile, and come back: no other step is made there. */
long do_open_tree_in(struct arg *a) {
  int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), tree = -1;
  int other = own < 0 ? -1 : open(a[0].text, O_RDONLY | O_CLOEXEC);
  if (other >= 0 && setns(other, CLONE_NEWNS) == 0) {
    tree = (int)syscall(OPEN_TREE, AT_FDCWD, a[1].text, (unsigned)a[2].number);
    int error = errno;
    if (setns(own, CLONE_NEWNS) != 0) _exit(125);
    errno = error;
  }
  if (other >= 0) close_returning(other, 0);
  if (own >= 0) close_returning(own, 0);
  if (tree < 0) return -1;
  return close_returning(tree, fcntl(tree, F_DUPFD_CLOEXEC, 0)); /* the number in the plan */
}

long do_move_mount(struct arg *a) {
  return syscall(MOVE_MOUNT, (int)a[0].number, "", AT_FDCWD, a[1].text, MOVE_MOUNT_F_EMPTY_PATH);
}

/* Both limits of a resource; -1 is no limit. */
long do_setrlimit(struct arg *a) {
  struct rlimit limit = {(rlim_t)a[1].number, (rlim_t)a[2].number};
  return prlimit(0, (int)a[0].number, &limit, NULL);
}

/* Make the directories above `path` that are missing, then `path` itself. Cut off each time at the
 * next slash, the path is the name of the next of them. */
static long make_all(char *path, mode_t mode) {
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    int error = mkdir(path, mode) == 0 ? 0 : errno;
    *slash = '/';
    if (error && error != EEXIST) return errno = error, -1;
  }
  return mkdir(path, mode);
}

/* Store what the first link to nothing in `path` names; 0 if there is no such link. This is after
 * pivot_root(2): no link leads out of the root. */
int dangling(const char *path, char *name) {
  struct stat there;
  char part[PATH_MAX], target[PATH_MAX];
  for (const char *end = path; *end; ) {
    end += 1 + strcspn(end + 1, "/");
    snprintf(part, sizeof part, "%.*s", (int)(end - path), path);
    if (stat(part, &there) == 0) continue;
    ssize_t length = errno == ENOENT ? readlink(part, target, sizeof target) : -1;
    if (length < 0) return 0;
    int above = *target == '/' ? 0 : (int)(strrchr(part, '/') - part) + 1;
    return snprintf(name, PATH_MAX, "%.*s%.*s", above, part, (int)length, target) < PATH_MAX;
  }
  return 0;
}

/* mkdir(2) takes a link to nothing for something that is there, and nothing can be made in it. So
 * make what the link names, which may be behind another one, and try again. */
long do_mkdir_parents(struct arg *a) {
  char name[PATH_MAX], next[PATH_MAX];
  long result = make_all(a[0].text, (mode_t)a[1].number);
  for (int links = 0; result != 0 && (errno == EEXIST || errno == ENOENT) && links < 40; links++) {
    int error = errno;
    if (!dangling(a[0].text, name)) return errno = error, -1;
    while (make_all(name, (mode_t)a[1].number) != 0 && dangling(name, next) && links++ < 40)
      memcpy(name, next, sizeof name);
    result = make_all(a[0].text, (mode_t)a[1].number);
  }
  return result;
}

long do_chroot(struct arg *a) { return chroot(a[0].text); }
/* pivot_root(2) has no wrapper in any libc. */
long do_pivot_root(struct arg *a) { return syscall(SYS_pivot_root, a[0].text, a[1].text); }
long do_umount2(struct arg *a) { return umount2(a[0].text, (int)a[1].number); }

/* The check that the working directory is inside the root: if it is not, the kernel puts
 * "(unreachable)" before the path (getcwd(2)), and the step fails with ENOENT. */
long do_getcwd(struct arg *a) {
  (void)a;
  static char path[4097];
  long length = syscall(SYS_getcwd, path, sizeof path);
  if (length > 0 && path[0] != '/') return errno = ENOENT, -1;
  return length;
}

/* Type and mode are two arguments in a plan, to be printed as a name and in octal; mknod(2) wants
 * them as one. Device numbers have 12 and 20 bits in the kernel, which cuts wider ones: 4096:0 to
 * 0:0, and that is a whiteout to overlayfs. */
long do_mknod(struct arg *a) {
  if (a[3].number < 0 || a[3].number > 0xfff) return errno = EINVAL, -1;
  if (a[4].number < 0 || a[4].number > 0xfffff) return errno = EINVAL, -1;
  return mknod(a[0].text, (mode_t)(a[1].number | a[2].number),
               makedev((unsigned)a[3].number, (unsigned)a[4].number));
}

long do_symlink(struct arg *a) { return symlink(a[0].text, a[1].text); }

/* The two ends are kept in `channel`, where the parent of the fork finds its own. */
long do_socketpair(struct arg *a) {
  return socketpair((int)a[0].number, (int)a[1].number | SOCK_CLOEXEC, 0, channel);
}

/* A pipe for the standard stream a[0]; its ends are kept in `pipes`, where the parent of the fork
 * finds its own. The plan names both in later steps, so they must have the numbers it counts on. */
long do_pipe2(struct arg *a) {
  int *ends = pipes[a[0].number];
  long result = pipe2(ends, (int)a[3].number);
  if (result == 0 && (ends[0] != a[1].number || ends[1] != a[2].number)) return errno = EBADF, -1;
  return result;
}

long do_open(struct arg *a) {
  return open(a[0].text, (int)a[1].number, (mode_t)a[2].number);
}

/* A new terminal is locked: its other side cannot be opened until this call (unlockpt(3)). */
long do_ioctl_unlockpt(struct arg *a) {
  int unlocked = 0;
  return ioctl((int)a[0].number, TIOCSPTLCK, &unlocked);
}

long do_ioctl_winsize(struct arg *a) {
  struct winsize size = {.ws_row = (unsigned short)a[1].number,
                         .ws_col = (unsigned short)a[2].number};
  return ioctl((int)a[0].number, TIOCSWINSZ, &size);
}

/* The terminal becomes the controlling one of the session that the process leads. */
long do_ioctl_ctty(struct arg *a) { return ioctl((int)a[0].number, TIOCSCTTY, 0); }

long do_fchown(struct arg *a) {
  return fchown((int)a[0].number, (uid_t)a[1].number, (gid_t)a[2].number);
}

/* Send the descriptor a[1] over the socket a[0] (SCM_RIGHTS, unix(7)). A message needs at least one
 * byte of ordinary data to carry it. */
long do_sendmsg_rights(struct arg *a) {
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

long do_dup2(struct arg *a) { return dup2((int)a[0].number, (int)a[1].number); }
