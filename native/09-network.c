/* Chapter 9. The calls that give a container a network: messages to the kernel, which hold links,
 * addresses and routes, and a program that is run to its end. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* netlink(7), linux/netlink.h; musl has no headers for these. */
enum { ROUTE = 0, OF_NETLINK = 270, CAP_ACK = 10, EXT_ACK = 11 };
enum { NLMSG_ERROR = 2, ACK_TLVS = 0x200, ATTR_MSG = 1, HEADER = 16, ERROR_BYTES = 4096 };

struct header {
  uint32_t length;
  uint16_t type, flags;
  uint32_t sequence, port;
};

/* A netlink socket in the present network namespace, whose it stays, as the descriptor a[0]. Errors
 * come with a sentence where the kernel has one (Linux 4.12). */
long do_netlink_socket(struct arg *a) {
  int wanted = (int)a[0].number, yes = 1;
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, ROUTE);
  if (fd < 0) return -1;
  setsockopt(fd, OF_NETLINK, EXT_ACK, &yes, sizeof yes);
  setsockopt(fd, OF_NETLINK, CAP_ACK, &yes, sizeof yes);
  if (fd == wanted) return fd;
  long result = dup3(fd, wanted, O_CLOEXEC);
  if (result < 0 && errno == EBADF) errno = EMFILE;
  return close_returning(fd, result);
}

/* The kernel's sentence about a refused message becomes the answer. It is among the attributes
 * after the errno and the header of the message. */
static void answer_sentence(const char *reply, size_t length) {
  for (size_t at = HEADER + 4 + HEADER; at + 4 <= length;) {
    uint16_t head[2];
    memcpy(head, reply + at, sizeof head);
    if (head[0] < 4 || at + head[0] > length) return;
    size_t size = strnlen(reply + at + 4, head[0] - 4U);
    if (head[1] == ATTR_MSG && answer_room(size)) {
      memcpy(answer, reply + at + 4, size);
      answer_length = size;
    }
    at += (head[0] + 3U) & ~3U;
  }
}

/* Send a message that asks for an acknowledgement, and wait for that: an errno, 0 for success. What
 * the kernel says of other messages in between is passed over. */
long do_rtnetlink(struct arg *a) {
  struct header sent, got;
  char reply[8192];
  int fd = (int)a[0].number;
  if (a[1].length < sizeof sent) return errno = EINVAL, -1;
  memcpy(&sent, a[1].text, sizeof sent);
  if (send(fd, a[1].text, a[1].length, 0) < 0) return -1;
  for (;;) {
    ssize_t length = recv(fd, reply, sizeof reply, 0);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return -1;
    if ((size_t)length < sizeof got + 4) continue;
    memcpy(&got, reply, sizeof got);
    if (got.type != NLMSG_ERROR || got.sequence != sent.sequence) continue;
    int32_t error;
    memcpy(&error, reply + sizeof got, sizeof error);
    if (error == 0) return 0;
    if (got.flags & ACK_TLVS) answer_sentence(reply, (size_t)length);
    return errno = -error, -1;
  }
}

/* In the child of spawn(): standard input and errors are pipes, output goes with the errors. It
 * dies with its parent: what it did later, nobody would undo. */
static void become(struct arg *a, pid_t parent, const int fds[2]) {
  int input = fds[0], errors = fds[1];
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(126);
  signal(SIGPIPE, SIG_DFL);
  if (dup2(input, 0) < 0 || dup2(errors, 1) < 0 || dup2(errors, 2) < 0) _exit(126);
  do_execvpe(a);
  _exit(errno == ENOENT ? 127 : 126);
}

/* Pass all of `text` to `input`, and keep the beginning of what comes out of `errors`. */
static void converse(int input, const struct arg *text, int errors) {
  size_t put = 0;
  int is_open = 1;
  if (!answer_room(ERROR_BYTES)) is_open = 0;
  fcntl(input, F_SETFL, O_NONBLOCK);
  while (is_open) {
    struct pollfd fds[2] = {{put < text->length ? input : -1, POLLOUT, 0}, {errors, POLLIN, 0}};
    char bytes[512];
    if (put >= text->length && input >= 0) close(input), input = -1;
    if (poll(fds, 2, -1) < 0 && errno != EINTR) break;
    if (fds[0].revents) {
      ssize_t some = write(input, text->text + put, text->length - put);
      if (some > 0) put += (size_t)some;
      else if (some < 0 && errno != EAGAIN && errno != EINTR) put = text->length;
    }
    if (!fds[1].revents) continue;
    ssize_t got = read(errors, bytes, sizeof bytes);
    if (got == 0 || (got < 0 && errno != EINTR)) is_open = 0;
    for (ssize_t i = 0; i < got && answer_length < ERROR_BYTES; i++)
      answer[answer_length++] = bytes[i];
  }
  if (input >= 0) close(input);
}

/* Run the program a[0] to its end, with arguments a[1], environment a[2] and standard input a[3].
 * ENOENT if there is no such program, EINTR if it was killed. Where it ends with another exit code
 * than 0, that is EPROTO, and what it wrote is the answer. */
long do_spawn(struct arg *a) {
  int input[2], errors[2], status;
  void (*before)(int) = signal(SIGPIPE, SIG_IGN);
  if (pipe2(input, O_CLOEXEC) != 0) return -1;
  if (pipe2(errors, O_CLOEXEC) != 0) return close(input[0]), close_returning(input[1], -1);
  pid_t own = getpid(), pid = fork();
  if (pid == 0) become(a, own, (int[]){input[0], errors[1]});
  close_returning(input[0], 0);
  close_returning(errors[1], 0);
  if (pid < 0) return close(input[1]), close_returning(errors[0], -1);
  converse(input[1], &a[3], errors[0]);
  close(errors[0]);
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  signal(SIGPIPE, before);
  if (WIFSIGNALED(status)) return errno = EINTR, -1;
  if (WEXITSTATUS(status) == 0) return answer_length = 0;
  return errno = WEXITSTATUS(status) == 127 ? ENOENT : EPROTO, -1;
}
