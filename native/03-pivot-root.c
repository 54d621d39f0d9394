/* Chapter 3. The calls for a root file system, its devices and a terminal. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

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
 * them as one. */
long do_mknod(struct arg *a) {
  return mknod(a[0].text, (mode_t)(a[1].number | a[2].number),
               makedev((unsigned)a[3].number, (unsigned)a[4].number));
}

long do_symlink(struct arg *a) { return symlink(a[0].text, a[1].text); }

/* The two ends are kept in `channel`, where the parent of the fork finds its own. */
long do_socketpair(struct arg *a) {
  return socketpair((int)a[0].number, (int)a[1].number | SOCK_CLOEXEC, 0, channel);
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
