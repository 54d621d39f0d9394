/* The only file that reports. A report is a line on the socket to Node, written by one writev(2),
 * so that the reports of parent and child do not mix. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>

char *answer;
size_t answer_length;

/* Make room for an answer of `size` bytes and return it, or NULL. What the room holds is kept. */
char *answer_room(size_t size) {
  static size_t room;
  if (size <= room) return answer;
  char *more = realloc(answer, size * 2);
  if (more) answer = more, room = size * 2;
  return more;
}

/* Write all parts. Returns -1 if Node is gone. */
static int write_parts(struct iovec *parts, int count) {
  while (count > 0) {
    ssize_t put = writev(CONTROL, parts, count);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return -1;
    for (; count > 0 && (size_t)put >= parts->iov_len; parts++, count--)
      put -= (ssize_t)parts->iov_len;
    if (count == 0) return 0;
    parts->iov_base = (char *)parts->iov_base + put;
    parts->iov_len -= (size_t)put;
  }
  return 0;
}

/* The same, or exit: if Node is gone, nothing would clean up after later calls. */
static void deliver(struct iovec *parts, int count) {
  if (write_parts(parts, count) != 0) _exit(125);
}

static void deliver_line(char *line, int length) {
  struct iovec part = {line, (size_t)length};
  deliver(&part, 1);
}

/* `step <index> <result> <errno> <nanoseconds> <bytes>`, followed by that number of bytes of
 * answer; `failed` instead of `step` if the plan ends here. */
void report_step(size_t index, long result, int error, int failed, long long nanoseconds) {
  char line[160];
  int length = snprintf(line, sizeof line, "%s %zu %ld %d %lld %zu\n", failed ? "failed" : "step",
                        index, result, error, nanoseconds, answer_length);
  struct iovec parts[] = {{line, (size_t)length}, {answer, answer_length}};
  deliver(parts, 2);
}

/* `unwritten <descriptor> <errno>`: the caller's standard output or error takes no more bytes. */
void report_unwritten(int fd, int error) {
  char line[64];
  deliver_line(line, snprintf(line, sizeof line, "unwritten %d %d\n", fd, error));
}

/* `unlogged <errno>`: the log has a gap. If there is a journal, it is for that. */
void report_unlogged(int error) {
  char line[64];
  if (life) journal_line("unlogged", "%d", error);
  else deliver_line(line, snprintf(line, sizeof line, "unlogged %d\n", error));
}

/* `running`: the command runs, and nobody has to wait for it. */
void report_running(void) {
  char line[] = "running\n";
  deliver_line(line, (int)sizeof line - 1);
}

/* `exit <wait status>`: how the container's first process ended, as wait(2) encodes it. */
void report_exit(int status) {
  char line[64];
  deliver_line(line, snprintf(line, sizeof line, "exit %d\n", status));
}

/* `detached`: the keys that let go of the container have been typed. */
void report_detached(void) {
  char line[] = "detached\n";
  deliver_line(line, sizeof line - 1);
}

/* `ended <wait status> <what follows>`: from a monitor, to Node. Returns -1 if Node is gone. */
int report_end(int status, const char *what_follows) {
  char line[64];
  int length = snprintf(line, sizeof line, "ended %d %s\n", status, what_follows);
  struct iovec part = {line, (size_t)length};
  return write_parts(&part, 1);
}

/* `refused <what>: <which>`: the plan is bad, and none of its calls was made. `which` comes from
 * the plan, so bytes that are not printable ASCII become question marks: a newline would end the
 * line. */
void refuse(const char *what, const char *which) {
  char line[512];
  int length = snprintf(line, sizeof line - 1, "refused %s: %.400s", what, which);
  for (int i = 0; i < length; i++)
    if (line[i] < ' ' || line[i] > '~') line[i] = '?';
  line[length++] = '\n';
  deliver_line(line, length);
  _exit(125);
}
