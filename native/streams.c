/* The container's standard streams, seen from outside. The parent of the fork copies bytes between
 * the caller's descriptors 0 to 2 and pipes (or a terminal, terminal.c), so that nothing in the
 * container ever has a file, a pipe or a terminal of the host open. Each direction has a buffer,
 * and nothing blocks: a reader that does not read stops neither input nor signals. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* The size of a wide pipe: the most that an ordinary user may ask for, by default. */
#define WIDE (1 << 20)

/* Both ends of the pipe for each stream, as pipe2(2) gave them; -1 if the plan makes none. */
int pipes[STREAMS][2] = {{-1, -1}, {-1, -1}, {-1, -1}};

/* Bytes copied in one direction. Between two pipes, splice(2) moves them without a copy. */
struct stream {
  int from, to; /* -1 when closed */
  int is_spliced, is_wide, awaits_room;
  size_t at, length;
  size_t most;    /* bytes that one write may have without blocking */
  long long left; /* bytes that may still be read; without bound until the container ends */
  char bytes[65536]; /* the capacity of a pipe (pipe(7)) */
};
static struct stream streams[STREAMS] = {
    {.from = -1, .to = -1}, {.from = -1, .to = -1}, {.from = -1, .to = -1}};

static int opened_anew(int fd);
static int is(int fd, mode_t type);
static void forward(struct stream *stream);
static void widen(struct stream *stream);
static void fill(struct stream *stream);
static void empty(struct stream *stream);
static void fail(struct stream *stream);

/* In the parent, after the fork: close the child's ends, or none would ever see the other's end. */
void streams_begin(void) {
  for (int i = 0; i < STREAMS; i++) {
    int theirs = i == STDIN_FILENO ? 0 : 1;
    if (pipes[i][theirs] >= 0) close(pipes[i][theirs]);
  }
}

/* The command runs: begin to copy. Not before, because until then the caller's input may be the
 * debugger's. */
void streams_start(void) {
  if (pipes[0][1] >= 0) input_open(pipes[0][1]);
  for (int i = STDOUT_FILENO; i <= STDERR_FILENO; i++)
    if (pipes[i][0] >= 0) stream_connect(i, pipes[i][0], i);
}

/* Copy from one descriptor to the other. Ours does not block. The caller's is shared with other
 * processes, whose flags these are: a terminal or a pipe is opened anew, not to block either. Where
 * that fails, at most PIPE_BUF bytes are written at a time: that many do not block once poll(2)
 * says that there is room, as long as no other process writes (pipe(7)). A file never blocks. */
void stream_connect(int which, int from, int to) {
  int ours = which == STDIN_FILENO ? to : from;
  fcntl(ours, F_SETFL, O_NONBLOCK);
  struct stream *stream = &streams[which];
  int is_logged = which != STDIN_FILENO && log_is_open();
  stream->is_spliced = is(from, S_IFIFO) && is(to, S_IFIFO) && !is_logged;
  stream->from = from, stream->to = to, stream->left = LLONG_MAX;
  stream->most = sizeof stream->bytes;
  if (ours != to && !stream->is_spliced) stream->most = stream_sink(&stream->to);
}

/* Put a descriptor that does not block in the place of one that others share, if there is one.
 * Returns the bytes that one write may have without blocking. */
size_t stream_sink(int *fd) {
  int own = opened_anew(*fd), is_file = is(*fd, S_IFREG);
  if (own >= 0) *fd = own;
  return own >= 0 || is_file ? sizeof streams[0].bytes : PIPE_BUF;
}

/* The container's input is read from there, where it is open; from nowhere if that is -1. */
void stream_input(int from) {
  struct stream *input = &streams[STDIN_FILENO];
  input->from = input->to >= 0 ? from : -1;
  input->is_spliced = is(from, S_IFIFO) && is(input->to, S_IFIFO);
}

/* Whether it is open, and all that was read from one side has been written to the other. */
int stream_is_empty(int which) {
  return streams[which].to >= 0 && streams[which].length == 0 && !streams[which].awaits_room;
}

