/* A container runtime that knows nothing of Stepbox: what `run` has to do in chapters 1 to 4, and
 * --init. With -DBROKEN it forgets /proc, with -DNO_SWAP_LIMIT half of --memory, with -DCHROOT it
 * moves its own root instead of exchanging that of the namespace, with -DDEAF its process 1 reaps
 * and does no more. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *host = "foreign", *domain, *workdir = "/";
static long long memoryBytes, pidsMax, quota; /* 0: no limit */
static int hasInit, readOnly, shared;         /* shared: namespaces that are not its own */

static void need(int result, const char *what) {
  if (result >= 0) return;
  fprintf(stderr, "contain: %s: %s\n", what, strerror(errno));
  exit(125);
}

static long long bytes(const char *text) {
  char *end;
  long long number = strtoll(text, &end, 10);
  return number << (*end == 'g' ? 30 : *end == 'm' ? 20 : *end == 'k' ? 10 : 0);
}

/* The flags, until the first word that is none; gives the index of that word. */
static int flags(char **argv) {
  int at = 2;
  for (; argv[at] && argv[at][0] == '-'; at++) {
    const char *name = argv[at];
    if (strcmp(name, "--read-only") == 0 && (readOnly = 1)) continue;
    if (strcmp(name, "--init") == 0 && (hasInit = 1)) continue;
    const char *value = argv[++at];
    int isHost = value && strcmp(value, "host") == 0;
    if (!value) exit(125);
    if (strcmp(name, "--hostname") == 0) host = value;
    else if (strcmp(name, "--domainname") == 0) domain = value;
    else if (strcmp(name, "--uts") == 0) shared |= isHost ? CLONE_NEWUTS : 0;
    else if (strcmp(name, "--ipc") == 0) shared |= isHost ? CLONE_NEWIPC : 0;
    else if (strcmp(name, "--pid") == 0) shared |= isHost ? CLONE_NEWPID : 0;
    else if (strcmp(name, "--network") == 0) shared |= isHost ? CLONE_NEWNET : 0;
    else if (strcmp(name, "--memory") == 0) memoryBytes = bytes(value);
    else if (strcmp(name, "--pids-limit") == 0) pidsMax = atoll(value);
    else if (strcmp(name, "--cpus") == 0) quota = (long long)(atof(value) * 100000 + 0.5);
    else if (strcmp(name, "-w") == 0) workdir = value;
    else fprintf(stderr, "contain: %s is not known\n", name), exit(125);
  }
  return at;
}

/* Write to a file of a group, if the group has that file. */
static void set(const char *group, const char *file, const char *text) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", group, file);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  need(write(fd, text, strlen(text)), path);
  close(fd);
}

static void limit(const char *group, const char *file, long long value) {
  char text[32];
  snprintf(text, sizeof text, "%lld", value);
  if (value) set(group, file, text);
}

/* In version 1 a group takes nobody before it has processors and memory: those of its parent. */
static void inherit(const char *tree, const char *group, const char *file) {
  char path[512], text[256] = "";
  snprintf(path, sizeof path, "%s/%s", tree, file);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0 && read(fd, text, sizeof text - 1) > 0) set(group, file, text);
  if (fd >= 0) close(fd);
}

static void make(const char *tree, const char *group) {
  char text[64];
  need(mkdir(group, 0755), group);
  inherit(tree, group, "cpuset.cpus");
  inherit(tree, group, "cpuset.mems");
  limit(group, "pids.max", pidsMax);
  limit(group, "memory.max", memoryBytes);
  limit(group, "memory.limit_in_bytes", memoryBytes);
#ifndef NO_SWAP_LIMIT
  limit(group, "memory.swap.max", memoryBytes);
  limit(group, "memory.memsw.limit_in_bytes", 2 * memoryBytes);
#endif
  limit(group, "cpu.cfs_quota_us", quota);
  snprintf(text, sizeof text, "%lld 100000", quota);
  if (quota) set(group, "cpu.max", text);
}

static void join(const char *tree, const char *group) {
  (void)tree;
  set(group, "cgroup.procs", "0");
}

static void clear(const char *tree, const char *group) {
  (void)tree;
  rmdir(group);
}

/* In each tree of groups, of either version: the group of this container. */
static void groups(pid_t id, void (*act)(const char *tree, const char *group)) {
  FILE *table = setmntent("/proc/self/mounts", "re");
  char group[512];
  for (struct mntent *each; table && (each = getmntent(table));) {
    if (strncmp(each->mnt_type, "cgroup", 6) != 0) continue;
    snprintf(group, sizeof group, "%s/contain-%d", each->mnt_dir, id);
    act(each->mnt_dir, group);
  }
  if (table) endmntent(table);
}

