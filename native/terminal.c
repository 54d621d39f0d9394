/* The container's terminal, seen from outside. The child opens a pseudoterminal (pty(7)) and sends
 * its master side to the parent of the fork, which then copies bytes between it and the caller's
 * standard input and output (streams.c). */
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

static int terminal = -1;         /* the master side */
static int other_side = -1;       /* kept open, see receive() */
static struct termios saved, raw; /* the caller's terminal: before, and while copying */
static int is_raw;


/* In the parent, after the fork: close its copy of the child's end. */
void terminal_begin(void) {
  if (channel[1] >= 0) close(channel[1]);
}

/* The command runs: receive the master side (SCM_RIGHTS, unix(7)) and begin to copy. If the child's
 * end was closed without a message, the command runs without a terminal. */
void terminal_start(void) {
  char byte;
  if (channel[0] < 0) return;
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
  /* Keep the other side open as well. When a command closes its last descriptor of the terminal, to
   * open it again later, reading the master side would fail with EIO and end the copying. */
  other_side = ioctl(terminal, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  input_open(terminal);
  stream_connect(STDOUT_FILENO, terminal, STDOUT_FILENO);
  terminal_raw();
  terminal_resize();
}

/* Put the caller's terminal into raw mode, so that every key, even Ctrl-C, reaches the container's
 * terminal as a byte. A job in the background must not change the terminal of its shell: stop the
 * whole job with SIGTTOU, as the kernel would, and go on when it is in the foreground. */
void terminal_raw(void) {
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

/* Give it a size that somebody else has. */
void terminal_size(int rows, int columns) {
  struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
  if (terminal >= 0) ioctl(terminal, TIOCSWINSZ, &size);
}

int terminal_master(void) { return terminal; }

/* At the end of the caller's input, type the end-of-file character, usually Ctrl-D: a terminal
 * cannot be closed in one direction. After an unfinished line the first one only submits that line,
 * so type two (termios(3), VEOF). Returns 0 if the container has no terminal. */
int terminal_end_of_keys(void) {
  struct termios modes;
  if (terminal < 0 || tcgetattr(terminal, &modes) != 0) return 0;
  stream_type(STDIN_FILENO, (char)modes.c_cc[VEOF], stream_last(STDIN_FILENO) == '\n' ? 1 : 2);
  return 1;
}

/* The caller's output is gone. Close the terminal: the kernel sends SIGHUP to the container, as it
 * does when a terminal's window is closed. Returns 0 if the container has no terminal. */
int terminal_hang_up(void) {
  if (terminal < 0) return 0;
  stream_close(STDIN_FILENO);
  stream_close(STDOUT_FILENO);
  close(terminal);
  close(other_side);
  terminal = other_side = -1;
  return 1;
}
