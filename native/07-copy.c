/* Chapter 7. The calls that reach a container's files from outside: each name is resolved inside
 * the container's root, whatever its processes rename or replace meanwhile (openat2(2)). */
#define _GNU_SOURCE
#include "stepbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* linux/openat2.h, which libc's headers do not include; the number is the same everywhere. */
enum { OPENAT2 = 437, IN_ROOT = 0x10, NO_MAGICLINKS = 0x02 };
struct how {
  uint64_t flags, mode, resolve;
};

static int open_how(int dirfd, const char *path, struct how how) {
  return (int)syscall(OPENAT2, dirfd, path, &how, sizeof how);
}

long do_openat2(struct arg *a) {
  struct how how = {(uint64_t)a[2].number, 0, (uint64_t)a[3].number};
  return open_how((int)a[0].number, a[1].text, how);
}

/* The answer is the errno, if there is one: that a name is missing can be what is to be known. */
long do_openat2_if_there(struct arg *a) {
  long fd = do_openat2(a);
  if (fd >= 0) return fd;
  char *text = answer_room(16);
  if (text) answer_length = (size_t)snprintf(text, 16, "%d", errno);
  return text ? 0 : -1;
}

long do_fchdir(struct arg *a) { return fchdir((int)a[0].number); }
long do_fchmod(struct arg *a) { return fchmod((int)a[0].number, (mode_t)a[1].number); }

/* One more name for an open file: its old name may be another file's by now. */
long do_linkat(struct arg *a) {
  return linkat((int)a[0].number, "", AT_FDCWD, a[1].text, AT_EMPTY_PATH);
}

/* Read at most `most` bytes of fd; EFBIG if there are more. */
static long answer_with(int fd, size_t most) {
  ssize_t got = 1;
  for (answer_length = 0; got > 0; answer_length += (size_t)got) {
    if (answer_length > most) return answer_length = 0, errno = EFBIG, -1;
    char *room = answer_room(answer_length + 65536);
    got = room ? read(fd, room + answer_length, 65536) : -1;
    if (got < 0) return answer_length = 0, -1;
  }
  return (long)answer_length;
}

/* The answer is the text of the regular file a[1] in the root a[0]; EINVAL for any other. To open a
 * device can change it, and to open a fifo would wait, so look first; the flags are for what is
 * put there in between. A directory on the way that is none is a missing file. */
long do_read_in_root(struct arg *a) {
  struct how look = {O_PATH | O_CLOEXEC, 0, IN_ROOT | NO_MAGICLINKS};
  struct how reading = {O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0, look.resolve};
  struct stat seen, opened;
  int fd = open_how((int)a[0].number, a[1].text, look);
  if (fd < 0) return errno == ENOTDIR ? (errno = ENOENT, -1) : -1;
  long result = fstat(fd, &seen);
  close_returning(fd, 0);
  if (result != 0) return -1;
  if (!S_ISREG(seen.st_mode)) return errno = EINVAL, -1;
  fd = open_how((int)a[0].number, a[1].text, reading);
  if (fd < 0) return -1;
  if (fstat(fd, &opened) != 0) return close_returning(fd, -1);
  if (!S_ISREG(opened.st_mode)) return errno = EINVAL, close_returning(fd, -1);
  return close_returning(fd, answer_with(fd, (size_t)a[2].number));
}
