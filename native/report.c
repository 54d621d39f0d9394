/* The one reporter. Every report is a line on the socket, written at once, so that those of parent
 * and child do not mix. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <errno.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

/* A report that cannot be delivered means that the parent is gone: nobody would clean up. */
static void deliver(struct iovec *parts, int count) {
  while (count > 0) {
    ssize_t put = writev(CONTROL, parts, count);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) _exit(125);
    for (; count > 0 && (size_t)put >= parts->iov_len; parts++, count--)
      put -= (ssize_t)parts->iov_len;
    if (count == 0) return;
    parts->iov_base = (char *)parts->iov_base + put;
    parts->iov_len -= (size_t)put;
  }
}

static void deliver_line(char *line, int length) {
  struct iovec part = {line, (size_t)length};
  deliver(&part, 1);
}

/* `step <index> <result> <errno> <nanoseconds> <bytes>`, then so many bytes of answer; `failed` in
 * place of `step` when the plan ends here. */
void report_step(size_t index, long result, int error, int failed, long long nanoseconds) {
  char line[160];
  int length = snprintf(line, sizeof line, "%s %zu %ld %d %lld %zu\n", failed ? "failed" : "step",
                        index, result, error, nanoseconds, answer_length);
  struct iovec parts[] = {{line, (size_t)length}, {answer, answer_length}};
  deliver(parts, 2);
}

/* `exit <wait status>`: how the container's first process ended, as wait(2) tells it. */
void report_exit(int status) {
  char line[64];
  deliver_line(line, snprintf(line, sizeof line, "exit %d\n", status));
}

/* `refused <what>: <which>`: a plan that this program cannot carry out; nothing of it was done.
 * What could be read as the end of the line, or not at all, becomes a question mark. */
void refuse(const char *what, const char *which) {
  char line[512];
  int length = snprintf(line, sizeof line - 1, "refused %s: %.400s", what, which);
  for (int i = 0; i < length; i++)
    if (line[i] < ' ' || line[i] > '~') line[i] = '?';
  line[length++] = '\n';
  deliver_line(line, length);
  _exit(125);
}
