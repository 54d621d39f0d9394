/* A client: it hands its standard streams over to a container that lives on (attach.c), and ends as
 * the container does. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>

static void tell_size(int to);
static int hand_over(int to, long long wanted, int has_keys);
static void leave(void) __attribute__((noreturn));

/* Be a client: attach(directory, streams, milliseconds, terminal). Hand over descriptors 0 to 2,
 * pass signals on, and exit as the container does. `streams` has a bit for each descriptor that is
 * wanted; the container may still be starting for so many milliseconds. Returns only on failure:
 * EBUSY if there are too many clients, ECONNREFUSED if the container ended before it let it in. */
long do_attach(struct arg *a) {
  struct sockaddr_un address;
  int held, fd = -1;
  for (long long waited = 0;; waited += 5) {
    fd = attach_socket(a[0].text, &address, &held);
    if (fd < 0) return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) break;
    close_returning(held, 0);
    close_returning(fd, 0);
    if ((errno != ENOENT && errno != ECONNREFUSED) || waited >= a[2].number) return -1;
    poll(NULL, 0, 5);
  }
  close(held);
  if (a[3].number && isatty(STDIN_FILENO)) terminal_raw();
  else setpgid(0, 0); /* Ctrl-C then reaches only Node, as in parent.c */
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  int signals = signalfd(-1, &all, SFD_CLOEXEC);
  if (signals < 0) return -1;
  /* EPIPE: there was no place for this client, as it will read. */
  if (hand_over(fd, a[1].number, a[3].number != 0) != 0 && errno != EPIPE) return -1;
  for (int is_in = 0;;) {
    struct pollfd fds[] = {{fd, POLLIN, 0}, {signals, POLLIN, 0}, {CONTROL, 0, 0}};
    struct signalfd_siginfo info;
    char text[MESSAGE];
    int status;
    if (poll(fds, 3, -1) < 0 && errno != EINTR) break;
    if (fds[2].revents) break;
    if (fds[1].revents && read(signals, &info, sizeof info) == sizeof info) {
      int is_window = info.ssi_signo == SIGWINCH && a[3].number;
      if (info.ssi_signo == SIGCONT) terminal_resume();
      if (is_window) tell_size(fd);
      else if (info.ssi_code <= 0) {
        int length = snprintf(text, sizeof text, "s%u", info.ssi_signo);
        send(fd, text, (size_t)length, MSG_NOSIGNAL);
      }
    }
    if (!fds[0].revents) continue;
    int length = attach_received(fd, text, sizeof text, NULL);
    /* Messages of this client were left unread; what the other side sent last comes after that. */
    if (length < 0 && (errno == ECONNRESET || errno == EAGAIN)) continue;
    if (length <= 0 && !is_in) return terminal_restore(), errno = ECONNREFUSED, -1;
    if (length <= 0) break;
    if (*text == 'y') is_in = 1;
    if (*text == 'y' && a[3].number) tell_size(fd);
    if (*text == 'd') leave();
    if (*text == 'f') return terminal_restore(), errno = EBUSY, -1;
    if (sscanf(text, "x%d", &status) != 1) continue;
    terminal_restore();
    report_exit(status);
    _exit(0);
  }
  terminal_restore();
  _exit(128 + SIGKILL);
}

/* The size of the terminal that this client is on, if it is on one. */
static void tell_size(int to) {
  struct winsize size;
  char text[32];
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
    if (ioctl(fd, TIOCGWINSZ, &size) != 0) continue;
    int length = snprintf(text, sizeof text, "w%d %d", size.ws_row, size.ws_col);
    send(to, text, (size_t)length, MSG_NOSIGNAL);
    return;
  }
}

/* The keys that let go of the container have been typed. */
static void leave(void) {
  terminal_restore();
  report_detached();
  _exit(0);
}

/* The first message, with descriptors 0 to 2. Returns 0, or -1 as sendmsg(2). */
static int hand_over(int to, long long wanted, int has_keys) {
  static const int fds[STREAMS] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
  char text[MESSAGE], digits[2 * KEYS + 1] = "";
  if (has_keys) keys_print(&keys_asked, digits);
  int length = snprintf(text, sizeof text, "%lld %s", wanted, digits);
  union {
    char bytes[CMSG_SPACE(sizeof fds)];
    struct cmsghdr align;
  } control = {{0}};
  struct iovec data = {text, (size_t)length};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fds);
  memcpy(CMSG_DATA(header), fds, sizeof fds);
  return sendmsg(to, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}
