/* One health check: a process that carries out the list in the file `probe` of the container's
 * directory, and so lets a command into the container. It is a child of the monitor like each
 * start. Its output comes through a pipe, and its reports through a socket, as if to Node. It is
 * over when it has ended and nobody has its output open any more. */
#define _GNU_SOURCE
#include "health.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static struct result *result;
static pid_t probe;  /* 0 if it was reaped */
static pid_t inside; /* the process that becomes the command, or is it; 0 if not known */
static int output = -1, reports = -1;
static char id[65]; /* for events */

/* Reports that were not read yet, and how many bytes of an answer come first. */
static char line[512];
static size_t line_length, skipped;

static int prepare(int ends[4]);
static void become(pid_t monitor, int directory, const int ends[4]) __attribute__((noreturn));
static void read_output(void);
static void read_reports(void);
static size_t take_report(void);
static void let_go(int *fd);

/* Begin a check, which fills in `into`. Returns -1 if there can be none. */
int probe_begin(int directory, struct result *into) {
  int ends[4];
  pid_t monitor = getpid();
  result = into;
  memset(result, 0, offsetof(struct result, output));
  clock_gettime(CLOCK_REALTIME, &result->start);
  if (prepare(ends) != 0) return -1;
  probe = fork();
  if (probe == 0) become(monitor, directory, ends);
  int error = errno;
  close(ends[1]);
  close(ends[3]);
  output = ends[0];
  reports = ends[2];
  if (probe > 0) return 0;
  let_go(&output);
  let_go(&reports);
  probe = 0;
  return errno = error, -1;
}

/* A pipe and a pair of sockets: ends[0] and ends[2] stay here, and are never waited for. Nothing is
 * said on the socket: the probe reads its end at once. */
static int prepare(int ends[4]) {
  static const char digits[] = "0123456789abcdef";
  unsigned char random[32];
  inside = 0;
  line_length = skipped = 0;
  if (getrandom(random, sizeof random, 0) != sizeof random) return -1;
  for (size_t i = 0; i < 64; i++) id[i] = digits[(random[i / 2] >> (i % 2 ? 0 : 4)) & 15];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends + 2) != 0) {
    close(ends[0]);
    return (int)close_returning(ends[1], -1);
  }
  ends[0] = out_of_the_way(ends[0]);
  ends[2] = out_of_the_way(ends[2]);
  if (ends[0] < 0 || ends[2] < 0) {
    for (int i = 0; i < 4; i++) let_go(&ends[i]);
    return errno = EMFILE, -1;
  }
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  fcntl(ends[2], F_SETFL, O_NONBLOCK);
  shutdown(ends[2], SHUT_WR);
  return 0;
}

/* In the child. It dies with the monitor. Nothing of that is left in it but who the container's
 * first process is: the rest is like the native program when Node has started it. */
static void become(pid_t monitor, int directory, const int ends[4]) {
  enum { LIST = CONTROL + 1 };
  struct plan plan;
  sigset_t none;
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0UL, 0UL, 0UL);
  if (getppid() != monitor) _exit(125);
  int list = openat(directory, "probe", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(null, STDIN_FILENO);
  dup2(ends[1], STDOUT_FILENO);
  dup2(ends[1], STDERR_FILENO);
  dup3(ends[3], CONTROL, O_CLOEXEC);
  if (list < 0) refuse("no list for the check", strerror(errno));
  if (list != LIST) dup2(list, LIST);
  syscall(SYS_close_range, LIST + 1U, ~0U, 0U);
  leave_life();
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (!read_plan_from(LIST, &plan)) refuse("no list for the check", "empty file");
  close(LIST);
  make_calls(&plan, 1);
  _exit(125);
}

/* Whether there is one that is not over. */
int probe_is_there(void) { return probe > 0 || output >= 0; }

const char *probe_id(void) { return id; }

void probe_polls(struct pollfd fds[2]) {
  fds[0] = (struct pollfd){output, POLLIN, 0};
  fds[1] = (struct pollfd){reports, POLLIN, 0};
}

/* Read what there is. */
void probe_read(void) {
  read_reports();
  read_output();
}

/* A child of the monitor has ended. Returns whether it was this one. */
int probe_reaped(pid_t pid, int status) {
  if (pid != probe || probe <= 0) return 0;
  probe_read(); /* it may have said why */
  probe = 0;
  let_go(&reports);
  if (result->how == EXITED) result->status = status;
  return 1;
}

/* Kill what there is of it, all that is in its session as well, and hear no more of it. It may live
 * on until it is thawed, or its disk answers. If it is a zombie, its number is still its own. */
void probe_end(void) {
  if (probe > 0) {
    read_reports();
    if (inside > 1) kill(-inside, SIGKILL), kill(inside, SIGKILL);
    kill(probe, SIGKILL);
  }
  let_go(&output);
}

/* The first bytes are kept, and the rest is thrown away. At most as much as a pipe holds is read in
 * one go: others want to be heard, too. */
static void read_output(void) {
  char bytes[1 << 14];
  for (int i = 0; i < 4 && output >= 0; i++) {
    ssize_t got = read(output, bytes, sizeof bytes);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return let_go(&output);
    size_t room = OUTPUT_BYTES - result->length;
    size_t kept = (size_t)got < room ? (size_t)got : room;
    memcpy(result->output + result->length, bytes, kept);
    result->length += kept;
    if (kept < (size_t)got) result->is_cut = 1;
  }
}

static void read_reports(void) {
  while (reports >= 0) {
    ssize_t got = read(reports, line + line_length, sizeof line - line_length);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return let_go(&reports);
    line_length += (size_t)got;
    for (size_t taken; (taken = take_report()) > 0;) {
      line_length -= taken;
      memmove(line, line + taken, line_length);
    }
    if (line_length == sizeof line) line_length = 0; /* no report is as long */
  }
}

/* Take the first report: a failure, or a process that takes the place of the one before it. Returns
 * its length, 0 if it is not complete. */
static size_t take_report(void) {
  size_t index, bytes;
  long made;
  int error;
  if (skipped > 0) {
    size_t taken = skipped < line_length ? skipped : line_length;
    skipped -= taken;
    return taken;
  }
  char *end = memchr(line, '\n', line_length);
  if (!end) return 0;
  *end = 0;
  if (sscanf(line, "failed %zu %*d %d", &index, &error) == 2) {
    result->how = FAILED;
    result->index = (int)index;
    result->error = error;
  } else if (sscanf(line, "step %zu %ld %*d %*d %zu", &index, &made, &bytes) == 3) {
    skipped = bytes;
    if (bytes == 0) inside = (pid_t)made;
  } else if (strncmp(line, "refused", 7) == 0) {
    result->how = FAILED;
    result->index = -1;
  }
  return (size_t)(end - line) + 1;
}

static void let_go(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}