/* The new root: a directory, or layers with one to write to on top. */
static const char *newRoot(void) {
  const char *rootfs = getenv("STEPBOX_LAB_ROOTFS"), *layers = getenv("STEPBOX_LAB_LAYERS");
  static char merged[512], data[8192];
  if (rootfs) {
    need(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL), rootfs);
    return rootfs;
  }
  need(layers ? chdir(getenv("STEPBOX_LAB_DIR")) : -1, "STEPBOX_LAB_DIR");
  need(mkdir("upper", 0755) | mkdir("work", 0755) | mkdir("merged", 0755), "mkdir");
  snprintf(data, sizeof data, "lowerdir=%s,upperdir=upper,workdir=work", layers);
  need(mount("overlay", "merged", "overlay", 0, data), data);
  return realpath("merged", merged);
}

/* The working directory, with the directories above it. */
static void enter(const char *dir) {
  char path[512];
  for (const char *end = dir; (end = strchr(end + 1, '/'));) {
    snprintf(path, sizeof path, "%.*s", (int)(end - dir), dir);
    mkdir(path, 0755);
  }
  mkdir(dir, 0755);
  need(chdir(dir), dir);
}

static void devices(void) {
  need(mount("tmpfs", "/dev", "tmpfs", MS_NOSUID, "mode=755"), "/dev");
  mknod("/dev/null", S_IFCHR | 0666, 1 << 8 | 3);
  mknod("/dev/zero", S_IFCHR | 0666, 1 << 8 | 5);
  need(mkdir("/dev/shm", 01777), "/dev/shm");
  need(mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, NULL), "/dev/shm");
}

static void closeKernel(void) {
  const char *parts[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
  for (int i = 0; i < 5; i++)
    if (mount(parts[i], parts[i], NULL, MS_BIND | MS_REC, NULL) == 0)
      need(mount(NULL, parts[i], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), parts[i]);
  need(mount("sysfs", "/sys", "sysfs", MS_RDONLY | MS_NOSUID, NULL), "/sys");
}

static void roots(int hasImage) {
  need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
  if (hasImage) need(chdir(newRoot()), "the new root");
#ifdef CHROOT
  if (hasImage) need(chroot("."), "chroot");
#else
  if (hasImage) need((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
  if (hasImage) need(umount2(".", MNT_DETACH), "umount2");
#endif
#ifndef BROKEN
  need(mount("proc", "/proc", "proc", 0, NULL), "/proc");
#endif
}

/* Stay as process 1, which reaps and passes signals on; the command is its child. */
static void init(void) {
  sigset_t all;
  int signal, status;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  pid_t command = fork(), ended;
  need(command, "fork");
  while (command > 0 && sigwait(&all, &signal) == 0) {
#ifndef DEAF
    if (signal != SIGCHLD) kill(command, signal);
#endif
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0)
      if (ended == command)
        exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
  }
  sigprocmask(SIG_UNBLOCK, &all, NULL);
}

int main(int argc, char **argv) {
  if (argc < 3 || strcmp(argv[1], "run") != 0) return 125;
  int at = flags(argv), status = 0, own = ~shared;
  int hasImage = argv[at] && strcmp(argv[at], "busybox") == 0;
  pid_t id = getpid();
  groups(id, make);
  if (own & CLONE_NEWPID) need(unshare(CLONE_NEWPID), "unshare");
  pid_t child = fork();
  if (child > 0) {
    need(waitpid(child, &status, 0), "waitpid");
    groups(id, clear);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  need(child | prctl(PR_SET_PDEATHSIG, SIGKILL), "fork");
  groups(id, join);
  need(unshare(own & (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP)),
       "unshare");
  roots(hasImage);
  if (own & CLONE_NEWUTS) need(sethostname(host, strlen(host)), "sethostname");
  if (domain) need(setdomainname(domain, strlen(domain)), "setdomainname");
  struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
  if (own & CLONE_NEWNET) ioctl(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), SIOCSIFFLAGS, &lo);
  if (hasImage) devices(), closeKernel();
  enter(workdir);
  if (readOnly) need(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "/");
  if (hasInit) init();
  execvp(argv[at + hasImage], argv + at + hasImage);
  return errno == ENOENT ? 127 : 126;
}
