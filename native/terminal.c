/* The container's terminal, seen from outside. The child opens a pseudoterminal (pty(7)) and sends
 * its master side to the parent of the fork, which then copies bytes between it and the caller's
 * standard input and output. Until it arrives, everything here is idle. */
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

/* The socket pair on which the master side arrives: the parent's end and the child's. -1 if the
 * plan asks for no terminal. */
int channel[2] = {-1, -1};

/* Bytes copied in one direction. Each direction has a buffer and nothing blocks, so that a full
 * output does not stop input. */
struct stream {
  int from, to; /* -1 when closed */
  size_t at, length;
  char bytes[4096]; /* PIPE_BUF: a writable pipe takes this many without blocking (pipe(7)) */
};
static struct stream keys = {.from = -1, .to = -1}, screen = {.from = -1, .to = -1};

static int terminal = -1;         /* the master side */
static int other_side = -1;       /* kept open, see receive() */
static struct termios saved, raw; /* the caller's terminal: before, and while copying */
static int is_raw;

static void receive(void);
static void enter_raw_mode(void);
static void fill(struct stream *stream);
static void empty(struct stream *stream);
static void end_of_keys(void);
static void hang_up(void);

/* Close the parent's copy of the child's end: the socket hangs up only when every copy is closed.
 * */
void terminal_begin(void) {
  if (channel[1] >= 0) close(channel[1]);
}

/* Fill in what poll(2) should wait for. A buffer is either read into or written out, never both. */
void terminal_polls(struct pollfd *fds) {
  /* No event requested, only the hang-up, which comes when the child executes the command: while a
   * learner steps through the plan, the keys are for the debugger. */
  fds[0] = (struct pollfd){channel[0], 0, 0};
  struct stream *streams[] = {&keys, &screen};
  for (int i = 0; i < 2; i++) {
    int is_empty = streams[i]->length == 0;
    fds[1 + 2 * i] = (struct pollfd){is_empty ? streams[i]->from : -1, POLLIN, 0};
    fds[2 + 2 * i] = (struct pollfd){is_empty ? -1 : streams[i]->to, POLLOUT, 0};
  }
}

/* Handle what poll(2) returned. */
void terminal_copy(const struct pollfd *fds) {
  if (fds[0].revents) receive();
  if (fds[1].revents) fill(&keys);
  if (fds[2].revents) empty(&keys);
  if (fds[3].revents) fill(&screen);
  if (fds[4].revents) empty(&screen);
}

/* Receive the master side (SCM_RIGHTS, unix(7)) and begin to copy. If the child's end was closed
 * without a message, the command runs without a terminal. */
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
  /* Keep the other side open as well. When a command closes its last descriptor of the terminal, to
   * open it again later, reading the master side would fail with EIO and end the copying. */
  other_side = ioctl(terminal, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  keys = (struct stream){.from = STDIN_FILENO, .to = terminal};
  screen = (struct stream){.from = terminal, .to = STDOUT_FILENO};
  enter_raw_mode();
  terminal_resize();
}

/* Put the caller's terminal into raw mode, so that every key, even Ctrl-C, reaches the container's
 * terminal as a byte. A job in the background must not change the terminal of its shell: stop the
 * whole job with SIGTTOU, as the kernel would, and go on when it is in the foreground. */
static void enter_raw_mode(void) {
  pid_t front = tcgetpgrp(STDIN_FILENO);
  if (front > 0 && front != getpgrp()) kill(0, SIGTTOU);
  if (tcgetattr(STDIN_FILENO, &saved) != 0) return;
  raw = saved;
  cfmakeraw(&raw);
  is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

/* After SIGCONT: the shell that stopped the job has changed the modes of the terminal meanwhile. */
void terminal_resume(void) {
  if (is_raw) tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  terminal_resize();
}

/* Undo raw mode, also from the background, where tcsetattr(3) raises SIGTTOU: a shell that has
 * taken the terminal back cannot use it in raw mode. If this program is killed, Node restores the
 * terminal when it exits. */
void terminal_restore(void) {
  sigset_t reach;
  sigemptyset(&reach);
  sigaddset(&reach, SIGTTOU);
  sigprocmask(SIG_BLOCK, &reach, NULL);
  if (is_raw) tcsetattr(STDIN_FILENO, TCSANOW, &saved);
  is_raw = 0;
}

/* Give the container's terminal the size of the caller's; the kernel sends SIGWINCH to the
 * processes in it. Returns 0 if the container has no terminal. */
int terminal_resize(void) {
  struct winsize size;
  if (terminal < 0) return 0;
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (ioctl(fd, TIOCGWINSZ, &size) == 0) return ioctl(terminal, TIOCSWINSZ, &size), 1;
  return 1;
}

/* After the end of the container: copy the output that is still in the terminal. */
void terminal_drain(void) {
  while (screen.from >= 0) {
    struct pollfd room = {screen.to, POLLOUT, 0};
    if (screen.length == 0) fill(&screen);
    if (screen.length == 0 || poll(&room, 1, -1) < 0) return;
    empty(&screen);
  }
}

/* Read into an empty buffer. */
static void fill(struct stream *stream) {
  ssize_t got = read(stream->from, stream->bytes, sizeof stream->bytes);
  if (got > 0) stream->at = 0, stream->length = (size_t)got;
  else if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  else if (stream == &keys) end_of_keys();
  else stream->from = -1;
}

/* Write out as much of the buffer as the other side takes now. */
static void empty(struct stream *stream) {
  ssize_t put = write(stream->to, stream->bytes + stream->at, stream->length);
  if (put >= 0) stream->at += (size_t)put, stream->length -= (size_t)put;
  else if (errno == EAGAIN || errno == EINTR) return;
  else if (stream == &screen) hang_up();
  else stream->length = 0;
}

/* At the end of the caller's input, type the end-of-file character, usually Ctrl-D: a terminal
 * cannot be closed in one direction. After an unfinished line the first one only submits that line,
 * so type two (termios(3), VEOF). */
static void end_of_keys(void) {
  struct termios modes;
  int is_unfinished = keys.at > 0 && keys.bytes[keys.at - 1] != '\n';
  keys.from = -1;
  if (tcgetattr(terminal, &modes) != 0) return;
  keys.at = 0;
  keys.length = is_unfinished ? 2 : 1;
  memset(keys.bytes, modes.c_cc[VEOF], keys.length);
}

/* The caller's output is gone. Close the terminal: the kernel sends SIGHUP to the container, as it
 * does when a terminal's window is closed. */
static void hang_up(void) {
  close(terminal);
  close(other_side);
  terminal = other_side = keys.from = keys.to = screen.from = screen.to = -1;
  keys.length = screen.length = 0;
}
