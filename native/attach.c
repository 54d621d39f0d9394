/* Attached clients: who connects to a container's socket hands over its own standard streams, and
 * the container's are copied from and to these as well. Nobody stands in between: a client that is
 * killed is no more than a descriptor that hangs up.
 *
 * Messages of a client: first `<streams> <keys>`, with three descriptors (SCM_RIGHTS), then
 * `s<signal>` and `w<rows> <columns>`. To a client: first `y`, or `f` if there is no place for it;
 * `d` when its keys were typed, and `x<wait status>` at the end. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>

#define NAME "attach"

struct client {
  int socket;       /* -1: free */
  int is_in;        /* it has handed over what is wanted */
  int fds[STREAMS]; /* -1: not wanted, or closed */
  size_t at[STREAMS], most[STREAMS];
};
static struct client clients[CLIENTS];
static int listener = -1;
static int closes_input; /* when a client that gives input leaves */

/* What the container wrote last to each stream; clients may still have to take some of it. */
static struct {
  const char *bytes;
  size_t length;
} chunks[STREAMS];

static void take_client(void);
static void let_in(struct client *client);
static size_t sink(int *fd);
static void take_message(struct client *client);
static void give(struct client *client, int which);
static void leave(struct client *client, int is_last);

/* Listen for clients in the container's directory: listen(directory, closes input, awaited). With
 * `awaited` the list goes on when the first client is there, so that it misses nothing. */
long do_listen(struct arg *a) {
  struct sockaddr_un address;
  int held, fd = attach_socket(a[0].text, &address, &held);
  if (fd < 0) return -1;
  for (int i = 0; i < CLIENTS; i++) clients[i] = (struct client){-1, 0, {-1, -1, -1}, {0}, {0}};
  unlink(address.sun_path);
  int failed = fchmod(fd, 0600) != 0; /* of the file that bind(2) makes, whatever the umask is */
  if (!failed) failed = bind(fd, (struct sockaddr *)&address, sizeof address) != 0;
  if (!failed) failed = listen(fd, CLIENTS) != 0;
  close_returning(held, 0);
  if (failed) return close_returning(fd, -1);
  listener = out_of_the_way(fd);
  closes_input = a[1].number != 0;
  while (listener >= 0 && a[2].number && !is_further_start() && !clients[0].is_in) {
    struct pollfd fds[ATTACH_FDS + 1] = {[ATTACH_FDS] = {CONTROL, 0, 0}};
    attach_polls(fds);
    if (poll(fds, ATTACH_FDS + 1, -1) < 0 && errno != EINTR) return -1;
    if (fds[ATTACH_FDS].revents) _exit(125); /* Node is gone */
    attach_handle(fds);
  }
  return listener < 0 ? -1 : 0;
}

/* A socket, and the address of NAME in a directory whose path may be longer than an address. The
 * directory stays open as `held`, as long as the address is used. */
int attach_socket(const char *directory, struct sockaddr_un *address, int *held) {
  *held = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (*held < 0) return -1;
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/" NAME, *held);
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0) close_returning(*held, 0);
  return fd;
}

/* Fill in what poll(2) should wait for: the listener, then for each client its socket and what its
 * output has no room for. */
void attach_polls(struct pollfd *fds) {
  fds[0] = (struct pollfd){listener, POLLIN, 0};
  for (int i = 0; i < CLIENTS; i++) {
    const struct client *client = &clients[i];
    struct pollfd *own = fds + 1 + i * STREAMS;
    int is_there = listener >= 0 && client->socket >= 0;
    own[0] = (struct pollfd){is_there ? client->socket : -1, POLLIN, 0};
    for (int which = STDOUT_FILENO; which < STREAMS; which++) {
      int has_more = is_there && client->at[which] < chunks[which].length;
      own[which] = (struct pollfd){has_more ? client->fds[which] : -1, POLLOUT, 0};
    }
  }
}

/* Handle what poll(2) returned. */
void attach_handle(const struct pollfd *fds) {
  if (listener < 0) return;
  for (int i = 0; i < CLIENTS; i++) {
    const struct pollfd *own = fds + 1 + i * STREAMS;
    for (int which = STDOUT_FILENO; which < STREAMS; which++)
      if (own[which].revents) give(&clients[i], which);
    if (own[0].revents) take_message(&clients[i]);
  }
  if (fds[0].revents) take_client();
}

/* The container has written these bytes, which stay where they are until all clients took them. */
void attach_offer(int which, const char *bytes, size_t length) {
  chunks[which].bytes = bytes;
  chunks[which].length = length;
  for (int i = 0; listener >= 0 && i < CLIENTS; i++) {
    clients[i].at[which] = 0;
    if (clients[i].socket >= 0) give(&clients[i], which);
  }
}

/* Whether a client still has to take some of what was offered. */
int attach_pending(int which) {
  for (int i = 0; listener >= 0 && i < CLIENTS; i++)
    if (clients[i].socket >= 0 && clients[i].fds[which] >= 0 &&
        clients[i].at[which] < chunks[which].length)
      return 1;
  return 0;
}

