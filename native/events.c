/* Events of a container that lives on, in the file that runtime/06-lifecycle/events.ts describes.
 * The arguments of supervise() say which: it is the lock, and the mark has the container's id. An
 * event that cannot be written is lost. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

enum { MARK = 1, EVENTS = 2, GROUPS = 5 }; /* arguments of supervise() */

static void append(const char *events, const char *id, const char *const action[2],
                   const char *attributes);
static void rotate(const char *events, int fd);
static int ran_out_of_memory(char **groups);

void event_started(const struct arg *told) { event(told, "start", "", ""); }

/* How its first process ended, as wait(2) has it: in Docker's words and order. */
void event_ended(const struct arg *told, int status) {
  char code[32];
  int number = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  if (ran_out_of_memory(told[GROUPS].list)) event(told, "oom", "", "");
  snprintf(code, sizeof code, "\"exitCode\":\"%d\"", number);
  event(told, "die", "", code);
}

/* Of a container that is supervised: its mark is named after it. The action may have a text after
 * it, escaped as JSON has it. */
void event(const struct arg *told, const char *action, const char *text, const char *attributes) {
  const char *id = strrchr(told[MARK].text, '/');
  append(told[EVENTS].text, id ? id + 1 : "", (const char *[]){action, text}, attributes);
}

/* To the file `events`. */
void event_append(const char *events, const char *id, const char *action, const char *attributes) {
  append(events, id, (const char *[]){action, ""}, attributes);
}

/* In one write, with O_APPEND: other processes write there, too. */
static void append(const char *events, const char *id, const char *const action[2],
                   const char *attributes) {
  static const char format[] = "{\"time\":\"%lld.%09ld\",\"id\":\"%.64s\",\"action\":\"%s";
  char head[192], tail[256];
  struct timespec now;
  int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
  int fd = open(events, flags, 0600);
  if (fd < 0) return;
  clock_gettime(CLOCK_REALTIME, &now);
  int before = snprintf(head, sizeof head, format, (long long)now.tv_sec, now.tv_nsec, id,
                        action[0]);
  int after = snprintf(tail, sizeof tail, "\",\"attributes\":{%s}}\n", attributes);
  struct iovec parts[] = {{head, (size_t)before},
                          {(char *)(uintptr_t)action[1], strlen(action[1])},
                          {tail, (size_t)after}};
  if (writev(fd, parts, 3) < 0) errno = 0; /* ignoring, as said above */
  rotate(events, fd);
  close(fd);
}

/* Begin a new file when this one is large, as runtime/06-lifecycle/events.ts does, under the same
 * lock: there may be nobody else for a long time. */
static void rotate(const char *events, int fd) {
  enum { MOST_BYTES = 1 << 20 };
  struct stat written, named;
  char path[4096 + 16];
  if (fstat(fd, &written) != 0 || written.st_size <= MOST_BYTES) return;
  const char *slash = strrchr(events, '/');
  snprintf(path, sizeof path, "%.*s/running", slash ? (int)(slash - events) : 0, events);
  int lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock < 0) return;
  snprintf(path, sizeof path, "%s.1", events);
  if (flock(lock, LOCK_EX | LOCK_NB) == 0 && stat(events, &named) == 0 &&
      named.st_ino == written.st_ino && rename(events, path) != 0)
    errno = 0; /* ignoring: the next event comes here again */
  close(lock);
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
