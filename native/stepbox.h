/* What the files of the native program share. The program makes the system calls of a plan, in
 * order, and then becomes the container's command. It has no policy: every path, flag and default
 * comes from the plan. */
#ifndef STEPBOX_H
#define STEPBOX_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

/* The descriptors that the program keeps for itself. All others up to 31 belong to the plan, which
 * counts on their numbers: runtime/descriptors.ts explains the scheme, and a test compares both. */
enum {
  CONTROL = 3,   /* the socket to Node: plans and go-aheads come in, reports go out */
  LIFELINE = 32, /* the child's end of a pipe to its parent, after a fork; above are more of ours */
};

/* One argument of a step: bytes, a number, flags by name, a list, or NULL. */
struct arg {
  char kind;        /* 's', 'b', 'n', 'f', 'l' or '0' */
  char *text;       /* the bytes, followed by a NUL; only 'b' may contain other NULs */
  size_t length;    /* of text, without that NUL */
  long long number; /* 'n': the value; 'f': the flags, ORed; 'l': the number of items */
  char **list;      /* 'l': the items, followed by NULL */
};

/* A call that a plan may contain. `make` returns -1 and sets errno on failure, like the call. */
struct call {
  const char *name;
  const char *kinds; /* of its arguments, as in runtime/calls.ts */
  long (*make)(struct arg *);
};

#define MAX_ARGS 8

struct step {
  const struct call *call;
  int ignoring; /* the errno that does not stop the plan, or 0 */
  struct arg args[MAX_ARGS];
};

/* How a plan is carried out. RUN reports forks, answers and failures. TRACE reports every step, and
 * waits for a go-ahead before the command. STEP also waits for one before every other step. */
enum mode { RUN, TRACE, STEP };

struct plan {
  enum mode mode;
  size_t count;
  struct step *steps;
};

/* calls.c: the tables of calls and of flags. */
const struct call *call_named(const char *name);
int flag_named(const char *name, size_t length, long long *value);
int errno_named(const char *name);

/* plan.c: read and check one whole plan. Returns 0 at the end of input; exits on a bad plan. */
int read_plan(struct plan *plan);
int read_plan_from(int fd, struct plan *plan);

/* main.c: make the calls of a plan. Returns whether this process is now the child of a fork. */
int make_calls(struct plan *plan, int is_first);

/* report.c: the only file that reports. An answer is what a call returned beside its result. */
extern char *answer;
extern size_t answer_length;
char *answer_room(size_t size);
void report_step(size_t index, long result, int error, int failed, long long nanoseconds);
void report_unwritten(int fd, int error);
void report_unlogged(int error);
void report_running(void);
void report_exit(int status);
void report_detached(void);
int report_end(int status, const char *what_follows);
void refuse(const char *what, const char *which) __attribute__((noreturn));

/* parent.c: the two sides of a fork. */
long fork_with_lifeline(void);
int parent_is_gone(void);
void await_parent(void);
void release_child(void);
void wait_for(pid_t child) __attribute__((noreturn));
void end_child(int is_patient);
void signal_child(int signal);
void name_successor(pid_t pid);
void start_failed(void);

/* streams.c: the container's standard streams, copied by the parent of the fork. */
#define STREAMS 3
#define TERMINAL_BYTES (1 << 17) /* more than a terminal holds unread */
extern int pipes[STREAMS][2];
void streams_begin(void);
void streams_start(void);
void streams_polls(struct pollfd *fds);
void streams_copy(const struct pollfd *fds);
void streams_end(void);
int streams_pending(void);
void stream_connect(int which, int from, int to);
void stream_type(int which, char byte, size_t count);
char stream_last(int which);
size_t stream_sink(int *fd);
void stream_input(int from);
int stream_is_empty(int which);
void stream_close(int which);
void streams_let_go(void);

/* log.c: what the container writes, in a file. */
int log_is_open(void);
void log_bytes(int stream, const char *bytes, size_t length);
void log_end(void);

/* attach.c, client.c: clients that the container's streams are copied to and from as well. */
#define CLIENTS 8
#define ATTACH_FDS (1 + STREAMS * CLIENTS)
#define MESSAGE 128 /* more than the longest message */
struct sockaddr_un;
int attach_socket(const char *directory, struct sockaddr_un *address, int *held);
int attach_received(int from, char *text, size_t size, int *fds);
void attach_polls(struct pollfd *fds);
void attach_handle(const struct pollfd *fds);
void attach_offer(int which, const char *bytes, size_t length);
int attach_pending(int which);
int attach_end_of_input(int which);
void attach_detach(int which);
void attach_end(int status);

