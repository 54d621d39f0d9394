/* What the parts of the native program share. The program makes the system calls it is told to
 * make, in order, and then becomes the command. It has no policy: all paths and flags come from the
 * plan. */
#ifndef STEPBOX_H
#define STEPBOX_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The socket to the parent: plans and go-aheads come in, reports go out. */
#define CONTROL 3

/* One argument of a step: bytes, a number, flags by name, a list, or NULL. */
struct arg {
  char kind;        /* 's', 'b', 'n', 'f', 'l' or '0' */
  char *text;       /* the bytes, ended by a NUL that is not counted; only 'b' may hold others */
  size_t length;
  long long number; /* of 'n'; the joined bits of 'f'; how many items of 'l' */
  char **list;      /* of 'l': the items, ended by NULL */
};

struct call {
  const char *name;
  const char *signature; /* as in runtime/step.ts */
  long (*make)(struct arg *);
};

#define MOST_ARGUMENTS 6

struct step {
  const struct call *call;
  int ignoring; /* the errno that does not stop the plan, or 0 */
  struct arg args[MOST_ARGUMENTS];
};

/* What is asked for beside the calls: only what must be known, every report, or waiting as well. */
enum mode { RUN, TRACE, STEP };

struct plan {
  enum mode mode;
  size_t count;
  struct step *steps;
};

/* calls.c: the table of calls, and of the names of flags. */
const struct call *call_named(const char *name);
int flag_named(const char *name, size_t length, long long *value);
int errno_named(const char *name);

/* What the last call brought back beside its result (xattrs), for its report; and room for it. */
extern char *answer;
extern size_t answer_length;
char *answer_room(size_t size);

/* close(2) without losing the errno of what went before. */
long closing(int fd, long result);

/* files.c: the calls of chapter 5 and of the step-by-step side. */
long do_link(struct arg *);
long do_unlink(struct arg *);
long do_rmdir(struct arg *);
long do_pwrite(struct arg *);
long do_ftruncate(struct arg *);
long do_close(struct arg *);
long do_lchown(struct arg *);
long do_chmod(struct arg *);
long do_lsetxattr(struct arg *);
long do_utimensat(struct arg *);
long do_llistxattr(struct arg *);
long do_lgetxattr(struct arg *);
long do_seek_data(struct arg *);
long do_flock(struct arg *);
long do_syncfs(struct arg *);
long do_setns(struct arg *);
long do_uname(struct arg *);
long do_tcsetpgrp(struct arg *);

/* plan.c: read one plan whole and check all of it. 0 at the end of input; exits on a bad one. */
int read_plan(struct plan *plan);

/* report.c: the one reporter. */
void report_step(size_t index, long result, int error, int failed, long long nanoseconds);
void report_exit(int status);
void refuse(const char *what, const char *which) __attribute__((noreturn));

/* parent.c: the two sides of a fork. The parent waits, passes signals on, ends as the child did. */
long fork_with_lifeline(void);
int parent_is_gone(void);
void await_parent(void);
void release_child(void);
void wait_for(pid_t child) __attribute__((noreturn));

/* terminal.c: the container's terminal, carried by the parent of the fork. */
#define TERMINAL_POLLS 5
extern int channel[2];
void terminal_begin(void);
void terminal_polls(struct pollfd *fds);
void terminal_copy(const struct pollfd *fds);
int terminal_resize(void);
void terminal_resume(void);
void terminal_drain(void);
void terminal_restore(void);

#endif
