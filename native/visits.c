/* Connections to the resolver: TCP, for answers that are too long for a datagram. */
#define _GNU_SOURCE
#include "resolver.h"

#include <string.h>
#include <sys/socket.h>

#define VISIT_MS 10000 /* how long somebody may say nothing */

/* A connection of the container's. */
struct visit {
  int fd;       /* -1: free */
  int upstream; /* -1: the question is being read, or was answered here */
  int server, is_connected;
  long long due;
  size_t got, left; /* bytes of the question here; of the answer still to be passed on */
  unsigned char query[2 + QUERY_BYTES];
};

static struct visit visits[VISITS];

static void greet(void);
static void attend_visit(struct visit *visit);
static void connect_next(struct visit *visit);
static void answer_visit(struct visit *visit, size_t length);
static void pass_answer(struct visit *visit);
static void leave(struct visit *visit);

void visits_begin(void) {
  for (int i = 0; i < VISITS; i++) visits[i].fd = visits[i].upstream = -1;
}

/* What to wait for, and at most until when: first a new connection, if there is room for it. */
void visits_polls(struct pollfd *fds, long long *next) {
  int has_room = 0;
  for (int i = 0; i < VISITS; i++) {
    struct visit *visit = &visits[i];
    int is_asking = visit->fd >= 0 && visit->upstream < 0;
    fds[1 + 2 * i] = (struct pollfd){visit->fd, is_asking ? POLLIN : 0, 0};
    short what = visit->is_connected ? POLLIN : POLLOUT;
    fds[2 + 2 * i] = (struct pollfd){visit->upstream, what, 0};
    if (visit->fd < 0) has_room = 1;
    else if (visit->due < *next) *next = visit->due;
  }
  fds[0] = (struct pollfd){has_room ? TCP : -1, POLLIN, 0};
}

void visits_handle(const struct pollfd *fds) {
  long long now = milliseconds();
  for (int i = 0; i < VISITS; i++) {
    struct visit *visit = &visits[i];
    int is_gone = visit->upstream >= 0 && fds[1 + 2 * i].revents; /* poll(2) says this unasked */
    if (visit->fd >= 0 && (is_gone || visit->due <= now)) leave(visit);
    else if (fds[1 + 2 * i].revents || fds[2 + 2 * i].revents) attend_visit(visit);
  }
  if (fds[0].revents) greet();
}

/* A connection: it may ask one question after the other. */
static void greet(void) {
  int fd = accept4(TCP, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  for (int i = 0; fd >= 0 && i < VISITS; i++) {
    if (visits[i].fd >= 0) continue;
    visits[i] = (struct visit){.fd = fd, .upstream = -1, .due = milliseconds() + VISIT_MS};
    return;
  }
  if (fd >= 0) close(fd);
}

/* Read a question (two bytes say how long it is, RFC 1035, 4.2.2), or pass an answer on. */
static void attend_visit(struct visit *visit) {
  if (visit->fd < 0) return;
  if (visit->upstream >= 0) return pass_answer(visit);
  size_t wanted = visit->got < 2 ? 2 : 2 + ((size_t)visit->query[0] << 8 | visit->query[1]);
  if (wanted > sizeof visit->query || (visit->got >= 2 && wanted < 14)) return leave(visit);
  ssize_t got = read(visit->fd, visit->query + visit->got, wanted - visit->got);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) return leave(visit);
  visit->got += (size_t)got;
  if (visit->got < wanted || wanted == 2) return;
  const unsigned char *query = visit->query + 2;
  size_t length = answer_to(query, wanted - 2, reply + 2, ANSWER_BYTES);
  if (!length && servers == 0) length = answer_code(query, wanted - 2, NO_SUCH_NAME, reply + 2);
  if (length) return answer_visit(visit, length);
  visit->server = -1;
  connect_next(visit);
}

/* Connect to the next of the host's resolvers. */
static void connect_next(struct visit *visit) {
  visit->is_connected = 0;
  while (++visit->server < servers) {
    visit->upstream = ask_server(visit->server, SOCK_STREAM);
    if (visit->upstream < 0) continue;
    visit->due = milliseconds() + VISIT_MS;
    return;
  }
  visit->upstream = -1;
  answer_visit(visit, answer_code(visit->query + 2, visit->got - 2, SERVER_FAILURE, reply + 2));
}

/* Answer with the `length` bytes in `reply`, behind their length. Who does not read is left. */
static void answer_visit(struct visit *visit, size_t length) {
  reply[0] = (unsigned char)(length >> 8), reply[1] = (unsigned char)length;
  ssize_t sent = send(visit->fd, reply, length + 2, MSG_DONTWAIT | MSG_NOSIGNAL);
  visit->got = 0;
  visit->due = milliseconds() + VISIT_MS;
  if (sent != (ssize_t)length + 2) leave(visit);
}

/* Send the question when the resolver that was asked is there, and pass on what it answers. */
static void pass_answer(struct visit *visit) {
  if (!visit->is_connected) {
    ssize_t sent = send(visit->upstream, visit->query, visit->got, MSG_DONTWAIT | MSG_NOSIGNAL);
    visit->is_connected = sent == (ssize_t)visit->got;
    visit->left = 0;
    if (visit->is_connected) return;
    close(visit->upstream);
    return connect_next(visit);
  }
  size_t room = visit->left == 0 ? 2 : visit->left < ANSWER_BYTES ? visit->left : ANSWER_BYTES;
  ssize_t got = recv(visit->upstream, reply, room, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0 || (visit->left == 0 && got != 2)) return leave(visit);
  if (send(visit->fd, reply, (size_t)got, MSG_DONTWAIT | MSG_NOSIGNAL) != got) return leave(visit);
  visit->left = visit->left == 0 ? (size_t)reply[0] << 8 | reply[1] : visit->left - (size_t)got;
  if (visit->left > 0) return;
  close(visit->upstream);
  visit->upstream = -1;
  visit->got = 0;
}

static void leave(struct visit *visit) {
  if (visit->upstream >= 0) close(visit->upstream);
  close(visit->fd);
  visit->fd = visit->upstream = -1;
}
