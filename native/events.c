/* Events of a container that lives on, in the file that runtime/06-lifecycle/events.ts describes.
 * The arguments of supervise() say which: it is the lock, and the mark has the container's id. An
 * event that cannot be written is lost. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum { MARK = 1, EVENTS = 2, GROUPS = 5 }; /* arguments of supervise() */

static void append(const struct arg *told, const char *action, const char *attributes);
static int ran_out_of_memory(char **groups);

void event_started(const struct arg *told) { append(told, "start", ""); }

/* How its first process ended, as wait(2) has it: in Docker's words and order. */
void event_ended(const struct arg *told, int status) {
  char code[32];
  int number = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  if (ran_out_of_memory(told[GROUPS].list)) append(told, "oom", "");
  snprintf(code, sizeof code, "\"exitCode\":\"%d\"", number);
  append(told, "die", code);
}

/* Of a container that is supervised: its mark is named after it. */
static void append(const struct arg *told, const char *action, const char *attributes) {
  const char *id = strrchr(told[MARK].text, '/');
  event_append(told[EVENTS].text, id ? id + 1 : "", action, attributes);
}

/* To the file `events`, in one write(2), with O_APPEND: other processes write there, too. */
void event_append(const char *events, const char *id, const char *action, const char *attributes) {
  static const char format[] =
      "{\"time\":\"%lld.%09ld\",\"id\":\"%.64s\",\"action\":\"%s\",\"attributes\":{%s}}\n";
  char line[512];
  struct timespec now;
  int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
  int fd = open(events, flags, 0600);
  if (fd < 0) return;
  clock_gettime(CLOCK_REALTIME, &now);
  int length = snprintf(line, sizeof line, format, (long long)now.tv_sec, now.tv_nsec,
                        id, action, attributes);
  if (write(fd, line, (size_t)length) < 0) errno = 0; /* ignoring, as said above */
  close(fd);
}

/* Whether the kernel has killed a process of the groups because they had no memory left: a line
 * `oom_kill <count>` in a file of the memory controller, of version 1 or 2 of control groups. */
static int ran_out_of_memory(char **groups) {
  static const char *const files[] = {"memory.oom_control", "memory.events"};
  char line[4096 + 32];
  long long count, kills = 0;
  for (char **group = groups; *group; group++)
    for (int version = 0; version < 2; version++) {
      snprintf(line, sizeof line, "%s/%s", *group, files[version]);
      FILE *file = fopen(line, "re");
      while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "oom_kill %lld", &count) == 1) kills += count;
      if (file) fclose(file);
    }
  return kills > 0;
}