/* The input of a client has ended. Returns whether the container's stays open. */
int attach_end_of_input(int which) {
  struct client *client = &clients[which];
  input_forget(which, 0);
  close(client->fds[STDIN_FILENO]);
  client->fds[STDIN_FILENO] = -1;
  return !closes_input;
}

/* The keys of a client have been typed. */
void attach_detach(int which) {
  send(clients[which].socket, "d", 1, MSG_NOSIGNAL);
  leave(&clients[which], 0);
}

/* The container has ended: tell all clients how. */
void attach_end(int status) {
  char text[32];
  int length = snprintf(text, sizeof text, "x%d", status);
  for (int i = 0; listener >= 0 && i < CLIENTS; i++)
    if (clients[i].is_in) send(clients[i].socket, text, (size_t)length, MSG_NOSIGNAL);
}

/* A client gets a place, or is told that there is none. Nothing waits for what it hands over. */
static void take_client(void) {
  struct client *client = NULL;
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  for (int i = 0; fd >= 0 && i < CLIENTS && !client; i++)
    if (clients[i].socket < 0) client = &clients[i];
  if (client) client->socket = fcntl(fd, F_DUPFD_CLOEXEC, LIFELINE + 1);
  else if (fd >= 0) send(fd, "f", 1, MSG_NOSIGNAL);
  if (fd >= 0) close(fd);
}

/* Take a client's descriptors, out of the way. What was written before is not for it. */
static void let_in(struct client *client) {
  char text[MESSAGE] = "";
  int fds[STREAMS] = {-1, -1, -1}, got = attach_received(client->socket, text, sizeof text, fds);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  client->is_in = got > 0 && fds[STREAMS - 1] >= 0;
  for (int i = 0; i < STREAMS; i++) {
    if (client->is_in && atoi(text) & 1 << i)
      client->fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, LIFELINE + 1);
    if (fds[i] >= 0) close(fds[i]);
    client->at[i] = chunks[i].length;
    if (i != STDIN_FILENO && client->fds[i] >= 0) client->most[i] = sink(&client->fds[i]);
  }
  if (!client->is_in) return leave(client, 0);
  send(client->socket, "y", 1, MSG_NOSIGNAL);
  struct keys keys = {0};
  const char *digits = strchr(text, ' ');
  if (client->fds[STDIN_FILENO] < 0) return;
  if (digits) keys_parse(digits + 1, &keys);
  input_from((int)(client - clients), client->fds[STDIN_FILENO], &keys);
}

/* As stream_sink, for a descriptor that is ours: it stays out of the way of the plan's. */
static size_t sink(int *fd) {
  int shared = *fd;
  size_t most = stream_sink(fd);
  if (*fd == shared) return most;
  close(shared);
  int high = fcntl(*fd, F_DUPFD_CLOEXEC, LIFELINE + 1);
  close(*fd);
  *fd = high;
  return most;
}

static void take_message(struct client *client) {
  char text[MESSAGE];
  int signal, rows, columns;
  if (client->socket < 0) return;
  if (!client->is_in) return let_in(client);
  ssize_t length = attach_received(client->socket, text, sizeof text, NULL);
  if (length < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (length <= 0) leave(client, closes_input);
  else if (sscanf(text, "s%d", &signal) == 1) signal_child(signal);
  else if (sscanf(text, "w%d %d", &rows, &columns) == 2) terminal_size(rows, columns);
}

/* Write what a client has not taken yet, as much as it takes now. */
static void give(struct client *client, int which) {
  size_t left = chunks[which].length - client->at[which];
  if (client->fds[which] < 0 || left == 0) return;
  if (left > client->most[which]) left = client->most[which];
  ssize_t put = write(client->fds[which], chunks[which].bytes + client->at[which], left);
  if (put >= 0) client->at[which] += (size_t)put;
  else if (errno != EAGAIN && errno != EINTR) leave(client, closes_input);
}

/* A client has gone, or takes no more. If `is_last`, the container's input ends with its own. */
static void leave(struct client *client, int is_last) {
  input_forget((int)(client - clients), is_last);
  for (int i = 0; i < STREAMS; i++) {
    if (client->fds[i] >= 0) close(client->fds[i]);
    client->fds[i] = -1;
  }
  close(client->socket);
  client->socket = -1, client->is_in = 0;
}

/* Receive one message as text, with its descriptors if `fds` is given. As recv(2). */
int attach_received(int from, char *text, size_t size, int *fds) {
  union {
    char bytes[CMSG_SPACE(STREAMS * sizeof(int))];
    struct cmsghdr align;
  } control;
  struct iovec data = {text, size - 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  ssize_t got = recvmsg(from, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  text[got > 0 ? got : 0] = 0;
  struct cmsghdr *header = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
  if (header && header->cmsg_type == SCM_RIGHTS && fds &&
      header->cmsg_len == CMSG_LEN(STREAMS * sizeof(int)))
    memcpy(fds, CMSG_DATA(header), STREAMS * sizeof(int));
  return (int)got;
}
