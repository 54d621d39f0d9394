/* The main loop: read a plan from the socket, make its calls in order, read the next. It ends at a
 * failed call, at the end of input, or when execve(2) replaces this program by the command. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

extern char **environ;

static void run_from_sealed_copy(char **argv);
static void heed_real_time_signals(void);
static void await_end(void);
static int is_awaited(const struct plan *plan, size_t at);
static void await_go_ahead(void);
static long long now(void);

int main(int argc, char **argv) {
  (void)argc;
  if (fcntl(CONTROL, F_GETFD) < 0) return 125; /* not started by Node */
  run_from_sealed_copy(argv);
  fcntl(CONTROL, F_SETFD, FD_CLOEXEC);
  heed_real_time_signals();
  struct plan plan;
  int is_child = 0;
  for (int is_first = 1; !is_child && read_plan(&plan); is_first = 0)
    is_child = make_calls(&plan, is_first);
  return 0;
}

/* Execute a copy of this program in sealed memory, unless this is that copy. Otherwise a process in
 * the container could open /proc/<pid>/exe and overwrite the program's file on the host
 * (CVE-2019-5736). */
static void run_from_sealed_copy(char **argv) {
  const int wanted = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (self < 0) { /* no /proc, or that of another pid namespace; the plan may mount one */
    const char *name = (const char *)getauxval(AT_EXECFN);
    if (name && strncmp(name, "/dev/fd/", 8) == 0) return; /* execveat(2) names the copy so */
    self = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
  }
  if (self < 0) refuse("cannot open /proc/self/exe", strerror(errno));
  int seals = fcntl(self, F_GET_SEALS); /* EINVAL for an ordinary file */
  if (seals >= 0 && (seals & wanted) == wanted) {
    close(self);
    return;
  }
  struct stat file;
  unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int copy = memfd_create("stepbox", flags | MFD_EXEC);
  if (copy < 0 && errno == EINVAL) copy = memfd_create("stepbox", flags); /* Linux before 6.3 */
  if (copy < 0 || fstat(self, &file) != 0) refuse("cannot copy itself", strerror(errno));
  for (off_t left = file.st_size; left > 0;) {
    ssize_t sent = sendfile(copy, self, NULL, (size_t)left);
    if (sent <= 0) refuse("cannot copy itself", strerror(errno));
    left -= sent;
  }
  if (fcntl(copy, F_ADD_SEALS, wanted) != 0) refuse("cannot seal its copy", strerror(errno));
  syscall(SYS_execveat, copy, "", argv, environ, AT_EMPTY_PATH);
  refuse("cannot execute its copy", strerror(errno));
}

/* Ignored signals stay ignored in the command (execve(2)). Node resets those below 32 in its
 * children; here are the others. libc refuses 32 to 34, which are its own, so ask the kernel
 * itself, with a zeroed struct sigaction: no handler, no flags, no mask. */
static void heed_real_time_signals(void) {
  static const char by_default[64];
  for (int signal = 32; signal <= 64; signal++)
    syscall(SYS_rt_sigaction, signal, by_default, NULL, 8UL);
}

/* Make the calls of one plan. The first failure ends the program, because later steps rely on the
 * earlier ones. Returns whether this process is now the child of a fork: further plans on the
 * socket are for the parent. */
int make_calls(struct plan *plan, int is_first) {
  int has_forked = 0;
  for (size_t i = 0; i < plan->count; i++) {
    struct step *step = &plan->steps[i];
    if (is_awaited(plan, i)) await_go_ahead();
    answer_length = 0;
    long long start = now();
    long result = step->call->make(step->args);
    int error = result < 0 ? errno : 0;
    int failed = result < 0 && error != step->ignoring;
    /* fork returns twice. The child goes on with the plan; the parent reports the child's id and
     * waits for it. The child starts only after that report, so that Node knows the id before it
     * reads any report of the child. */
    int is_fork = strcmp(step->call->name, "fork") == 0;
    int is_start = strcmp(step->call->name, "supervise") == 0 && result == 0;
    int is_monitor = strcmp(step->call->name, "supervise") == 0 && result > 0;
    int is_clone = strcmp(step->call->name, "clone_parent") == 0 && result == 0;
    int is_predecessor = strcmp(step->call->name, "clone_parent") == 0 && result > 0;
    int is_parent = is_fork && result > 0;
    int is_child = (is_fork && result == 0) || is_start || is_clone;
    if (is_fork && is_child) has_forked = 1;
    if (is_fork && is_child) await_parent();
    if (is_clone) await_predecessor();
    if (failed) monitor_failed(), start_failed();
    if (is_parent) monitor_started((pid_t)result);
    int is_reported = failed || is_parent || is_monitor || is_predecessor || answer_length > 0;
    if (is_reported || (plan->mode != RUN && !is_child))
      report_step(i, result, error, failed, now() - start);
    if (is_monitor) {
      i = supervise((pid_t)result, plan, i);
      plan->mode = RUN; /* of a further start, which nobody watches */
    }
    if (is_predecessor) give_way((pid_t)result);
    if (is_parent) {
      release_child();
      wait_for((pid_t)result);
    }
    if (failed && !is_first) await_end();
    if (failed) await_go_ahead(); /* until then Node can inspect this process to find the cause */
    if (failed) _exit(125);
  }
  return has_forked;
}

/* Read further plans and ignore them, until Node closes the socket. If this end were closed while
 * Node still writes, its write would fail and the report of the failure would be lost. */
static void await_end(void) {
  char bytes[4096];
  while (read(CONTROL, bytes, sizeof bytes) > 0) continue;
}

/* Whether the step needs a go-ahead. In TRACE the command does, so that Node prints the steps
 * before it and only then the command writes its own output. */
static int is_awaited(const struct plan *plan, size_t at) {
  int is_command = strcmp(plan->steps[at].call->name, "execvpe") == 0;
  return plan->mode == STEP || (plan->mode == TRACE && is_command && at > 0);
}

/* Wait for a line from Node. If Node closes the socket instead, the plan is abandoned: exit. */
static void await_go_ahead(void) {
  char byte;
  do {
    if (read(CONTROL, &byte, 1) != 1) _exit(125);
  } while (byte != '\n');
}

/* Nanoseconds since an arbitrary moment; unlike the time of day it never jumps. */
static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}
