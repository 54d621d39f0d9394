/* Chapter 2. The calls that make and fill a control group: directories and small files. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* Types of file systems, as statfs(2) lists them. */
enum { CGROUP_MAGIC = 0x27e0eb, CGROUP2_MAGIC = 0x63677270, PROC_MAGIC = 0x9fa0 };

long do_mkdir(struct arg *a) { return mkdir(a[0].text, (mode_t)a[1].number); }

/* Write only to a file of cgroup or proc. A path below /sys or /proc may have been redirected, by a
 * mount or a link, to a file of the host that the write would damage (CVE-2025-52881). */
long do_write(struct arg *a) {
  struct statfs where;
  int fd = open(a[0].text, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  if (fstatfs(fd, &where) != 0) return close_returning(fd, -1);
  if (where.f_type != CGROUP_MAGIC && where.f_type != CGROUP2_MAGIC && where.f_type != PROC_MAGIC)
    return errno = EXDEV, close_returning(fd, -1);
  return close_returning(fd, write(fd, a[1].text, a[1].length));
}
