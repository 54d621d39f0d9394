/* The calls that only tools make: `run --step`, a shell in a half-built container, the removal of
 * one. No chapter's list contains them. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
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
