/* Chapter 6. The monitor of a container that lives on without its parent: the process that has
 * called supervise(). Each start is a fresh process, which goes on with the plan, because
 * unshare(CLONE_NEWPID) works once in a process. The monitor waits for it, writes down how it ended
 * and, if the plan says so, starts another. At the end it becomes the program that clears up
 * (settle.c). */
#define _GNU_SOURCE
#include "settle.h"
#include "stepbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

enum { ATTENDED = 7 };

static struct arg *told; /* the arguments of supervise() */
static int directory = -1;
static int gate[2];    /* closed when Node knows of the first start, which then goes on */
static int is_further; /* this is not the first start */
static pid_t monitor;  /* in a start */

static pid_t start(void);
static pid_t start_again(void);
static int begin(struct arg *a);
static void wait_for_write_layer(void);
static void await_end_of(pid_t pid);
static size_t read_again(struct plan *plan, size_t at);
static int is_wanted(int status);
static long long delay_before(int status, long long lasted_ms);
static void pause_for(long long milliseconds);
static void clear_groups(void);
static long long setting(int which);

/* Become a container's monitor: supervise(directory, mark, lock, restart, [most, first delay, last
 * delay, lasting], groups, settler, attended). Returns the process of the first start, and 0 in
 * that. With `attended` the command line waits for that start, whose streams are those of its
 * caller; when it goes, the container ends. */
long do_supervise(struct arg *a) {
  if (begin(a) != 0 || pipe2(gate, O_CLOEXEC) != 0) return -1;
  pid_t pid = start();
  close_returning(gate[pid == 0 ? 1 : 0], 0);
  if (pid != 0) return pid;
  for (char byte; read(gate[0], &byte, 1) < 0 && errno == EINTR;) continue;
  close(gate[0]);
  return 0;
}

static int begin(struct arg *a) {
  told = a;
  if (a[4].number != 4) return errno = EINVAL, -1;
  directory = out_of_the_way(open(a[0].text, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (directory < 0) return -1;
  if (journal_open(directory) != 0) return -1;
  if (prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL) != 0) return -1; /* a start's child, too */
  life = mmap(NULL, sizeof *life, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return life == MAP_FAILED ? -1 : 0;
}

/* Fork the process of one start. It dies with the monitor, and its signals are as they were. */
static pid_t start(void) {
  sigset_t all, before;
  monitor = getpid();
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  memset(life, 0, sizeof *life);
  life->attended = !is_further && told[ATTENDED].number;
  pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0UL, 0UL, 0UL);
  if (getppid() != monitor) _exit(125);
  sigemptyset(&before);
  sigprocmask(SIG_SETMASK, &before, NULL);
  if (is_further) wait_for_write_layer();
  return 0;
}

/* Lock the write layer, as Node does before the first start (runtime/06-lifecycle/write-layer.ts):
 * exclusively, which waits until no command has it mounted; then shared, until this process ends.
 * A container without a write layer has nothing to lock. */
static void wait_for_write_layer(void) {
  int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int upper = out_of_the_way(openat(directory, "upper", flags));
  if (upper >= 0 && flock(upper, LOCK_EX) == 0) flock(upper, LOCK_SH);
}

/* Wait for the start `pid` and all that follow. Returns only in the process of a further start: the
 * place of supervise() in the plan, which goes on from there. */
size_t supervise(pid_t pid, struct plan *plan, size_t at) {
  long long since = milliseconds();
  health_settings(plan);
  health_begin();
  close(gate[1]);
  attend(told[ATTENDED].number != 0);
  for (int is_first = 1;; is_first = 0) {
    await_end_of(pid);
    health_over();
    if (is_first && !life->runs) leave_settled(125); /* Node knows why */
    int status = life->ended ? life->status : life->runs ? SIGKILL : 125 << 8;
    if (life->runs) event_ended(told, status); /* first: who sees the end may say more of it */
    journal_line("exit", "%d", status);
    at = read_again(plan, at);
    long long delay = delay_before(status, milliseconds() - since);
    if (delay < 0) journal_line("over", "%d", 0);
    tell_node(directory, status, delay < 0);
    if (delay < 0) break;
    pause_for(delay);
    at = read_again(plan, at);
    if (!is_wanted(status) || (pid = start_again()) < 0) {
      journal_line("over", "%d", 0);
      break;
    }
    if (pid == 0) return at;
    since = milliseconds();
    health_begin();
  }
  settle();
}

/* As the monitor: in groups that it makes itself. */
static pid_t start_again(void) {
  clear_groups();
  is_further = 1;
  return start();
}

/* All signals are blocked here. Those that a process has sent are the container's. If the start was
 * killed, so is its child, which may have taken back that it dies with its parent. */
static void await_end_of(pid_t pid) {
  sigset_t all;
  siginfo_t info;
  pid_t ended;
  int status;
  sigfillset(&all);
  for (;;) {
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
      if (ended != pid) {
        health_reaped(ended, status);
        continue;
      }
      if (life->ended || life->child == 0 || kill(life->child, SIGKILL) != 0) return;
      if (waitpid(life->child, NULL, 0) > 0 || errno != EINTR) return;
    }
    int signal = health_wait(&all, &info);
    if (signal > 0 && signal != SIGCHLD && info.si_code <= 0) kill(pid, signal);
  }
}

