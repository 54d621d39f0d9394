/* Chapter 5. The calls that make files exactly as an archive describes them, and that read what an
 * archive has to record. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <fcntl.h>
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

/* The time comes in nanoseconds, before 1970 a negative number; tv_nsec must not be negative. */
long do_utimensat(struct arg *a) {
  long long seconds = a[1].number / 1000000000, rest = a[1].number % 1000000000;
  if (rest < 0) seconds--, rest += 1000000000;
  struct timespec time = {seconds, rest}, times[] = {time, time};
  return utimensat(AT_FDCWD, a[0].text, times, AT_SYMLINK_NOFOLLOW);
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
 * byte order: where data begins and where it ends. The result is the number of pairs. */
long do_seek_data(struct arg *a) {
  int64_t begin, end = 0;
  size_t count = 0;
  int fd = open(a[0].text, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
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
