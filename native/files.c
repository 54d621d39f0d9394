/* The calls of chapter 5, files exactly as an archive has them and the facts an archive needs; and
 * those of the step-by-step side. Their places in the table are in calls.c. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

long do_link(struct arg *a) { return link(a[0].text, a[1].text); }

long do_unlink(struct arg *a) { return unlink(a[0].text); }
long do_rmdir(struct arg *a) { return rmdir(a[0].text); }

long do_pwrite(struct arg *a) {
  size_t done = 0;
  while (done < a[1].length) {
    ssize_t put = pwrite((int)a[0].number, a[1].text + done, a[1].length - done,
                         (off_t)(a[2].number + (long long)done));
    if (put < 0) return -1;
    done += (size_t)put;
  }
  return (long)done;
}

long do_ftruncate(struct arg *a) { return ftruncate((int)a[0].number, a[1].number); }
long do_close(struct arg *a) { return close((int)a[0].number); }

long do_lchown(struct arg *a) {
  return lchown(a[0].text, (uid_t)a[1].number, (gid_t)a[2].number);
}

long do_chmod(struct arg *a) { return chmod(a[0].text, (mode_t)a[1].number); }

long do_lsetxattr(struct arg *a) {
  return lsetxattr(a[0].text, a[1].text, a[2].text, a[2].length, 0);
}

long do_utimensat(struct arg *a) {
  long long seconds = a[1].number / 1000000000, rest = a[1].number % 1000000000;
  if (rest < 0) seconds--, rest += 1000000000;
  struct timespec time = {seconds, rest}, times[] = {time, time};
  return utimensat(AT_FDCWD, a[0].text, times, AT_SYMLINK_NOFOLLOW);
}

/* The kernel's bound for a list of names and for one value (xattr(7)). */
#define MOST_OF_XATTR 65536

static long answered(long length) {
  if (length > 0) answer_length = (size_t)length;
  return length;
}

long do_llistxattr(struct arg *a) {
  char *names = answer_room(MOST_OF_XATTR);
  return names ? answered(llistxattr(a[0].text, names, MOST_OF_XATTR)) : -1;
}

long do_lgetxattr(struct arg *a) {
  char *value = answer_room(MOST_OF_XATTR);
  return value ? answered(lgetxattr(a[0].text, a[1].text, value, MOST_OF_XATTR)) : -1;
}

/* Pairs of offsets, in 8 bytes each: where data begins and where it ends. */
long do_seek_data(struct arg *a) {
  int64_t begin, end = 0;
  size_t count = 0;
  int fd = open(a[0].text, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -1;
  while ((begin = lseek(fd, end, SEEK_DATA)) >= 0 && (end = lseek(fd, begin, SEEK_HOLE)) >= 0) {
    int64_t *extents = (int64_t *)(void *)answer_room((count + 1) * 2 * sizeof begin);
    if (!extents) return closing(fd, -1);
    extents[count * 2] = begin;
    extents[count * 2 + 1] = end;
    count++;
  }
  if (errno != ENXIO) return closing(fd, -1); /* ENXIO: there is no more data */
  answer_length = count * 2 * sizeof begin;
  return closing(fd, (long)count);
}

long do_flock(struct arg *a) { return flock((int)a[0].number, (int)a[1].number); }
long do_syncfs(struct arg *a) { return syncfs((int)a[0].number); }

/* Step by step: a look into somebody else's namespace */

long do_setns(struct arg *a) {
  int fd = open(a[0].text, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  return closing(fd, setns(fd, (int)a[1].number));
}

long do_uname(struct arg *a) {
  (void)a;
  struct utsname names;
  char *name = answer_room(sizeof names.nodename);
  if (!name || uname(&names) != 0) return -1;
  answer_length = strlen(names.nodename);
  memcpy(name, names.nodename, answer_length);
  return 0;
}

/* From the background, where a shell that took the terminal has left us, this raises SIGTTOU. */
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
