/* Clearing up after a container: its monitor becomes the program that does, at the end. If the
 * monitor is killed, the process of the start outlives it for that. */
#define _GNU_SOURCE
#include "settle.h"
#include "stepbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Become the program that clears up after containers, one at a time: of many monitors that end at
 * once, those whose containers it has settled by then have nothing to do. */
void settle(void) {
  const struct arg *told = supervised_with();
  sigset_t all, none;
  struct timespec no_time = {0, 0};
  if (access(told[1].text, F_OK) != 0) leave_settled(0);
  int lock = open(told[2].text, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (lock >= 0) flock(lock, LOCK_EX);
  if (lock < 0) _exit(0);
  if (access(told[1].text, F_OK) != 0) close(lock), leave_settled(0); /* settled meanwhile */
  fcntl(lock, F_SETFD, 0); /* held until that program ends */
  /* Drop what is pending: SIGPIPE if the command line was killed, or a signal for the container. */
  sigfillset(&all);
  while (sigtimedwait(&all, NULL, &no_time) > 0) continue;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(told[6].list[0], told[6].list, (char *[]){NULL});
  _exit(125);
}

/* End, while another process clears up or has done so. If Node was killed, that process may have
 * come before all of the groups were made: these are removed here. A command may be starting the
 * container again, in groups with the same names: it has the container's directory locked, and when
 * it is done, there is a mark. With another code than 0 that command waits for this process, which
 * has failed to start the container for it. */
void leave_settled(int code) {
  const struct arg *told = supervised_with();
  int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int lock = code == 0 ? open(told[0].text, flags) : -1;
  if (lock >= 0) flock(lock, LOCK_EX);
  int is_started = code == 0 && access(told[1].text, F_OK) == 0;
  for (char **group = told[5].list; !is_started && *group; group++) rmdir(*group);
  _exit(code);
}

/* In a start that has its child: the monitor's death is no longer its own, but one of the signals
 * that it reads. By default SIGCHLD does nothing. */
void survive_monitor(void) {
  if (life) prctl(PR_SET_PDEATHSIG, SIGCHLD, 0UL, 0UL, 0UL);
}

/* In a start whose child has ended: settle if the monitor cannot. The caller's streams are left.
 * A program with threads cannot begin while children would be in another pid namespace
 * (clone(2)), so those are in this process's own again. */
void settle_if_orphaned(void) {
  if (!is_orphaned() || !life->runs) return;
  int own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
  if (own < 0 || setns(own, CLONE_NEWPID) != 0) return;
  leave_caller();
  let_go_of_node();
  setsid();
  if (chdir("/") != 0) errno = 0; /* ignoring: it keeps a directory in use, no more */
  settle();
}
