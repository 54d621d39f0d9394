/* The one reporter. Every report is a line on the socket, written by a single call. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* A report that cannot be delivered means that the parent is gone: nobody would clean up. */
static void deliver(struct iovec *parts, int count) {
  size_t total = 0;
  for (int i = 0; i < count; i++) total += parts[i].iov_len;
  if (writev(CONTROL, parts, count) != (ssize_t)total) _exit(125);
}

/* `step <index> <result> <errno> <nanoseconds> <bytes>`, then so many bytes of answer. */
void report_step(size_t index, long result, int error, long long nanoseconds) {
  char line[160];
  int length = snprintf(line, sizeof line, "step %zu %ld %d %lld %zu\n", index, result, error,
                        nanoseconds, answer_length);
  struct iovec parts[] = {{line, (size_t)length}, {answer, answer_length}};
  deliver(parts, answer_length ? 2 : 1);
}

/* `exit <wait status>`: how the container's first process ended, as wait(2) tells it. */
void report_exit(int status) {
  char line[64];
  int length = snprintf(line, sizeof line, "exit %d\n", status);
  struct iovec parts[] = {{line, (size_t)length}};
  deliver(parts, 1);
}

/* `refused <what>: <which>`: a plan that this program cannot carry out; nothing of it was done. */
void refuse(const char *what, const char *which) {
  char line[512];
  int length = snprintf(line, sizeof line, "refused %s: %.400s\n", what, which);
  if (write(CONTROL, line, (size_t)length) != length) _exit(125);
  _exit(125);
}
