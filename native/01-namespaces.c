/* Chapter 1. The calls for a process with its own namespaces. As in every file of calls, a function
 * makes one call and prints nothing: the result and errno are all that is reported. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* musl has no wrapper for close_range(2). */
long do_close_range(struct arg *a) {
  return syscall(SYS_close_range, (unsigned)a[0].number, (unsigned)a[1].number,
                 (unsigned)a[2].number);
}

long do_unshare(struct arg *a) { return unshare((int)a[0].number); }

long do_fork(struct arg *a) { return (void)a, fork_with_lifeline(); }

/* PR_SET_PDEATHSIG sends nothing if the parent died before it was set, so look for the parent once
 * more afterwards. */
long do_prctl(struct arg *a) {
  long result = prctl((int)a[0].number, (unsigned long)a[1].number, 0UL, 0UL, 0UL);
  if (result == 0 && parent_is_gone()) _exit(125);
  return result;
}

/* Never mount on a symbolic link. mount(2) would follow it, and an image could choose where it
 * leads: until the old root is unmounted, even onto the host's / (CVE-2021-30465). */
long do_mount(struct arg *a) {
  struct stat target;
  if (lstat(a[1].text, &target) == 0 && S_ISLNK(target.st_mode)) return errno = ELOOP, -1;
  return mount(a[0].text, a[1].text, a[2].text, (unsigned long)a[3].number, a[4].text);
}

/* Join the namespace behind a file of /proc/<pid>/ns. */
long do_setns(struct arg *a) {
  int fd = open(a[0].text, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  return close_returning(fd, setns(fd, (int)a[1].number));
}

/* The calls from here to do_personality change one thing that a process inherits. musl has no
 * wrappers for most of them. */
long do_keyctl(struct arg *a) { return syscall(SYS_keyctl, a[0].number, a[1].text, 0L, 0L, 0L); }

/* Each set is two words of 32 bits (capget(2)). The kernel takes a capability that is no longer
 * inheritable out of the ambient set as well (capabilities(7)). */
long do_capset_inheritable(struct arg *a) {
  struct {
    uint32_t version;
    int pid;
  } self = {0x20080522, 0}; /* _LINUX_CAPABILITY_VERSION_3 */
  struct {
    uint32_t effective, permitted, inheritable;
  } sets[2];
  if (syscall(SYS_capget, &self, sets) != 0) return -1;
  for (int i = 0; i < 2; i++) sets[i].inheritable = (uint32_t)(a[0].number >> 32 * i);
  return syscall(SYS_capset, &self, sets);
}

/* Set the soft limit, which cannot be above the hard one. */
long do_setrlimit_soft(struct arg *a) {
  struct rlimit limit;
  if (prlimit(0, (int)a[0].number, NULL, &limit) != 0) return -1;
  limit.rlim_cur = (rlim_t)a[1].number < limit.rlim_max ? (rlim_t)a[1].number : limit.rlim_max;
  return prlimit(0, (int)a[0].number, &limit, NULL);
}

/* Processors from 0 on. The kernel leaves out those that the machine, or the control group, does
 * not have (sched_setaffinity(2)). */
long do_sched_setaffinity(struct arg *a) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (a[0].number < 0 || a[0].number > 8 * (long long)sizeof set) return errno = EINVAL, -1;
  for (size_t cpu = 0; cpu < (size_t)a[0].number; cpu++) CPU_SET(cpu, &set);
  return sched_setaffinity(0, sizeof set, &set);
}

long do_sched_setattr(struct arg *a) {
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
  } attr = {.size = sizeof attr, .policy = (uint32_t)a[0].number, .nice = (int32_t)a[1].number};
  return syscall(SYS_sched_setattr, 0, &attr, 0U);
}

/* The class is in the upper three bits of sixteen (ioprio_set(2)). */
long do_ioprio_set(struct arg *a) {
  return syscall(SYS_ioprio_set, (int)a[0].number, (int)a[1].number,
                 (int)(a[2].number << 13 | a[3].number));
}

/* The result is the persona from before. */
long do_personality(struct arg *a) { return personality((unsigned long)a[0].number); }

long do_sethostname(struct arg *a) { return sethostname(a[0].text, a[0].length); }

long do_setdomainname(struct arg *a) { return setdomainname(a[0].text, a[0].length); }

/* Interfaces are configured through any socket of the same network namespace (netdevice(7)). */
long do_ioctl_ifflags(struct arg *a) {
  struct ifreq request = {.ifr_flags = (short)a[1].number};
  if (a[0].length >= IFNAMSIZ) return errno = ENODEV, -1;
  memcpy(request.ifr_name, a[0].text, a[0].length);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  return close_returning(fd, ioctl(fd, SIOCSIFFLAGS, &request));
}

long do_setsid(struct arg *a) { return (void)a, setsid(); }
long do_umask(struct arg *a) { return umask((mode_t)a[0].number); }

/* Group ids arrive as text, like the items of every list. */
long do_setgroups(struct arg *a) {
  static gid_t groups[65536]; /* NGROUPS_MAX */
  if (a[0].number > 65536) return errno = EINVAL, -1;
  for (long long i = 0; i < a[0].number; i++) {
    char *end, *text = a[0].list[i];
    groups[i] = (gid_t)strtoul(text, &end, 10);
    if (end == text || *end) return errno = EINVAL, -1;
  }
  return setgroups((size_t)a[0].number, groups);
}

long do_setgid(struct arg *a) { return setgid((gid_t)a[0].number); }
long do_setuid(struct arg *a) { return setuid((uid_t)a[0].number); }
long do_chdir(struct arg *a) { return chdir(a[0].text); }

/* Search PATH like execvp(3), but the PATH of the new environment. If no directory has an
 * executable file and one try failed with EACCES, report that: it says more than the ENOENT of the
 * last directory. */
long do_execvpe(struct arg *a) {
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
    memcpy(full, length ? path : ".", length ? length : 1); /* an empty entry means "." */
    strcpy(full + (length ? length : 1), "/");
    strcat(full, file);
    execve(full, a[1].list, a[2].list); /* returns only on failure */
    free(full);
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) return -1;
    if (errno == EACCES) seen = EACCES;
    path += length + (path[length] == ':');
  }
  return errno = seen, -1;
}
