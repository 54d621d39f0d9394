/* Process 1 of a container with --init. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Stay as process 1, and let a child go on with the plan: init(8). It reaps orphans and passes
 * signals on. The kernel drops a signal to process 1 that has no handler, but not one that is
 * blocked. It ends with the child, as the child did. */
long do_init(struct arg *a) {
  sigset_t all, before;
  siginfo_t info;
  int ends[2], status;
  pid_t ended;
  (void)a;
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  pid_t child = fork();
  int error = errno;
  close(child == 0 ? ends[0] : ends[1]);
  if (child <= 0) {
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (child < 0) close(ends[0]);
    return errno = error, child;
  }
  while (read(ends[0], &status, 1) < 0 && errno == EINTR) continue; /* until the child executes */
  syscall(SYS_close_range, 3U, ~0U, 0U);
  prctl(PR_SET_NAME, "init");
  for (;;) {
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
      if (ended == child) _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    int signal = sigwaitinfo(&all, &info);
    if (signal > 0 && signal != SIGCHLD && info.si_code <= 0) kill(child, signal);
  }
}
