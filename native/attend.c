/* A monitor and the command line that waits for the container: it is told of the end, and clears up
 * itself. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* How long the command line may take to clear up. */
#define PATIENCE_MS 1000

/* At the begin of a monitor: it has no use for its caller's streams, and none for the terminal. It
 * keeps the socket only if the command line waits for the container. */
void attend(int is_waiting) {
  if (!is_waiting) return let_go_of_node();
  leave_caller();
  setsid();
  if (chdir("/") != 0) errno = 0; /* ignoring: it keeps a directory in use, no more */
}

/* Tell the command line, if it waits, how the container ended. It clears up after the last end, and
 * meanwhile no other command has the container, whose directory is locked here until the socket is
 * closed. Who has locked it already clears up, or the command line does so after that. */
void tell_node(int directory, int status, int is_over) {
  if (!life->attended) return;
  life->attended = 0;
  int lock = is_over ? openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  int is_locked = lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0;
  int is_heard = report_end(status, !is_over ? "again" : is_locked ? "locked" : "over") == 0;
  struct pollfd node = {CONTROL, 0, 0}; /* no event requested: poll reports a hang-up anyway */
  for (long long end = milliseconds() + PATIENCE_MS; is_over && is_heard && !node.revents;)
    if (milliseconds() >= end || poll(&node, 1, PATIENCE_MS) == 0) break;
  if (lock >= 0) close(lock);
  let_go_of_node();
}

/* Since an arbitrary moment; unlike the time of day it never jumps. */
long long milliseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}
