/* The calls that only tools make: `run --step`, a shell in a half-built container, the removal of
 * one. No chapter's list contains them. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

/* Install a filter for the system calls of this process and of all that it becomes and starts. The
 * kernel's struct sock_fprog and SECCOMP_SET_MODE_FILTER; musl has no linux/filter.h. */
long do_seccomp(struct arg *a) {
  struct {
    unsigned short instructions;
    char *filter;
  } program = {(unsigned short)(a[0].length / 8), a[0].text};
  return syscall(SYS_seccomp, 1, 0, &program);
}

/* Set and clear attributes of a mount, or of all mounts below it (mount_setattr(2), Linux 5.12). */
long do_mount_setattr(struct arg *a) {
  struct {
    uint64_t set, clear, propagation, user_namespace;
  } attr = {(uint64_t)a[2].number, (uint64_t)a[3].number, 0, 0};
  const int mount_setattr = 442; /* the same on every architecture */
  return syscall(mount_setattr, AT_FDCWD, a[0].text, (unsigned)a[1].number, &attr, sizeof attr);
}

/* No program that this process executes gets a capability, not even as root (capabilities(7)). The
 * kernel answers EINVAL for the first number that is no capability. */
long do_capbset_drop_all(struct arg *a) {
  (void)a;
  unsigned long capability = 0;
  while (prctl(PR_CAPBSET_DROP, capability, 0UL, 0UL, 0UL) == 0) capability++;
  return errno == EINVAL && capability > 0 ? 0 : -1;
}

/* Neither this process nor a program that it executes has capability a[0] any more. Each set is two
 * words of 32 bits (capget(2)). */
long do_cap_drop(struct arg *a) {
  struct {
    uint32_t version;
    int pid;
  } self = {0x20080522, 0}; /* _LINUX_CAPABILITY_VERSION_3 */
  struct {
    uint32_t effective, permitted, inheritable;
  } sets[2];
  unsigned capability = (unsigned)a[0].number;
  if (prctl(PR_CAPBSET_DROP, (unsigned long)capability, 0UL, 0UL, 0UL) != 0) return -1;
  if (syscall(SYS_capget, &self, sets) != 0) return -1;
  uint32_t others = ~(1U << capability % 32);
  sets[capability / 32].effective &= others;
  sets[capability / 32].permitted &= others;
  return syscall(SYS_capset, &self, sets);
}

/* From now on, processes below this one whose parent has ended become its children (prctl(2)); when
 * it ends, it ends them, see parent.c. */
long do_prctl_subreaper(struct arg *a) {
  (void)a;
  return prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
}

/* The answer is the host name alone. */
long do_uname(struct arg *a) {
  (void)a;
  struct utsname names;
  char *name = answer_room(sizeof names.nodename);
  if (!name || uname(&names) != 0) return -1;
  answer_length = strlen(names.nodename);
  memcpy(name, names.nodename, answer_length);
  return 0;
}

/* The other side of a terminal, by the descriptor of its master: its path may lead nowhere in the
 * mount namespace that this process has joined (ioctl_tty(2)). */
long do_ioctl_ptpeer(struct arg *a) {
  return ioctl((int)a[0].number, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

/* linux/fs.h, which libc's headers do not include. */
#ifndef FS_IOC_GETFLAGS
#define FS_IOC_GETFLAGS _IOR('f', 1, long)
#define FS_IOC_SETFLAGS _IOW('f', 2, long)
#endif

/* Clear some flags of a file or directory and keep its others (ioctl_iflags(2)). O_NONBLOCK: to
 * open a fifo would wait for a writer. */
long do_ioctl_clearflags(struct arg *a) {
  int flags = 0, fd = open(a[0].text, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -1;
  if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0) return close_returning(fd, -1);
  flags &= ~(int)a[1].number;
  return close_returning(fd, ioctl(fd, FS_IOC_SETFLAGS, &flags));
}

/* netlink(7), linux/netlink.h; musl has no headers for these. */
enum { NLMSG_ERROR = 2, NLMSG_DONE = 3 };

struct netlink_header {
  uint32_t length;
  uint16_t type, flags;
  uint32_t sequence, port;
};

/* Keep what the kernel has said. Returns 1 if it says more, 0 at the end of it, -1 for an error. */
static int keep_messages(const char *reply, size_t length) {
  struct netlink_header head;
  for (size_t at = 0; at + sizeof head <= length; at += (head.length + 3U) & ~3U) {
    memcpy(&head, reply + at, sizeof head);
    if (head.length < sizeof head || at + head.length > length) return errno = EBADMSG, -1;
    if (head.type == NLMSG_DONE) return 0;
    if (head.type == NLMSG_ERROR) {
      int32_t error = 0;
      if (head.length >= sizeof head + sizeof error) memcpy(&error, reply + at + sizeof head, 4);
      return error == 0 ? 0 : (errno = -error, -1);
    }
    if (!answer_room(answer_length + head.length + 3U)) return -1;
    memcpy(answer + answer_length, reply + at, head.length);
    memset(answer + answer_length + head.length, 0, 3);
    answer_length += (head.length + 3U) & ~3U;
  }
  return 1;
}

/* Ask the kernel for all that it knows of a kind, by the message a[1] to the netlink protocol a[0].
 * The answer is its messages, each filled up to four bytes. */
long do_netlink_dump(struct arg *a) {
  char reply[32768];
  int more = 1, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, (int)a[0].number);
  if (fd < 0) return -1;
  if (send(fd, a[1].text, a[1].length, 0) < 0) return close_returning(fd, -1);
  while (more > 0) {
    ssize_t length = recv(fd, reply, sizeof reply, 0);
    if (length < 0 && errno == EINTR) continue;
    more = length < 0 ? -1 : keep_messages(reply, (size_t)length);
  }
  return close_returning(fd, more);
}
