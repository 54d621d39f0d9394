/* A real packet to a port, for the tool that follows its way. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* Call a port: connect to port a[1] of address a[0] by a socket of type a[2], from port a[3], and
 * wait a[4] milliseconds at most. Datagrams know no connection: one is sent, and its answer waited
 * for. ETIMEDOUT if nothing comes; ECONNREFUSED and the like are answers too. */
long do_knock(struct arg *a) {
  int is_v6 = strchr(a[0].text, ':') != NULL, error = 0;
  struct sockaddr_in v4 = {.sin_family = AF_INET}, own4 = v4;
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6}, own6 = v6;
  void *address = is_v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr;
  struct sockaddr *to = is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
  struct sockaddr *from = is_v6 ? (struct sockaddr *)&own6 : (struct sockaddr *)&own4;
  socklen_t size = is_v6 ? sizeof v6 : sizeof v4, length = sizeof error;
  int is_datagram = a[2].number == SOCK_DGRAM;
  v4.sin_port = v6.sin6_port = htons((uint16_t)a[1].number);
  own4.sin_port = own6.sin6_port = htons((uint16_t)a[3].number);
  if (inet_pton(is_v6 ? AF_INET6 : AF_INET, a[0].text, address) != 1) return errno = EINVAL, -1;
  int fd = socket(to->sa_family, (int)a[2].number | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (bind(fd, from, size) != 0) return close_returning(fd, -1);
  if (connect(fd, to, size) != 0 && errno != EINPROGRESS) return close_returning(fd, -1);
  if (is_datagram && send(fd, "stepbox\n", 8, 0) < 0) return close_returning(fd, -1);
  struct pollfd ready = {fd, is_datagram ? POLLIN : POLLOUT, 0};
  int count = poll(&ready, 1, (int)a[4].number);
  if (count == 0) return errno = ETIMEDOUT, close_returning(fd, -1);
  if (count < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
    return close_returning(fd, -1);
  if (error != 0) return errno = error, close_returning(fd, -1);
  return close_returning(fd, 0);
}
