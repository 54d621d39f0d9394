/* A resolver of names for one container: a process of its own, which answers at 127.0.0.11.
 *
 * It reads packets that a container has sent, so it has no rights: a user that nobody else is, no
 * capability, as root a directory in which nothing but names is and which it cannot list, and a
 * filter that allows few system calls. It sends to no address but those of the host's resolvers:
 * they lie in a page that it cannot write to, and the filter compares the pointers.
 *
 * It is on the host's network. The two sockets at which it answers were made on the container's,
 * and are sent to it. It ends with the process that it serves. */
#define _GNU_SOURCE
#include "resolver.h"

#include <arpa/inet.h>
#include <grp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Its first descriptors; CHANNEL is closed when the sockets are here. */
enum { CHANNEL = 0, LIFE = 1 };
#define IDLE_MS 60000

enum { DIRECTORY, ID, AT, PID, USER, FILTER }; /* the arguments of serve_names() */

int servers;
unsigned char reply[2 + ANSWER_BYTES];

static void serve(struct arg *a, int channel, pid_t pid) __attribute__((noreturn));
static int confine(struct arg *a);
static void read_servers(const char *id);
static int receive_socket(void);
static void look_around(void);
static void answer_datagram(void);

/* Start the resolver: serve_names(directory, container, fd, pid, user, filter). `fd` becomes the
 * socket on which it waits for its two others, that for datagrams first. It lives as long as
 * process `pid`, or this one if that is 0. Returns its pid. */
long do_serve_names(struct arg *a) {
  int ends[2], error = ECHILD;
  pid_t served = a[PID].number ? (pid_t)a[PID].number : getpid();
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  pid_t pid = fork();
  if (pid == 0) serve(a, ends[1], served);
  close(ends[1]);
  if (pid < 0) return close_returning(ends[0], -1);
  if (read(ends[0], &error, sizeof error) != sizeof error) error = ECHILD;
  if (error != 0) {
    close(ends[0]);
    waitpid(pid, NULL, 0);
    return errno = error, -1;
  }
  int fd = (int)a[AT].number;
  if (ends[0] != fd && dup3(ends[0], fd, O_CLOEXEC) < 0) return close_returning(ends[0], -1);
  if (ends[0] != fd) close(ends[0]);
  return pid;
}

static void serve(struct arg *a, int channel, pid_t served) {
  const int pidfd_open = 434; /* the same on every architecture */
  int life = out_of_the_way((int)syscall(pidfd_open, served, 0));
  int to = out_of_the_way(channel), error = 0;
  if (life < 0 || to < 0 || dup2(to, CHANNEL) < 0 || dup2(life, LIFE) < 0) _exit(125);
  syscall(SYS_close_range, UDP, ~0U, 0);
  if (confine(a) != 0) error = errno;
  if (write(CHANNEL, &error, sizeof error) != sizeof error || error != 0) _exit(125);
  forwards_begin();
  visits_begin();
  if (receive_socket() != UDP || receive_socket() != TCP) _exit(125);
  close(CHANNEL);
  for (;;) look_around();
}

/* Give up all rights. What fails here ends the resolver: it does not serve with rights. */
static int confine(struct arg *a) {
  struct {
    unsigned short instructions;
    char *filter;
  } program = {(unsigned short)(a[FILTER].length / 8), a[FILTER].text};
  gid_t group = (gid_t)a[USER].number;
  uid_t user = (uid_t)a[USER].number;
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL); /* keys that were typed at its caller's terminal */
  setsid();
  prctl(PR_SET_NAME, (unsigned long)"resolver", 0UL, 0UL, 0UL);
  void *page = mmap(SERVERS_AT, SERVER_BYTES * MOST_SERVERS, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (page != SERVERS_AT) return -1;
  if (chroot(a[DIRECTORY].text) != 0 || chdir("/") != 0) return -1;
  answer_for(a[ID].text);
  read_servers(a[ID].text);
  if (mprotect(page, SERVER_BYTES * MOST_SERVERS, PROT_READ) != 0) return -1;
  if (setgroups(0, NULL) != 0 || setresgid(group, group, group) != 0) return -1;
  if (setresuid(user, user, user) != 0) return -1;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0) return -1;
  return (int)syscall(SYS_seccomp, 1, 0, &program); /* SECCOMP_SET_MODE_FILTER */
}

/* The host's resolvers, into the page: sockaddr_in or sockaddr_in6. */
static void read_servers(const char *id) {
  struct words file;
  char word[NAME_BYTES];
  if (!words_open(&file, AT_FDCWD, id)) return;
  while (servers < MOST_SERVERS && words_next(&file, word)) {
    int is_server = strcmp(word, "server") == 0 && !file.is_last && words_next(&file, word);
    char *at = SERVERS_AT + servers * SERVER_BYTES;
    struct sockaddr_in *v4 = (struct sockaddr_in *)at;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)at;
    if (is_server && inet_pton(AF_INET, word, &v4->sin_addr) == 1) {
      v4->sin_family = AF_INET, v4->sin_port = htons(53), servers++;
    } else if (is_server && inet_pton(AF_INET6, word, &v6->sin6_addr) == 1) {
      v6->sin6_family = AF_INET6, v6->sin6_port = htons(53), servers++;
    }
    if (!file.is_last) words_skip_line(&file);
  }
  close(file.fd);
}

/* Returns the descriptor that was sent, which has the lowest free number. */
static int receive_socket(void) {
  char byte;
  int fd = -1;
  union {
    char bytes[CMSG_SPACE(sizeof fd)];
    struct cmsghdr align;
  } control = {0};
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  if (recvmsg(CHANNEL, &message, MSG_CMSG_CLOEXEC) != 1) return -1;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header) memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

/* Wait until there is something to do, and do it. */
static void look_around(void) {
  struct pollfd fds[2 + FORWARDS + VISIT_FDS] = {{LIFE, POLLIN, 0}, {UDP, POLLIN, 0}};
  long long now = milliseconds(), next = now + IDLE_MS;
  forwards_polls(fds + 2, &next);
  visits_polls(fds + 2 + FORWARDS, &next);
  if (poll(fds, sizeof fds / sizeof *fds, next > now ? (int)(next - now) : 0) < 0) return;
  if (fds[0].revents) _exit(0);
  forwards_handle(fds + 2);
  visits_handle(fds + 2 + FORWARDS);
  if (fds[1].revents) answer_datagram();
}

/* Answer a datagram, or pass it on. */
static void answer_datagram(void) {
  unsigned char query[QUERY_BYTES];
  struct sockaddr_in from;
  socklen_t size = sizeof from;
  ssize_t got = recvfrom(UDP, query, sizeof query, MSG_DONTWAIT | MSG_TRUNC,
                         (struct sockaddr *)&from, &size);
  if (got < 12 || got > (ssize_t)sizeof query || query[2] & 0x80) return; /* no question */
  size_t length = (size_t)got, room = room_for(query, length);
  size_t answered = answer_to(query, length, reply, room);
  if (!answered && servers == 0) answered = answer_code(query, length, NO_SUCH_NAME, reply);
  if (answered) {
    sendto(UDP, reply, answered, MSG_DONTWAIT, (struct sockaddr *)&from, size);
    return;
  }
  forward(query, length, &from);
}

/* A socket that is connected to one of the host's resolvers, or will be. */
int ask_server(int server, int type) {
  char *at = SERVERS_AT + server * SERVER_BYTES;
  int family = ((struct sockaddr *)at)->sa_family;
  socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
  int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)at, size) == 0 || errno == EINPROGRESS) return fd;
  close(fd);
  return -1;
}
