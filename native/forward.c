/* Questions that the resolver passes on by UDP, to the host's resolvers, one after the other. */
#define _GNU_SOURCE
#include "resolver.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define PATIENCE_MS 2000

/* A question that was passed on by UDP. */
struct forward {
  int fd; /* -1: free */
  int server;
  long long due;
  struct sockaddr_in from;
  unsigned char asked_id[2];
  size_t length;
  unsigned char query[QUERY_BYTES];
};

static struct forward forwards[FORWARDS];

static void pass_on(struct forward *forward);
static void give_up(struct forward *forward);
static void heard(struct forward *forward);

void forwards_begin(void) {
  for (int i = 0; i < FORWARDS; i++) forwards[i].fd = -1;
}

/* With as many on their way as there is room for, a question is lost, as any datagram may be, and
 * is asked again. */
void forward(const unsigned char *query, size_t length, const struct sockaddr_in *from) {
  for (int i = 0; i < FORWARDS; i++) {
    struct forward *forward = &forwards[i];
    if (forward->fd >= 0) continue;
    memcpy(forward->query, query, length);
    memcpy(forward->asked_id, query, 2);
    forward->length = length, forward->from = *from, forward->server = 0;
    return pass_on(forward);
  }
}

/* What to wait for, and at most until when. */
void forwards_polls(struct pollfd *fds, long long *next) {
  for (int i = 0; i < FORWARDS; i++) {
    fds[i] = (struct pollfd){forwards[i].fd, POLLIN, 0};
    if (forwards[i].fd >= 0 && forwards[i].due < *next) *next = forwards[i].due;
  }
}

void forwards_handle(const struct pollfd *fds) {
  long long now = milliseconds();
  for (int i = 0; i < FORWARDS; i++) {
    if (forwards[i].fd >= 0 && fds[i].revents) heard(&forwards[i]);
    else if (forwards[i].fd >= 0 && forwards[i].due <= now) give_up(&forwards[i]);
  }
}

/* Ask the next of the host's resolvers, from a port and with a number that nobody can guess; if
 * there is none left, say that they failed. */
static void pass_on(struct forward *forward) {
  for (forward->fd = -1; forward->server < servers; forward->server++) {
    int fd = ask_server(forward->server, SOCK_DGRAM);
    if (fd < 0) continue;
    syscall(SYS_getrandom, forward->query, 2UL, 0U);
    if (send(fd, forward->query, forward->length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
      close(fd);
      continue;
    }
    forward->fd = fd;
    forward->due = milliseconds() + PATIENCE_MS;
    return;
  }
  memcpy(forward->query, forward->asked_id, 2);
  size_t length = answer_code(forward->query, forward->length, SERVER_FAILURE, reply);
  sendto(UDP, reply, length, MSG_DONTWAIT, (struct sockaddr *)&forward->from,
         sizeof forward->from);
}

static void give_up(struct forward *forward) {
  close(forward->fd);
  forward->server++;
  pass_on(forward);
}

/* A datagram from the resolver that was asked: the socket is connected to it. What is no answer to
 * this question was made up by somebody, and is ignored. */
static void heard(struct forward *forward) {
  ssize_t got = recv(forward->fd, reply, ANSWER_BYTES, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return;
  if (got < 0) return give_up(forward); /* nobody listens there */
  size_t end = question_end(forward->query, forward->length);
  if (got < 12 || memcmp(reply, forward->query, 2) != 0 || !(reply[2] & 0x80)) return;
  if (end && (size_t)got >= end && memcmp(reply + 12, forward->query + 12, end - 12) != 0) return;
  if ((reply[3] & 15) == SERVER_FAILURE && forward->server + 1 < servers) return give_up(forward);
  memcpy(reply, forward->asked_id, 2);
  sendto(UDP, reply, (size_t)got, MSG_DONTWAIT, (struct sockaddr *)&forward->from,
         sizeof forward->from);
  close(forward->fd);
  forward->fd = -1;
}
