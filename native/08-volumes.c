/* Chapter 8. The calls that attach a part of the host's tree inside the container's root. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* The same numbers on every architecture; musl has no wrappers. */
enum { OPEN_TREE = 428, MOVE_MOUNT = 429, MOUNT_SETATTR = 442 };
enum { FROM_DESCRIPTOR = 0x04, TO_DESCRIPTOR = 0x40 }; /* MOVE_MOUNT_[FT]_EMPTY_PATH */

/* A copy of a mount, or of all below it too, as the descriptor a[2]: there can be many, and none
 * may take a number that a later step counts on. A limit that is too low is EMFILE. */
long do_open_tree_as(struct arg *a) {
  int wanted = (int)a[2].number;
  int fd = (int)syscall(OPEN_TREE, AT_FDCWD, a[0].text, (unsigned)a[1].number);
  if (fd < 0 || fd == wanted) return fd;
  long result = dup3(fd, wanted, O_CLOEXEC);
  if (result < 0 && errno == EBADF) errno = EMFILE;
  return close_returning(fd, result);
}

/* Set attributes a[2], or the propagation a[3], of a tree that is mounted nowhere so far; with
 * AT_RECURSIVE of all mounts in it (mount_setattr(2), Linux 5.12). */
long do_mount_setattr_tree(struct arg *a) {
  struct {
    uint64_t set, clear, propagation, user_namespace;
  } attr = {(uint64_t)a[2].number, 0, (uint64_t)a[3].number, 0};
  unsigned flags = (unsigned)a[1].number | AT_EMPTY_PATH;
  return syscall(MOUNT_SETATTR, (int)a[0].number, "", flags, &attr, sizeof attr);
}

/* Mount the tree a[0] on the open file or directory a[1], whatever its name is by now. */
long do_move_mount_to(struct arg *a) {
  unsigned flags = FROM_DESCRIPTOR | TO_DESCRIPTOR;
  return syscall(MOVE_MOUNT, (int)a[0].number, "", (int)a[1].number, "", flags);
}

/* An empty file with the directories above it, which are as in mkdir_parents. Where there is a link
 * to nothing, what it names is made. */
long do_mknod_parents(struct arg *a) {
  struct stat there;
  char name[PATH_MAX], next[PATH_MAX];
  snprintf(name, sizeof name, "%s", a[0].text);
  for (int links = 0; links < 40; links++) {
    if (mknod(name, S_IFREG | (mode_t)a[1].number, 0) == 0) return 0;
    char *slash = strrchr(name, '/');
    if (errno == ENOENT && slash && slash != name) {
      struct arg above[] = {{.kind = 's', .text = name}, {.kind = 'n', .number = 0755}};
      *slash = 0;
      if (do_mkdir_parents(above) != 0 && errno != EEXIST) return -1;
      *slash = '/';
    } else if (errno == EEXIST && stat(name, &there) != 0 && dangling(name, next))
      memcpy(name, next, sizeof name);
    else
      return -1;
  }
  return errno = ELOOP, -1;
}
