/* The life of a supervised container, as it is written down: by the process of a start, which sees
 * what happens, and by its monitor. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* In memory that a start shares with its monitor; NULL if nothing is supervised. */
struct life *life;

static const struct life *last; /* the life that this process has left */

static int journal = -1; /* in the monitor and in its starts */

/* Open the journal in the container's directory, with blocks for what follows, should the disk be
 * full by then. Ignoring a failure to reserve them: not every file system can. */
int journal_open(int directory) {
  int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
  journal = out_of_the_way(openat(directory, "journal", flags, 0600));
  if (journal >= 0 && fallocate(journal, FALLOC_FL_KEEP_SIZE, 0, 1 << 14) != 0) errno = 0;
  return journal < 0 ? -1 : 0;
}

/* In a start: its first process is there. It is on record before it goes on. */
void monitor_started(pid_t child) {
  enum { STARTTIME = 22 };
  if (!life) return;
  life->child = child;
  life->start = stat_field(child, STARTTIME);
  journal_line("start", "%d %llu", (int)child, life->start);
}

/* A number in the line of process `pid`, by its place in there: field 2, the name, may have blanks,
 * and numbers come from field 4 on (proc_pid_stat(5)). 0 if there is no such process. */
unsigned long long stat_field(pid_t pid, int which) {
  char path[64], stat[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t length = fd < 0 ? 0 : read(fd, stat, sizeof stat - 1);
  if (fd >= 0) close(fd);
  stat[length > 0 ? length : 0] = 0;
  const char *rest = strrchr(stat, ')');
  for (int field = 2; rest && field < which; field++) rest = strchr(rest + 1, ' ');
  return rest ? strtoull(rest, NULL, 10) : 0;
}

/* In a child of the monitor that lets a command into the container: it has no part in its life, and
 * knows who its first process is. */
void leave_life(void) {
  static struct life left;
  left = *life;
  last = &left;
  life = NULL;
  journal = -1;
}

/* The first process of the container that this program supervises, and when it began, in clock
 * ticks since boot. 0 if there is none. */
pid_t first_process(unsigned long long *start) {
  const struct life *from = life ? life : last;
  *start = from ? from->start : 0;
  return from ? from->child : 0;
}

/* In a start or its child: a step has failed, and there will be no command. */
void monitor_failed(void) {
  if (life) life->failed = 1;
}

/* In a start: the command runs. Node may end, unless it attends to the container. */
void monitor_runs(void) {
  if (!life) return report_running();
  if (life->runs || life->failed) return;
  life->runs = 1;
  event_started(supervised_with()); /* before an exec or a check can be told of */
  life->told = 1;
  journal_line("run", "%d", 0);
  report_running();
  if (!life->attended) let_go_of_node();
}

/* In a start: the command has ended. */
void monitor_ended(int status) {
  if (!life) return;
  life->status = status;
  life->ended = 1;
}

/* Whether Node waits for the container, and descriptors 0 to 2 are its caller's. */
int is_attended(void) { return !life || life->attended; }

/* Put /dev/null in the place of descriptors 0 to 2, which are the caller's. */
void leave_caller(void) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return;
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) dup2(null, fd);
  close(null);
}

/* Put /dev/null in the place of the socket: reports go nowhere, and no plan follows. */
void let_go_of_node(void) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return;
  dup3(null, CONTROL, O_CLOEXEC);
  close(null);
}

/* Append `<kind> <seconds>.<nanoseconds> …` to the journal, in one write(2). */
void journal_line(const char *kind, const char *format, ...) {
  char line[160];
  struct timespec now;
  va_list rest;
  if (journal < 0) return;
  clock_gettime(CLOCK_REALTIME, &now);
  int length = snprintf(line, sizeof line, "%s %lld.%09ld ", kind, (long long)now.tv_sec,
                        now.tv_nsec);
  va_start(rest, format);
  length += vsnprintf(line + length, sizeof line - (size_t)length - 1, format, rest);
  va_end(rest);
  line[length++] = '\n';
  while (write(journal, line, (size_t)length) < 0 && errno == EINTR) continue;
}
