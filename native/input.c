/* Where the container's input comes from: the caller, and clients. Whoever types is copied from
 * (streams.c) until another does, so nobody has to wait for somebody else to leave. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Who gives input: a client by its place, or the caller. */
#define CALLER CLIENTS
static struct source {
  int fd; /* -1: none */
  struct keys keys;
} sources[SOURCES] = {[0 ... SOURCES - 1] = {.fd = -1}};
static int turn = CALLER; /* whose input is copied */

static int is_null(int fd);
static void take_turn(int which);
static void let_go_of_caller(void);

/* The command runs, and its input leads to `to`. What Node attends to has the caller's. A terminal
 * whose caller gives no input, but /dev/null, is one on which nobody types: there, input would end
 * by a key. */
void input_open(int to) {
  int has_terminal = terminal_master() >= 0;
  if (is_attended() && !(has_terminal && is_null(STDIN_FILENO)))
    input_from(CALLER, STDIN_FILENO, has_terminal ? &keys_asked : NULL);
  stream_connect(STDIN_FILENO, sources[turn].fd, to);
}

static int is_null(int fd) {
  struct stat file;
  return fstat(fd, &file) == 0 && S_ISCHR(file.st_mode) && file.st_rdev == makedev(1, 3);
}

/* `fd` gives input from now on. With `keys` it is a terminal that they let go of. */
void input_from(int which, int fd, const struct keys *keys) {
  sources[which] = (struct source){.fd = fd};
  if (keys) sources[which].keys = *keys;
  if (sources[turn].fd < 0 || turn == which) take_turn(which);
}

/* It gives no more. If `is_last`, nobody else does, as far as the container can tell. */
void input_forget(int which, int is_last) {
  if (sources[which].fd < 0) return;
  sources[which].fd = -1;
  if (is_last && terminal_master() < 0) stream_close(STDIN_FILENO);
  if (turn != which) return;
  stream_input(-1);
  for (int i = 0; i < SOURCES && sources[turn].fd < 0; i++)
    if (sources[i].fd >= 0) take_turn(i);
}

static void take_turn(int which) {
  turn = which;
  stream_input(sources[which].fd);
}

/* Fill in what poll(2) should wait for: somebody else types, and there is room for it. */
void input_polls(struct pollfd *fds) {
  int is_ready = stream_is_empty(STDIN_FILENO);
  for (int i = 0; i < SOURCES; i++)
    fds[i] = (struct pollfd){is_ready && i != turn ? sources[i].fd : -1, POLLIN, 0};
}

/* Handle what poll(2) returned, before anything is copied. Each gets its turn. */
void input_handle(const struct pollfd *fds) {
  for (int i = 1; i < SOURCES; i++) {
    int next = (turn + i) % SOURCES;
    if (fds[next].revents && sources[next].fd >= 0) return take_turn(next);
  }
}

/* As keys_held(), for the keys of whoever types. */
size_t input_held(char *bytes) { return keys_held(&sources[turn].keys, bytes); }

/* Bytes were read behind those. Returns how many go on, and lets go of who wants it. */
size_t input_pass(const char *bytes, size_t length) {
  struct keys *keys = &sources[turn].keys;
  size_t passed = keys_pass(keys, bytes, length);
  if (!keys_are_typed(keys)) return passed;
  keys->matched = 0;
  if (turn == CALLER) let_go_of_caller();
  else attach_detach(turn);
  return passed;
}

/* The input that is copied has ended. Returns whether the container's stays open. */
int input_ended(void) {
  if (turn != CALLER) return attach_end_of_input(turn);
  sources[CALLER].fd = -1;
  return 0;
}

/* The caller's terminal is as it was, Node ends, and the container goes on without them. */
static void let_go_of_caller(void) {
  terminal_restore();
  streams_let_go();
  input_forget(CALLER, 0);
  report_detached();
  if (life) life->attended = 0;
  let_go_of_node();
  setsid();
  if (chdir("/") != 0) errno = 0; /* ignoring: it keeps a directory in use, no more */
}
