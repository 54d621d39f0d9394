/* What the parent does after a fork: wait for the container's first process, pass signals on, carry
 * bytes between the two terminals when the container has one, and end as the container ended. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* Our end and the child's of the socket on which the child sends its terminal; -1 when not asked. */
int channel[2] = {-1, -1};

static int terminal = -1;    /* the master side of the container's terminal */
static int input_open = 1;   /* whether our standard input may still have something to say */
static struct termios saved; /* the caller's terminal as it was */
static int is_raw;

static int receive_terminal(void);
static void enter_raw_mode(void);
static void leave_raw_mode(void);
static void copy_window_size(void);
static void copy_input(void);
static int copy_output(void);
static void on_signals(int signals, pid_t child);

/* All signals wait from before the fork on, so that none is lost between it and the first poll. */
void prepare_to_wait(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
}

void become_child(void) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Never returns: exits with the container's status, 128 + n when signal n ended it. */
void wait_for(pid_t child) {
  sigset_t all;
  sigfillset(&all);
  int signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
  if (channel[1] >= 0) close(channel[1]);
  for (;;) {
    struct pollfd fds[] = {
        {signals, POLLIN, 0},
        {CONTROL, 0, 0}, /* asked for nothing: only its hang-up is of interest */
        {channel[0], POLLIN, 0},
        {terminal, POLLIN, 0},
        {terminal >= 0 && input_open ? STDIN_FILENO : -1, POLLIN, 0},
    };
    if (poll(fds, 5, -1) < 0 && errno != EINTR) break;
    if (fds[1].revents) break; /* our own parent is gone: the container must not live on unseen */
    if (fds[2].revents && receive_terminal()) enter_raw_mode();
    if (fds[3].revents && !copy_output()) close(terminal), terminal = -1;
    if (fds[4].revents) copy_input();
    if (fds[0].revents) on_signals(signals, child);
  }
  kill(child, SIGKILL);
  leave_raw_mode();
  _exit(125);
}

/* The child's end closed without a message means that it became the command without a terminal. */
static int receive_terminal(void) {
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
  return terminal >= 0;
}

/* From here on every key, Ctrl-C too, is the container's to interpret. */
static void enter_raw_mode(void) {
  copy_window_size();
  if (tcgetattr(STDIN_FILENO, &saved) != 0) return;
  struct termios raw = saved;
  cfmakeraw(&raw);
  is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

static void leave_raw_mode(void) {
  if (is_raw) tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
  is_raw = 0;
}

static void copy_window_size(void) {
  struct winsize size;
  if (terminal >= 0 && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
    ioctl(terminal, TIOCSWINSZ, &size);
}

static int write_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t put = write(fd, bytes, length);
    if (put < 0 && (errno == EINTR || errno == EAGAIN)) {
      struct pollfd room = {fd, POLLOUT, 0};
      poll(&room, 1, -1);
      continue;
    }
    if (put <= 0) return 0;
    bytes += put;
    length -= (size_t)put;
  }
  return 1;
}

/* The end of our input becomes Ctrl-D: a terminal has no other way to say it. */
static void copy_input(void) {
  char bytes[4096];
  ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
  if (got > 0) write_all(terminal, bytes, (size_t)got);
  else if (got == 0 || errno != EAGAIN) input_open = 0, write_all(terminal, "\x04", 1);
}

/* 0 when the last process has closed its side (EIO) or there is nobody to show it to. */
static int copy_output(void) {
  char bytes[16384];
  ssize_t got = read(terminal, bytes, sizeof bytes);
  return got > 0 ? write_all(STDOUT_FILENO, bytes, (size_t)got) : 0;
}

/* What the container wrote before it ended is still in the terminal. */
static void end_as(int status) {
  if (terminal >= 0) {
    fcntl(terminal, F_SETFL, O_NONBLOCK);
    while (copy_output()) continue;
  }
  leave_raw_mode();
  report_exit(status);
  _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

/* Signals that somebody sent are passed on; what the terminal's keys raise was meant for the whole
 * process group, and our parent, who is in it too, passes that on by sending. */
static void on_signals(int signals, pid_t child) {
  struct signalfd_siginfo info;
  while (read(signals, &info, sizeof info) == sizeof info) {
    int status;
    if (info.ssi_signo == SIGWINCH) copy_window_size();
    else if (info.ssi_signo == SIGCHLD) {
      while (waitpid(-1, &status, WNOHANG) == child) end_as(status);
    } else if (info.ssi_signo == SIGPIPE || info.ssi_signo == SIGTTIN || info.ssi_signo == SIGTTOU)
      continue;
    else if (info.ssi_code <= 0)
      kill(child, (int)info.ssi_signo);
  }
}
