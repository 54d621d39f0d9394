/* Chapter 5. The calls that make files exactly as an archive describes them, and that read what an
 * archive has to record. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>

long do_link(struct arg *a) { return link(a[0].text, a[1].text); }
long do_unlink(struct arg *a) { return unlink(a[0].text); }
long do_rmdir(struct arg *a) { return rmdir(a[0].text); }

/* pwrite(2) may write less than it was given, so repeat it until all is written. */
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

/* Not every file system can hold every attribute. The answer is the errno, if there is one: whether
 * it matters, the plan's maker decides. */
long do_lsetxattr_if_held(struct arg *a) {
  if (do_lsetxattr(a) == 0) return 0;
  char *text = answer_room(16);
  if (text) answer_length = (size_t)snprintf(text, 16, "%d", errno);
  return text ? 0 : -1;
}

/* A file system that cannot hold the time takes the nearest that it can. */
long do_utimensat(struct arg *a) {
  struct timespec time = {a[1].number, (long)a[2].number}, times[] = {time, time};
  return utimensat(AT_FDCWD, a[0].text, times, AT_SYMLINK_NOFOLLOW);
}

static long fill(int fd, struct arg *a) {
  for (size_t done = 0; done < a[1].length;) {
    ssize_t put = write(fd, a[1].text + done, a[1].length - done);
    if (put < 0) return -1;
    done += (size_t)put;
  }
  mode_t mode = (mode_t)a[2].number;
  struct timespec time = {a[5].number, (long)a[6].number}, times[] = {time, time};
  if ((a[3].number || a[4].number) && fchown(fd, (uid_t)a[3].number, (gid_t)a[4].number) != 0)
    return -1;
  if ((mode & 07000) && fchmod(fd, mode) != 0) return -1; /* fchown(2) clears these bits */
  return futimens(fd, times);
}

/* A new file with its content, mode, owner and time. By the descriptor: a layer has thousands of
 * small files, and to look up the path for each call costs more than the calls. */
long do_create(struct arg *a) {
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  int fd = open(a[0].text, flags, (mode_t)a[2].number & 0777);
  if (fd < 0) return -1;
  return close_returning(fd, fill(fd, a));
}

/* The largest list of names, and the largest value, that the kernel returns (xattr(7)). */
#define MAX_XATTR 65536

/* Make `length` bytes of the room for an answer the answer. */
static long answered(long length) {
  if (length > 0) answer_length = (size_t)length;
  return length;
}

long do_llistxattr(struct arg *a) {
  char *names = answer_room(MAX_XATTR);
  return names ? answered(llistxattr(a[0].text, names, MAX_XATTR)) : -1;
}

long do_lgetxattr(struct arg *a) {
  char *value = answer_room(MAX_XATTR);
  return value ? answered(lgetxattr(a[0].text, a[1].text, value, MAX_XATTR)) : -1;
}

/* Find the extents of a sparse file. The answer is pairs of offsets, 8 bytes each in this machine's
 * byte order: where data begins and where it ends. The result is the number of pairs. O_NONBLOCK: a
 * fifo in the file's place must not keep it waiting. */
long do_seek_data(struct arg *a) {
  int64_t begin, end = 0;
  size_t count = 0;
  int fd = open(a[0].text, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return -1;
  while ((begin = lseek(fd, end, SEEK_DATA)) >= 0 && (end = lseek(fd, begin, SEEK_HOLE)) >= 0) {
    int64_t *extents = (int64_t *)(void *)answer_room((count + 1) * 2 * sizeof begin);
    if (!extents) return close_returning(fd, -1);
    extents[count * 2] = begin;
    extents[count * 2 + 1] = end;
    count++;
  }
  if (errno != ENXIO) return close_returning(fd, -1); /* ENXIO: no data after here */
  answer_length = count * 2 * sizeof begin;
  return close_returning(fd, (long)count);
}

long do_flock(struct arg *a) { return flock((int)a[0].number, (int)a[1].number); }
long do_syncfs(struct arg *a) { return syncfs((int)a[0].number); }
