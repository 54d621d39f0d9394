/* Chapter 7. The calls with which a process becomes like one of a container's. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434 /* the same on every architecture */
#endif

static int gate[2] = {-1, -1}; /* closed when the clone is reported, which then goes on */

/* A descriptor of process a[0], which began at a[1]. It goes on to mean the process that it was
 * opened for, so look at the start after opening: ESRCH if the number is another process by now.
 * The number 0 means the first process of the container that this program supervises. */
long do_pidfd_open(struct arg *a) {
  enum { STARTTIME = 22 };
  unsigned long long start = (unsigned long long)a[1].number;
  pid_t pid = a[0].number == 0 ? first_process(&start) : (pid_t)a[0].number;
  int fd = (int)syscall(SYS_pidfd_open, pid, 0U); /* close-on-exec (pidfd_open(2)) */
  if (fd < 0 || stat_field(pid, STARTTIME) == start) return fd;
  return errno = ESRCH, close_returning(fd, -1);
}

/* Join one namespace of the process behind a descriptor (setns(2), Linux 5.8). */
long do_setns_pidfd(struct arg *a) { return setns((int)a[0].number, (int)a[1].number); }

/* Without it, other processes may trace this one only if they have CAP_SYS_PTRACE, and no core dump
 * of it is written. execve(2) undoes it. */
long do_prctl_dumpable(struct arg *a) {
  return prctl(PR_SET_DUMPABLE, (unsigned long)a[0].number, 0UL, 0UL, 0UL);
}

/* A process that takes the place of this one: its parent is the parent of this one (clone(2),
 * CLONE_PARENT). It goes on with the plan once it is reported, and this one ends. */
long do_clone_parent(struct arg *a) {
  (void)a;
  if (pipe2(gate, O_CLOEXEC) != 0) return -1;
  long pid = syscall(SYS_clone, (unsigned long)CLONE_PARENT | SIGCHLD, 0L, 0L, 0L, 0L);
  return close_returning(gate[pid == 0], pid);
}

/* In the clone: wait until it is reported. Exit if that cannot happen any more. */
void await_predecessor(void) {
  char byte;
  ssize_t got;
  while ((got = read(gate[0], &byte, 1)) < 0 && errno == EINTR) continue;
  if (got != 1) _exit(125);
  close(gate[0]);
}

/* In the process before it: let the clone go on, and end. The clone alone is to have the lifeline:
 * its end is the sign that the command runs. */
void give_way(pid_t clone) {
  name_successor(clone);
  if (write(gate[1], "", 1) < 0) _exit(125);
  _exit(0);
}
