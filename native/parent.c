/* The two sides of a fork. The child goes on with the plan. The parent waits for it, forwards
 * signals, copies its standard streams, and exits with its status. Neither outlives the other: the
 * plan sets PR_SET_PDEATHSIG in the child, and the parent ends when the child does. */
#define _GNU_SOURCE
#include "settle.h"
#include "stepbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a container may live on that was hung up, and a reader may take nothing once the
 * container was asked to end and has ended. */
#define PATIENCE_MS 1000

/* This side's end of a pipe between the two. The child's end hangs up when the parent dies. */
static int lifeline = -1;

static pid_t child;      /* in the parent, as long as it runs */
static struct {
  pid_t successor; /* who takes the child's place, or 0 */
  int failed;      /* a step has failed: there will be no command */
} *shared;         /* with the child */
static int end_status; /* of the child, as wait(2) gives it */
static int reads_keys; /* from the caller's terminal, for that of the container */
static int is_asked;   /* whether a process has sent a signal that asks it to end */
static int is_hung_up;

static sigset_t mask_of_parent(void);
static void command_runs(void);
static void on_signals(int signals);
static void on_end(pid_t ended, int status);
static pid_t target(void);
static void end_orphans(void);
static void finish(void) __attribute__((noreturn));

/* fork(2), with a pipe between parent and child.
 *
 * Signals are blocked before the fork and stay blocked in the parent, which reads them from a
 * signalfd: none is lost in between. The child gets the mask from before.
 *
 * The child's end of the pipe is put out of the way of the plan's descriptors before the fork: with
 * a low RLIMIT_NOFILE that fails, with EINVAL (fcntl(2)), and can still be reported.
 *
 * Unless it reads keys from the caller's terminal, the parent leaves its process group. Ctrl-C
 * then reaches only Node, which forwards it. Otherwise the parent would get SIGINT twice, from the
 * kernel and from Node; two pending signals of one number merge, and the one that is kept may be
 * the kernel's, which on_signals does not forward. */
long fork_with_lifeline(void) {
  sigset_t mask, before;
  int ends[2];
  reads_keys = channel[0] >= 0 && isatty(STDIN_FILENO);
  mask = mask_of_parent();
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  int end = fcntl(ends[0], F_DUPFD_CLOEXEC, LIFELINE);
  close(ends[0]);
  if (end < 0) return close(ends[1]), errno = EMFILE, -1;
  int rights = PROT_READ | PROT_WRITE, kind = MAP_SHARED | MAP_ANONYMOUS;
  shared = mmap(NULL, sizeof *shared, rights, kind, -1, 0);
  if (shared == MAP_FAILED) return close(ends[1]), close(end), errno = ENOMEM, -1;
  sigprocmask(SIG_SETMASK, &mask, &before);
  pid_t pid = fork();
  int error = errno;
  lifeline = pid > 0 ? ends[1] : end;
  if (pid > 0 && !reads_keys) setpgid(0, 0);
  close(pid > 0 ? end : ends[1]);
  if (pid < 0) close(end);
  if (pid <= 0) sigprocmask(SIG_SETMASK, &before, NULL);
  return errno = error, pid;
}

/* All signals. Only the two that stop a background job which uses the terminal must work if this
 * process reads keys from it; otherwise it has left its process group (see above), and writes to
 * the terminal from there. */
static sigset_t mask_of_parent(void) {
  sigset_t mask;
  sigfillset(&mask);
  if (!reads_keys) return mask;
  sigdelset(&mask, SIGTTIN);
  sigdelset(&mask, SIGTTOU);
  return mask;
}

/* Whether the other end of the lifeline is closed; called in the child. A plan that has closed this
 * end itself (close_range) cannot know. */