/* A file `plan` in the container's directory takes the place of the plan so far: somebody has
 * changed limits or the policy (update). It is put there by a rename, so it is whole. Gives the
 * place of supervise() in it. */
static size_t read_again(struct plan *plan, size_t at) {
  int fd = openat(directory, "plan", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return at;
  int is_read = read_plan_from(fd, plan);
  close(fd);
  for (at = 0; is_read && at < plan->count; at++)
    if (strcmp(plan->steps[at].call->name, "supervise") == 0) break;
  if (!is_read || at == plan->count) refuse("a plan without supervise", "plan");
  told = plan->steps[at].args;
  health_settings(plan);
  return at;
}

/* Whether the plan wants another start after this end. A file `stopped` says that somebody wanted
 * the end. */
static int is_wanted(int status) {
  enum { NEVER, ON_FAILURE, ALWAYS };
  long long restart = told[3].number;
  if (restart == NEVER || (restart == ON_FAILURE && status == 0)) return 0;
  return faccessat(directory, "stopped", F_OK, 0) != 0;
}

/* How long to wait before another start, or -1 if there is none. The time doubles with each start
 * that did not last. */
static long long delay_before(int status, long long lasted_ms) {
  static long long delay, count;
  long long most = setting(0);
  if (lasted_ms >= setting(3)) delay = 0, count = 0;
  if (!is_wanted(status) || (most > 0 && count >= most)) return -1;
  delay = delay == 0 ? setting(1) : 2 * delay > setting(2) ? setting(2) : 2 * delay;
  count++;
  return delay;
}

/* A signal of a process ends it: it may have written `stopped`. */
static void pause_for(long long ms) {
  sigset_t all;
  siginfo_t info;
  sigfillset(&all);
  for (long long end = milliseconds() + ms; milliseconds() < end;) {
    long long left = end - milliseconds();
    struct timespec time = {left / 1000, left % 1000 * 1000000};
    if (sigtimedwait(&all, &info, &time) > 0 && info.si_code <= 0) return;
  }
}

/* Remove the groups of the start that has ended: the next one makes its own. What shares no pid
 * namespace with the container may still be in them. */
static void clear_groups(void) {
  for (char **group = told[5].list; *group; group++)
    for (int tries = 0; rmdir(*group) != 0 && errno == EBUSY && tries < 1000; tries++) {
      char path[4096 + 16];
      long pid;
      snprintf(path, sizeof path, "%s/cgroup.procs", *group);
      FILE *processes = fopen(path, "re");
      while (processes && fscanf(processes, "%ld", &pid) == 1) kill((pid_t)pid, SIGKILL);
      if (processes) fclose(processes);
      poll(NULL, 0, 1);
    }
}

static long long setting(int which) { return atoll(told[4].list[which]); }

int is_further_start(void) { return is_further; }

int is_orphaned(void) { return life && getppid() != monitor; }

/* The arguments of supervise(). */
struct arg *supervised_with(void) { return told; }
