/* The calls that only tools make, which look at a container from outside: `run --step`, a shell in
 * a half-built container. No chapter's list contains them. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/utsname.h>

/* Join the namespace behind a file of /proc/<pid>/ns. */
long do_setns(struct arg *a) {
  int fd = open(a[0].text, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  return close_returning(fd, setns(fd, (int)a[1].number));
}

/* The answer is the host name alone. */
long do_uname(struct arg *a) {
  (void)a;
  struct utsname names;
  char *name = answer_room(sizeof names.nodename);
  if (!name || uname(&names) != 0) return -1;
  answer_length = strlen(names.nodename);
  memcpy(name, names.nodename, answer_length);
  return 0;
}

/* Called from the background, as after a shell that took the terminal and ended, tcsetpgrp(3)
 * raises SIGTTOU, which would stop this process. With the signal blocked the call succeeds. */
long do_tcsetpgrp(struct arg *a) {
  sigset_t stop, before;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTTOU);
  sigprocmask(SIG_BLOCK, &stop, &before);
  int result = tcsetpgrp((int)a[0].number, (pid_t)a[1].number);
  int error = errno;
  sigprocmask(SIG_SETMASK, &before, NULL);
  return errno = error, result;
}
