/* The container's terminal, from outside: the parent of the fork copies bytes between its master
 * side and the caller's standard input and output. Idle until the child sends that master side. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

/* Our end and the child's of the socket on which the terminal comes; -1 when not asked for. */
int channel[2] = {-1, -1};

/* Bytes on their way. A side that does not read must not keep the other from being copied. */
struct stream {
  int from, to; /* -1 when closed */
  size_t at, length;
  char bytes[4096]; /* as much as a pipe takes without blocking when poll(2) says it is writable */
};
static struct stream keys = {.from = -1, .to = -1}, screen = {.from = -1, .to = -1};

static int terminal = -1;         /* the master side of the container's terminal */
static int other_side = -1;       /* kept open: see receive */
static struct termios saved, raw; /* the caller's terminal as it was, and as it is meanwhile */
static int is_raw;

static void receive(void);
static void enter_raw_mode(void);
static void fill(struct stream *stream);
static void empty(struct stream *stream);
static void end_of_keys(void);
static void hang_up(void);

/* The child's end is the child's: only when the child closes it too does ours hang up. */
void terminal_begin(void) {
  if (channel[1] >= 0) close(channel[1]);
}

void terminal_polls(struct pollfd *fds) {
  /* Only the hang-up: before the child is the command, keys are for who walks through the list. */
  fds[0] = (struct pollfd){channel[0], 0, 0};
  struct stream *streams[] = {&keys, &screen};
  for (int i = 0; i < 2; i++) {
    int is_empty = streams[i]->length == 0;
    fds[1 + 2 * i] = (struct pollfd){is_empty ? streams[i]->from : -1, POLLIN, 0};
    fds[2 + 2 * i] = (struct pollfd){is_empty ? -1 : streams[i]->to, POLLOUT, 0};
  }
}

void terminal_copy(const struct pollfd *fds) {
  if (fds[0].revents) receive();
  if (fds[1].revents) fill(&keys);
  if (fds[2].revents) empty(&keys);
  if (fds[3].revents) fill(&screen);
  if (fds[4].revents) empty(&screen);
}

/* The child's end closed without a message means that it became the command without a terminal. */
static void receive(void) {
  char byte;
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } control;
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  ssize_t got = recvmsg(channel[0], &message, MSG_CMSG_CLOEXEC);
  struct cmsghdr *header = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
  if (header && header->cmsg_type == SCM_RIGHTS) memcpy(&terminal, CMSG_DATA(header), sizeof(int));
  close(channel[0]);
  channel[0] = -1;
  if (terminal < 0) return;
  fcntl(terminal, F_SETFL, O_NONBLOCK);
  /* A command may close its terminal and open it again later. Without this the last close would be
   * the end of it: reading here would fail with EIO. */
  other_side = ioctl(terminal, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  keys = (struct stream){.from = STDIN_FILENO, .to = terminal};
  screen = (struct stream){.from = terminal, .to = STDOUT_FILENO};
  enter_raw_mode();
  terminal_resize();
}

/* From here on every key, Ctrl-C too, is the container's to interpret. A job in the background may
 * not do that to its shell's terminal: the whole job stops, and goes on when it is in front. */
static void enter_raw_mode(void) {
  pid_t front = tcgetpgrp(STDIN_FILENO);
  if (front > 0 && front != getpgrp()) kill(0, SIGTTOU);
  if (tcgetattr(STDIN_FILENO, &saved) != 0) return;
  raw = saved;
  cfmakeraw(&raw);
  is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

/* A shell that stopped the job has set its terminal as it likes it. */
void terminal_resume(void) {
  if (is_raw) tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  terminal_resize();
}

/* Even when the shell has taken the terminal back: left raw, it would be of no use to it. When this
 * program is killed it falls to Node, which leaves a terminal as it found it. */
void terminal_restore(void) {
  sigset_t reach;
  sigemptyset(&reach);
  sigaddset(&reach, SIGTTOU);
  sigprocmask(SIG_BLOCK, &reach, NULL);
  if (is_raw) tcsetattr(STDIN_FILENO, TCSANOW, &saved);
  is_raw = 0;
}

/* Setting the size of the container's terminal sends it SIGWINCH. 0 when there is none. */
int terminal_resize(void) {
  struct winsize size;
  if (terminal < 0) return 0;
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (ioctl(fd, TIOCGWINSZ, &size) == 0) return ioctl(terminal, TIOCSWINSZ, &size), 1;
  return 1;
}

/* What the container wrote before it ended is still in the terminal. */
void terminal_drain(void) {
  while (screen.from >= 0) {
    struct pollfd room = {screen.to, POLLOUT, 0};
    if (screen.length == 0) fill(&screen);
    if (screen.length == 0 || poll(&room, 1, -1) < 0) return;
    empty(&screen);
  }
}

static void fill(struct stream *stream) {
  ssize_t got = read(stream->from, stream->bytes, sizeof stream->bytes);
  if (got > 0) stream->at = 0, stream->length = (size_t)got;
  else if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  else if (stream == &keys) end_of_keys();
  else stream->from = -1;
}

static void empty(struct stream *stream) {
  ssize_t put = write(stream->to, stream->bytes + stream->at, stream->length);
  if (put >= 0) stream->at += (size_t)put, stream->length -= (size_t)put;
  else if (errno == EAGAIN || errno == EINTR) return;
  else if (stream == &screen) hang_up();
  else stream->length = 0;
}

/* The end of our input becomes Ctrl-D, or what the terminal has in its place: there is no other way
 * to say it. After an unfinished line the first one only sends that line off. */
static void end_of_keys(void) {
  struct termios modes;
  int is_unfinished = keys.at > 0 && keys.bytes[keys.at - 1] != '\n';
  keys.from = -1;
  if (tcgetattr(terminal, &modes) != 0) return;
  keys.at = 0;
  keys.length = is_unfinished ? 2 : 1;
  memset(keys.bytes, modes.c_cc[VEOF], keys.length);
}

/* Nobody can see the output any more, as when a window is closed: the kernel sends SIGHUP. */
static void hang_up(void) {
  close(terminal);
  close(other_side);
  terminal = other_side = keys.from = keys.to = screen.from = screen.to = -1;
  keys.length = screen.length = 0;
}