/* keys.c: the keys that let go of a container, and how many of them were typed last. */
#define KEYS 32
struct keys {
  size_t count, matched;
  char bytes[KEYS];
};
extern struct keys keys_asked;
int keys_parse(const char *digits, struct keys *keys);
void keys_print(const struct keys *keys, char *digits);
size_t keys_held(const struct keys *keys, char *bytes);
size_t keys_pass(struct keys *keys, const char *bytes, size_t length);
int keys_are_typed(const struct keys *keys);

/* input.c: who gives the container its input. */
#define SOURCES (CLIENTS + 1)
void input_open(int to);
void input_from(int which, int fd, const struct keys *keys);
void input_forget(int which, int is_last);
void input_polls(struct pollfd *fds);
void input_handle(const struct pollfd *fds);
size_t input_held(char *bytes);
size_t input_pass(const char *bytes, size_t length);
int input_ended(void);

/* 06-lifecycle.c: the monitor of a container that lives on without its parent. */
size_t supervise(pid_t pid, struct plan *plan, size_t at);
int is_further_start(void);
struct arg *supervised_with(void);
long long milliseconds(void);

/* 01-namespaces.c: a program is looked for. */
long do_execvpe(struct arg *);

/* 03-pivot-root.c: what must be made before something can be. */
long do_mkdir_parents(struct arg *);
int dangling(const char *path, char *name);

/* 07-exec.c: the two sides of clone_parent(). */
void await_predecessor(void);
void give_way(pid_t clone) __attribute__((noreturn));

/* outlive.c: a command that goes on without the one who asked for it. */
int is_outliving(void);
int outlive(void);
void outlived(int status);

/* attend.c: a monitor and the command line. */
void attend(int is_waiting);
void tell_node(int directory, int status, int is_over);

/* life.c: what a start tells its monitor, even if it is killed, and what both write down. */
extern struct life {
  pid_t child; /* the container's first process */
  unsigned long long start; /* when that began, in clock ticks since boot */
  int attended; /* Node waits for the container, whose streams are its caller's */
  int failed;  /* a step of the plan has failed */
  int runs;    /* the command has been executed, */
  int told;    /* events say so, */
  int ended, status; /* and it has ended, with this status of wait(2) */
} *life;
int journal_open(int directory);
void let_go_of_node(void);
void leave_life(void);
pid_t first_process(unsigned long long *start);
unsigned long long stat_field(pid_t pid, int which);
int is_attended(void);
void leave_caller(void);
void monitor_started(pid_t child);
void monitor_failed(void);
void monitor_runs(void);
void monitor_ended(int status);
void journal_line(const char *kind, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* events.c: what happens to the container, for those who follow events. */
void event_started(const struct arg *told);
void event_ended(const struct arg *told, int status);
void event_append(const char *events, const char *id, const char *action, const char *attributes);
void event(const struct arg *told, const char *action, const char *text, const char *attributes);

/* health.c: the monitor checks whether the container works. */
void health_settings(const struct plan *plan);
void health_begin(void);
int health_wait(const sigset_t *all, siginfo_t *info);
void health_reaped(pid_t pid, int status);
void health_over(void);

/* terminal.c: the container's terminal, if it has one. */
extern int channel[2];
void terminal_begin(void);
void terminal_start(void);
int terminal_resize(void);
void terminal_size(int rows, int columns);
void terminal_raw(void);
int terminal_master(void);
void terminal_resume(void);
void terminal_restore(void);
int terminal_end_of_keys(void);
int terminal_hang_up(void);

/* Close fd and return `result`, with errno as the call before left it. */
static inline long close_returning(int fd, long result) {
  int error = errno;
  close(fd);
  errno = error;
  return result;
}

/* Move fd out of the way of the plan's descriptors. With a low RLIMIT_NOFILE there is no such
 * number, for which fcntl(2) says EINVAL. */
static inline int out_of_the_way(int fd) {
  if (fd < 0) return -1;
  int moved = fcntl(fd, F_DUPFD_CLOEXEC, LIFELINE + 1);
  if (moved < 0 && errno == EINVAL) errno = EMFILE;
  return (int)close_returning(fd, moved);
}

#endif
