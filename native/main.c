/* Reads plans from the socket and makes their calls, in order, until one becomes the command. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void run_from_sealed_copy(char **argv);
static void make_calls(struct plan *plan);
static void await_go_ahead(void);
static long long now(void);

int main(int argc, char **argv) {
  (void)argc;
  run_from_sealed_copy(argv);
  if (fcntl(CONTROL, F_SETFD, FD_CLOEXEC) != 0) return 125;
  struct plan plan;
  while (read_plan(&plan)) make_calls(&plan);
  return 0;
}

/* What runs inside the container must not be able to write to this program's file through
 * /proc/<pid>/exe (CVE-2019-5736), so the program first becomes a copy in sealed memory. */
static void run_from_sealed_copy(char **argv) {
  const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (self < 0) refuse("open", "/proc/self/exe");
  if (fcntl(self, F_GET_SEALS) == seals) {
    close(self);
    return;
  }
  struct stat file;
  int copy = memfd_create("stepbox", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (copy < 0 || fstat(self, &file) != 0) refuse("copy", "/proc/self/exe");
  for (off_t left = file.st_size; left > 0;) {
    ssize_t sent = sendfile(copy, self, NULL, (size_t)left);
    if (sent <= 0) refuse("copy", "/proc/self/exe");
    left -= sent;
  }
  if (fcntl(copy, F_ADD_SEALS, seals) != 0) refuse("seal", "/proc/self/exe");
  execveat(copy, "", argv, environ, AT_EMPTY_PATH);
  refuse("execveat", strerror(errno));
}

/* The first failure ends the program: what follows in a plan stands on what came before. */
static void make_calls(struct plan *plan) {
  for (size_t i = 0; i < plan->count; i++) {
    struct step *step = &plan->steps[i];
    if (plan->mode == 's') await_go_ahead();
    answer_length = 0;
    errno = 0;
    long long start = now();
    long result = step->call->make(step->args);
    int error = result < 0 ? errno : 0;
    int failed = result < 0 && error != step->ignoring;
    /* fork returns twice: the child goes on, the parent reports its id and waits for it. */
    int is_fork = strcmp(step->call->name, "fork") == 0;
    int is_parent = is_fork && result > 0, is_child = is_fork && result == 0;
    if (failed || is_parent || answer_length > 0 || (plan->mode != 'r' && !is_child))
      report_step(i, result, error, now() - start);
    if (is_parent) wait_for((pid_t)result);
    if (failed) _exit(125);
  }
}

/* A line from the parent; its end of the socket closed means that nobody wants this any more. */
static void await_go_ahead(void) {
  char byte;
  do {
    if (read(CONTROL, &byte, 1) != 1) _exit(125);
  } while (byte != '\n');
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}
