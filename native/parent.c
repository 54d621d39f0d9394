/* The two sides of a fork. The child goes on with the plan; the parent waits for it, passes signals
 * on, carries its terminal, and ends as it ended. Neither outlives the other. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* A plan counts on the numbers of the descriptors it opens: ours in the child is out of the way. */
#define OUT_OF_THE_WAY 32

/* Our end of a pipe to the other side of the fork, which hangs up when that side is gone. */
static int lifeline = -1;

static sigset_t mask_of_parent(void);
static void on_signals(int signals, pid_t child);
static void end_as(int status);

/* fork(2). Signals wait from before it until the parent can pass them on, so that none is lost in
 * between; the child begins with none held back. A parent that carries no terminal leaves the group
 * that keys are for: what they raise reaches ours, who passes it on. Of two equal signals that both
 * wait, the kernel keeps one, and it could be the one that is not to be passed on. */
long fork_with_lifeline(void) {
  sigset_t mask = mask_of_parent(), before;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  sigprocmask(SIG_SETMASK, &mask, &before);
  pid_t pid = fork();
  int error = errno;
  if (pid == 0) lifeline = fcntl(ends[0], F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
  if (pid > 0) lifeline = ends[1];
  if (pid > 0 && channel[0] < 0) setpgid(0, 0);
  if (pid <= 0) close(ends[1]);
  close(ends[0]);
  if (pid <= 0) sigprocmask(SIG_SETMASK, &before, NULL);
  return errno = error, pid;
}

/* Everything but what stops a job that reaches for the terminal from the background. */
static sigset_t mask_of_parent(void) {
  sigset_t mask;
  sigfillset(&mask);
  sigdelset(&mask, SIGTTIN);
  sigdelset(&mask, SIGTTOU);
  return mask;
}

/* Asked after PR_SET_PDEATHSIG: a parent that died before it was set will send nothing. */
int parent_is_gone(void) {
  struct pollfd end = {lifeline, 0, 0};
  return poll(&end, 1, 0) > 0;
}

/* The parent reports the fork before the child reports anything. */
void await_parent(void) {
  char byte;
  if (read(lifeline, &byte, 1) != 1) _exit(125);
}

/* A child that is gone already will be reported as such. */
void release_child(void) {
  if (write(lifeline, "", 1) < 0) return;
}

/* Never returns: exits with the container's status, 128 + n when signal n ended it. */
void wait_for(pid_t child) {
  sigset_t mask = mask_of_parent();
  terminal_begin();
  int signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  while (signals >= 0) {
    struct pollfd fds[2 + TERMINAL_POLLS] = {
        {signals, POLLIN, 0},
        {CONTROL, 0, 0}, /* asked for nothing: only its hang-up is of interest */
    };
    terminal_polls(fds + 2);
    if (poll(fds, 2 + TERMINAL_POLLS, -1) < 0 && errno != EINTR) break;
    if (fds[1].revents) break; /* our own parent is gone: the container must not live on unseen */
    terminal_copy(fds + 2);
    if (fds[0].revents) on_signals(signals, child);
  }
  /* With the first process of a pid namespace all others in it end, before this wait does. */
  kill(child, SIGKILL);
  terminal_restore();
  waitpid(child, NULL, 0);
  _exit(128 + SIGKILL);
}

/* Signals that somebody sent are passed on. What the kernel raised, for a key or a closed window,
 * was meant for the whole process group: our parent is in it too, and passes it on by sending. */
static void on_signals(int signals, pid_t child) {
  struct signalfd_siginfo info;
  while (read(signals, &info, sizeof info) == sizeof info) {
    int status;
    if (info.ssi_signo == SIGCHLD) {
      if (waitpid(child, &status, WNOHANG) == child) end_as(status);
      continue;
    }
    if (info.ssi_signo == SIGCONT) terminal_resume();
    if (info.ssi_signo == SIGWINCH && terminal_resize()) continue;
    if (info.ssi_signo == SIGPIPE) continue; /* from our own writing */
    if (info.ssi_code <= 0) kill(child, (int)info.ssi_signo);
  }
}

static void end_as(int status) {
  terminal_drain();
  terminal_restore();
  report_exit(status);
  _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}
