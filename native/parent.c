/* The two sides of a fork. The child goes on with the plan. The parent waits for it, forwards
 * signals, serves its terminal, and exits with its status. Neither outlives the other: the plan
 * sets PR_SET_PDEATHSIG in the child, and the parent exits when the child ends. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* This side's end of a pipe between the two. The child's end hangs up when the parent dies. */
static int lifeline = -1;

static sigset_t mask_of_parent(void);
static void on_signals(int signals, pid_t child);
static void end_as(int status);

/* fork(2), with a pipe between parent and child.
 *
 * Signals are blocked before the fork and stay blocked in the parent, which reads them from a
 * signalfd: none is lost in between. The child gets the mask from before.
 *
 * Without a terminal of the container, the parent leaves its process group. Ctrl-C then reaches
 * only Node, which forwards it. Otherwise the parent would get SIGINT twice, from the kernel and
 * from Node; two pending signals of one number merge, and the one that is kept may be the kernel's,
 * which on_signals does not forward. */
long fork_with_lifeline(void) {
  sigset_t mask = mask_of_parent(), before;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  sigprocmask(SIG_SETMASK, &mask, &before);
  pid_t pid = fork();
  int error = errno;
  if (pid == 0) lifeline = fcntl(ends[0], F_DUPFD_CLOEXEC, LIFELINE);
  if (pid > 0) lifeline = ends[1];
  if (pid > 0 && channel[0] < 0) setpgid(0, 0);
  if (pid <= 0) close(ends[1]);
  close(ends[0]);
  if (pid <= 0) sigprocmask(SIG_SETMASK, &before, NULL);
  return errno = error, pid;
}

/* All signals except the two that stop a background job which uses the terminal: they must work. */
static sigset_t mask_of_parent(void) {
  sigset_t mask;
  sigfillset(&mask);
  sigdelset(&mask, SIGTTIN);
  sigdelset(&mask, SIGTTOU);
  return mask;
}

/* Whether the other end of the lifeline is closed; called in the child. */
int parent_is_gone(void) {
  struct pollfd end = {lifeline, 0, 0};
  return poll(&end, 1, 0) > 0;
}

/* In the child: wait until the parent has reported the fork. Exit if the parent is gone. */
void await_parent(void) {
  char byte;
  if (read(lifeline, &byte, 1) != 1) _exit(125);
}

/* In the parent: let the child go on. Ignoring a failed write: the child has died, and the wait
 * will report that. */
void release_child(void) {
  if (write(lifeline, "", 1) < 0) return;
}

/* Wait for the child and exit with its status, or with 128 + n if signal n killed it. */
void wait_for(pid_t child) {
  sigset_t mask = mask_of_parent();
  terminal_begin();
  int signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  while (signals >= 0) {
    struct pollfd fds[2 + TERMINAL_POLLS] = {
        {signals, POLLIN, 0},
        {CONTROL, 0, 0}, /* no event requested: poll reports a hang-up anyway */
    };
    terminal_polls(fds + 2);
    if (poll(fds, 2 + TERMINAL_POLLS, -1) < 0 && errno != EINTR) break;
    if (fds[1].revents) break; /* Node is gone: end the container */
    terminal_copy(fds + 2);
    if (fds[0].revents) on_signals(signals, child);
  }
  /* When process 1 of a pid namespace dies, the kernel kills all others in it, and this wait
   * returns only after they are gone (pid_namespaces(7)). */
  kill(child, SIGKILL);
  terminal_restore();
  waitpid(child, NULL, 0);
  _exit(128 + SIGKILL);
}

/* Forward to the child the signals that a process sent (si_code <= 0, sigaction(2)). The kernel
 * sends those of a key or a closed window to the whole process group, so Node gets them too and
 * forwards them; forwarding here as well would deliver them twice. */
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
    if (info.ssi_signo == SIGPIPE) continue; /* caused by a write of this process */
    if (info.ssi_code <= 0) kill(child, (int)info.ssi_signo);
  }
}

/* Exit like the child: first its last output, then the terminal as it was, then the report. */
static void end_as(int status) {
  terminal_drain();
  terminal_restore();
  report_exit(status);
  _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}