int parent_is_gone(void) {
  struct pollfd end = {lifeline, 0, 0};
  return poll(&end, 1, 0) > 0 && !(end.revents & POLLNVAL);
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

/* Wait for the child and exit with its status, or with 128 + n if signal n killed it. If Node is
 * gone, or the monitor, the child is ended. */
void wait_for(pid_t pid) {
  sigset_t mask = mask_of_parent();
  child = pid;
  terminal_begin();
  streams_begin();
  int signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  survive_monitor();
  while (signals >= 0 && !is_orphaned()) {
    if (child == 0 && !streams_pending()) finish();
    struct pollfd fds[3 + 2 * STREAMS + ATTACH_FDS + SOURCES] = {
        {signals, POLLIN, 0},
        {CONTROL, 0, 0},  /* no event requested: poll reports a hang-up anyway */
        {lifeline, 0, 0}, /* the same: the child's end closes when it executes the command */
    };
    streams_polls(fds + 3);
    attach_polls(fds + 3 + 2 * STREAMS);
    input_polls(fds + 3 + 2 * STREAMS + ATTACH_FDS);
    int is_timed = is_hung_up || (child == 0 && (is_asked || !is_attended()));
    int ready = poll(fds, sizeof fds / sizeof *fds, is_timed ? PATIENCE_MS : -1);
    if (ready < 0 && errno != EINTR) break;
    if (ready == 0 && child == 0) finish(); /* the reader takes no more */
    if (ready == 0) end_child(0);
    if (fds[1].revents && !outlive()) break; /* Node is gone: end the container */
    if (fds[2].revents) command_runs();
    input_handle(fds + 3 + 2 * STREAMS + ATTACH_FDS);
    streams_copy(fds + 3);
    attach_handle(fds + 3 + 2 * STREAMS);
    if (fds[0].revents) on_signals(signals);
  }
  /* When process 1 of a pid namespace dies, the kernel kills all others in it, and this wait
   * returns only after they are gone (pid_namespaces(7)). */
  end_child(0);
  terminal_restore();
  if (target() > 0) waitpid(target(), NULL, 0);
  end_orphans();
  settle_if_orphaned();
  _exit(128 + SIGKILL);
}

static void command_runs(void) {
  close(lifeline);
  lifeline = -1;
  monitor_runs();
  terminal_start();
  streams_start();
}

/* Kill the child, if it runs, at once or after a while; its end is then handled like any other. */
void end_child(int is_patient) {
  if (is_patient) is_hung_up = 1;
  else if (target() > 0) kill(target(), SIGKILL);
}

/* Forward to the child the signals that a process sent (si_code <= 0, sigaction(2)). The kernel
 * sends those of a key or a closed window to the whole process group, so Node gets them too and
 * forwards them; forwarding here as well would deliver them twice. */
static void on_signals(int signals) {
  struct signalfd_siginfo info;
  while (read(signals, &info, sizeof info) == sizeof info) {
    int signal = (int)info.ssi_signo;
    int status;
    pid_t ended;
    while (signal == SIGCHLD && (ended = waitpid(-1, &status, WNOHANG)) > 0)
      on_end(ended, status);
    if (signal == SIGCONT) terminal_resume();
    if (signal == SIGWINCH && terminal_resize()) continue;
    if (signal == SIGCHLD || signal == SIGPIPE) continue; /* SIGPIPE: from a write of our own */
    if (info.ssi_code > 0) continue;
    signal_child(signal);
  }
}

/* A process has ended: the child, or the one that took its place (clone_parent), in any order; or
 * an orphan, see end_orphans. The last poll(2) may have been before the command ran. */
static void on_end(pid_t ended, int status) {
  pid_t next = shared->successor;
  if (ended == child && next > 0 && ended != next) {
    child = next;
  } else if (ended == child || ended == next) {
    child = 0;
    shared->successor = -1;
    end_status = status;
    if (lifeline >= 0) command_runs();
    streams_end();
  }
}

/* Whom signals are for; 0 if it has ended. */
static pid_t target(void) { return shared && shared->successor > 0 ? shared->successor : child; }

/* In the child: `pid`, another child of the parent, takes its place. */
void name_successor(pid_t pid) {
  shared->successor = pid;
  close(lifeline);
}

/* In whichever process makes the calls. */
void start_failed(void) {
  if (shared) shared->failed = 1;
}

/* Send the child a signal. Of one that asks it to end, its readers are reminded, too. */
void signal_child(int signal) {
  if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT)
    is_asked = 1;
  if (target() > 0) kill(target(), signal);
}

/* If this process is a subreaper, what the child has left behind is now a child of this one: hang
 * up its terminal, wait, and after a while kill it. What that leaves behind comes here in turn. */
static void end_orphans(void) {
  int is_subreaper = 0;
  if (prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper) != 0 || !is_subreaper) return;
  terminal_hang_up();
  for (int waited = 0; waitpid(-1, NULL, WNOHANG) >= 0; waited++) {
    if (waited < PATIENCE_MS) {
      poll(NULL, 0, 1);
      continue;
    }
    FILE *children = fopen("/proc/thread-self/children", "re");
    int pid;
    if (!children) return;
    while (fscanf(children, "%d", &pid) == 1) kill(pid, SIGKILL);
    fclose(children);
    waitpid(-1, NULL, 0);
  }
}

/* Exit like the child, when its last output is written; the terminal comes before the report. */
static void finish(void) {
  log_end();
  monitor_ended(end_status);
  if (!shared->failed) outlived(end_status);
  attach_end(end_status);
  terminal_restore();
  end_orphans();
  if (!life) report_exit(end_status); /* else its monitor does */
  _exit(WIFSIGNALED(end_status) ? 128 + WTERMSIG(end_status) : WEXITSTATUS(end_status));
}
