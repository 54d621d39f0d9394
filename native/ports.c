/* Chapter 9. Ports that are held: a bound socket keeps all others from having the port. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* Whether a socket may have a port that others had, or have and may share: socket(7). */
static void share(int fd, int yes) {
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

/* Bind `fd`. It has no SO_REUSEADDR: with that, others could bind to the port as well. But a server
 * that has ended leaves connections in TIME_WAIT for a minute, which are in the way of a socket
 * without: such a port is taken with it, and then not shared. UDP has no such state. */
static int bind_alone(int fd, int type, const struct sockaddr *name, socklen_t size) {
  if (bind(fd, name, size) == 0) return 0;
  if (errno != EADDRINUSE || type != SOCK_STREAM) return -1;
  share(fd, 1);
  if (bind(fd, name, size) != 0) return -1;
  share(fd, 0);
  return 0;
}

/* Bind a socket of type a[2] to port a[1] of address a[0], as the descriptor a[3]. It does not
 * listen. One of IPv6 is of that alone, so that the same port of IPv4 can be held beside it. */
long do_hold_port(struct arg *a) {
  int wanted = (int)a[3].number, yes = 1, is_v6 = strchr(a[0].text, ':') != NULL;
  struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)a[1].number)};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = v4.sin_port};
  void *address = is_v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr;
  struct sockaddr *name = is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
  if (inet_pton(is_v6 ? AF_INET6 : AF_INET, a[0].text, address) != 1) return errno = EINVAL, -1;
  int type = (int)a[2].number, fd = socket(name->sa_family, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (is_v6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
  socklen_t size = is_v6 ? sizeof v6 : sizeof v4;
  if (bind_alone(fd, type, name, size) != 0) return close_returning(fd, -1);
  if (fd == wanted) return fd;
  long result = dup3(fd, wanted, O_CLOEXEC);
  if (result < 0 && errno == EBADF) errno = EMFILE;
  return close_returning(fd, result);
}

/* The kernel takes up to a[1] connections of the socket a[0] from now on, whoever accepts them. */
long do_listen_tcp(struct arg *a) {
  return listen((int)a[0].number, (int)a[1].number);
}
