/* What the last health checks have shown, in the file `health` of the container's directory:
 *
 *     health <count of writes> <starting, healthy or unhealthy> <failures in a row>
 *     exited <start> <end> <wait status> <cut> <bytes>      a result, the oldest first; then as
 *     late <start> <end> <cut> <bytes>                      many bytes of output, and a newline
 *     failed <start> <end> <index> <errno> <cut> <bytes>
 *     over <count of writes>
 *
 * There are two copies, which change places. Both have their blocks from the beginning, so that a
 * full disk keeps nobody from knowing; a reader who finds two different counts reads again. */
#define _GNU_SOURCE
#include "health.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#define RESULTS 5 /* as in Docker */
#define FILE_BYTES (RESULTS * (OUTPUT_BYTES + 128) + 128)

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE (1 << 1)
#endif

const char *const health_words[] = {"starting", "healthy", "unhealthy"};

static const char name[] = "health", aside[] = ".health";
static int directory = -1;
static struct result results[RESULTS];
static int count;

static int open_copy(const char *path);
static size_t print(char *to, size_t size, const struct result *result);

/* Make both copies. Ignoring a failure to reserve blocks: not every file system can. */
int results_open(int in) {
  const char *const copies[] = {name, aside};
  directory = in;
  for (int i = 0; i < 2; i++) {
    int fd = open_copy(copies[i]);
    if (fd < 0) return -1;
    if (fallocate(fd, 0, 0, FILE_BYTES) != 0) errno = 0;
    close(fd);
  }
  return 0;
}

/* Take a result in, and let the oldest go. */
void results_add(const struct result *result) {
  if (count == RESULTS) memmove(results, results + 1, sizeof *results * (size_t)--count);
  results[count++] = *result;
}

/* Write all down. Ignoring a failure: what was known before stays. */
void results_save(enum health health, int streak) {
  static unsigned long long writes;
  char text[FILE_BYTES];
  size_t length = (size_t)snprintf(text, sizeof text, "health %llu %s %d\n", ++writes,
                                   health_words[health], streak);
  for (int i = 0; i < count; i++) length += print(text + length, sizeof text - length, &results[i]);
  length += (size_t)snprintf(text + length, sizeof text - length, "over %llu\n", writes);
  int fd = open_copy(aside);
  ssize_t put = fd < 0 ? -1 : pwrite(fd, text, length, 0);
  if (fd >= 0) close(fd);
  if (put != (ssize_t)length) return;
  if (syscall(SYS_renameat2, directory, aside, directory, name, RENAME_EXCHANGE) != 0)
    renameat(directory, aside, directory, name); /* not every file system can exchange */
}

static int open_copy(const char *path) {
  return openat(directory, path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static size_t print(char *to, size_t size, const struct result *result) {
  static const char *const ends[] = {"exited", "late", "failed"};
  struct timespec start = result->start, end = result->end;
  int length = snprintf(to, size, "%s %lld.%09ld %lld.%09ld ", ends[result->how],
                        (long long)start.tv_sec, start.tv_nsec, (long long)end.tv_sec, end.tv_nsec);
  char *at = to + length;
  if (result->how == EXITED) at += sprintf(at, "%d ", result->status);
  if (result->how == FAILED) at += sprintf(at, "%d %d ", result->index, result->error);
  at += sprintf(at, "%d %zu\n", result->is_cut, result->length);
  memcpy(at, result->output, result->length);
  at[result->length] = '\n';
  return (size_t)(at - to) + result->length + 1;
}