/* A descriptor of the same terminal or pipe that does not block, or -1. */
static int opened_anew(int fd) {
  char path[32];
  if (!is(fd, S_IFIFO) && !isatty(fd)) return -1;
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static int is(int fd, mode_t type) {
  struct stat file;
  return fstat(fd, &file) == 0 && (file.st_mode & S_IFMT) == type;
}

/* Fill in what poll(2) should wait for: for each stream either data or room. */
void streams_polls(struct pollfd *fds) {
  for (int i = 0; i < STREAMS; i++) {
    struct stream *stream = &streams[i];
    int is_full = stream->length > 0 || stream->awaits_room || attach_pending(i);
    fds[2 * i] = (struct pollfd){is_full || stream->left <= 0 ? -1 : stream->from, POLLIN, 0};
    fds[2 * i + 1] = (struct pollfd){is_full ? stream->to : -1, POLLOUT, 0};
  }
}

/* Handle what poll(2) returned. */
void streams_copy(const struct pollfd *fds) {
  for (int i = 0; i < STREAMS; i++) {
    struct stream *stream = &streams[i];
    int has_data = fds[2 * i].revents != 0, has_room = fds[2 * i + 1].revents != 0;
    if (stream->is_spliced && (has_data || has_room)) forward(stream);
    else if (has_data) fill(stream);
    else if (has_room) empty(stream);
  }
}

/* The container has ended: from now on copy only what is still in its pipes and its terminal. A
 * process that shares no pid namespace with it may still be writing. */
void streams_end(void) {
  stream_close(STDIN_FILENO);
  for (int i = STDOUT_FILENO; i < STREAMS; i++) {
    int waiting = 0;
    int is_known = is(streams[i].from, S_IFIFO) && ioctl(streams[i].from, FIONREAD, &waiting) == 0;
    streams[i].left = is_known ? waiting : TERMINAL_BYTES;
  }
}

/* Whether something is still to be copied out. */
int streams_pending(void) {
  for (int i = STDOUT_FILENO; i < STREAMS; i++) {
    struct pollfd data = {streams[i].from, POLLIN, 0};
    if (streams[i].length > 0 || attach_pending(i)) return 1;
    if (streams[i].left > 0 && poll(&data, 1, 0) > 0 && (data.revents & POLLIN)) return 1;
  }
  return 0;
}

/* Move bytes from pipe to pipe. EAGAIN says that one of them is not ready, but not which: the data
 * was there, so it is the room, and the other way round. */
static void forward(struct stream *stream) {
  size_t length = stream->left < 1 << 20 ? (size_t)stream->left : 1 << 20;
  ssize_t moved = splice(stream->from, NULL, stream->to, NULL, length, SPLICE_F_NONBLOCK);
  if (moved > 0) {
    stream->left -= moved, stream->awaits_room = 0;
    if (!stream->is_wide && stream->left < LLONG_MAX - WIDE) widen(stream);
  }
  if (moved == 0) stream_close((int)(stream - streams));
  if (moved < 0 && errno == EAGAIN) stream->awaits_room = !stream->awaits_room;
  else if (moved < 0 && errno != EINTR) fail(stream);
}

/* Enlarge both pipes of a stream that carries much. With three processes on the way, pipes of 64
 * KiB spend more time on switching between them than on moving bytes: half the rate of a single
 * pipe, instead of nearly all of it. Ignoring a failure: the user has too many (pipe(7)). */
static void widen(struct stream *stream) {
  stream->is_wide = 1;
  if (fcntl(stream->from, F_SETPIPE_SZ, WIDE) < 0) return;
  fcntl(stream->to, F_SETPIPE_SZ, WIDE);
}

/* Read into an empty buffer. */
static void fill(struct stream *stream) {
  int which = (int)(stream - streams);
  size_t held = which == STDIN_FILENO ? input_held(stream->bytes) : 0;
  size_t size = sizeof stream->bytes - held;
  if (stream->left < (long long)size) size = (size_t)stream->left;
  ssize_t got = read(stream->from, stream->bytes + held, size);
  if (got > 0) {
    stream->at = 0, stream->length = held + (size_t)got, stream->left -= got;
    if (which == STDIN_FILENO) stream->length = input_pass(stream->bytes, stream->length);
    if (which != STDIN_FILENO) log_bytes(which, stream->bytes, (size_t)got);
    if (which != STDIN_FILENO) attach_offer(which, stream->bytes, (size_t)got);
  } else if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  else if (which == STDIN_FILENO && input_ended()) return;
  else if (which != STDIN_FILENO || !terminal_end_of_keys()) stream_close(which);
}

/* Write out as much of the buffer as the other side takes now. */
static void empty(struct stream *stream) {
  size_t length = stream->length < stream->most ? stream->length : stream->most;
  ssize_t put = write(stream->to, stream->bytes + stream->at, length);
  if (put >= 0) stream->at += (size_t)put, stream->length -= (size_t)put;
  else if (errno != EAGAIN && errno != EINTR) fail(stream);
}

/* The write failed. If the container has closed its input, it may go on without. If the caller's
 * output cannot be written, the container ends: its own next write would fail, which process 1 may
 * ignore, because SIGPIPE does not end it. A terminal is hung up first, as when its window is
 * closed. */
static void fail(struct stream *stream) {
  int which = (int)(stream - streams), error = errno;
  if (which != STDIN_FILENO && is_outliving()) {
    report_unwritten(which, error);
    report_detached();
    return (void)outlive();
  }
  if (which != STDIN_FILENO) {
    report_unwritten(which, error);
    end_child(terminal_hang_up());
  }
  stream_close(which);
}

/* Copy nothing more to or from the caller. What is still written is dropped. */
void streams_let_go(void) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int i = 0; null >= 0 && i < STREAMS; i++) {
    dup2(null, i);
    if (i != STDIN_FILENO && streams[i].from >= 0) streams[i].to = null, streams[i].length = 0;
  }
  if (terminal_master() < 0) stream_close(STDIN_FILENO);
  else streams[STDIN_FILENO].from = -1, streams[STDIN_FILENO].length = 0;
}

/* Append `count` times `byte` to a stream that has reached the end of its input. */
void stream_type(int which, char byte, size_t count) {
  struct stream *stream = &streams[which];
  stream->from = -1;
  stream->at = 0;
  stream->length = count;
  memset(stream->bytes, byte, count);
}

/* The last byte that was copied; a newline at first. */
char stream_last(int which) {
  const struct stream *stream = &streams[which];
  return stream->at > 0 ? stream->bytes[stream->at - 1] : '\n';
}

/* Stop copying, and close our end of the pipe: the container sees an end of input, or a broken
 * pipe. A terminal has one descriptor for both directions, which terminal.c closes. */
void stream_close(int which) {
  int *ours = &pipes[which][which == STDIN_FILENO ? 1 : 0];
  if (*ours >= 0) close(*ours);
  *ours = -1;
  struct stream *stream = &streams[which];
  stream->from = stream->to = -1;
  stream->length = 0;
  stream->awaits_room = 0;
}
