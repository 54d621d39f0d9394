/* The container's log: what it writes to its output and errors, as Docker's json-file has it. A
 * record is a line of JSON, for a line of output or for 16 KiB of a longer one. Bytes that are not
 * UTF-8 are written as \udc80 to \udcff, from which a reader gets them back. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define RECORD (1 << 14) /* most bytes of output in a record, as in Docker */
#define RECORD_ROOM (6 * RECORD + 128) /* each byte may become \u00XX */

static int log_fd = -1;
static char log_path[4096];
static long long log_size, log_most; /* bytes in the file; most before it is rotated, or 0 */
static int log_files;                /* how many files are kept, the current one among them */

/* The beginning of a record that is not complete yet, for output and errors. */
static struct {
  size_t length;
  char bytes[RECORD];
} begun[2];

static char out[1 << 17]; /* records that are not in the file yet */
static size_t out_length;

static void append(const char *bytes, size_t length);
static void record(int which);
static void put(void);
static void rotate(void);
static void open_file(int flags);
static size_t sequence_at(const unsigned char *text, size_t length);

/* Open the log before the fork. A last record without its end, which a crash has left, is ended:
 * readers skip such a line. Its number is out of the way of the plan's descriptors. */
long do_open_log(struct arg *a) {
  if (a[0].length + 16 > sizeof log_path) return errno = ENAMETOOLONG, -1;
  memcpy(log_path, a[0].text, a[0].length + 1);
  log_most = a[1].number;
  log_files = (int)a[2].number;
  open_file(0);
  if (log_fd < 0) return -1;
  char last = '\n';
  if (log_size > 0 && pread(log_fd, &last, 1, log_size - 1) == 1 && last != '\n') append("\n", 1);
  put();
  return 0;
}

/* Whether output has to come through this program, to be logged. */
int log_is_open(void) { return log_fd >= 0; }

/* Log bytes of a stream, 1 or 2. What has no newline yet waits for more of its line. */
void log_bytes(int stream, const char *bytes, size_t length) {
  int which = stream - 1;
  if (log_fd < 0) return;
  while (length > 0) {
    size_t room = RECORD - begun[which].length;
    const char *newline = memchr(bytes, '\n', length < room ? length : room);
    size_t count = newline ? (size_t)(newline - bytes) + 1 : length < room ? length : room;
    memcpy(begun[which].bytes + begun[which].length, bytes, count);
    begun[which].length += count;
    bytes += count;
    length -= count;
    if (newline || begun[which].length == RECORD) record(which);
  }
  put();
}

/* The container has ended: log a last line without a newline. */
void log_end(void) {
  for (int which = 0; which < 2; which++)
    if (begun[which].length > 0) record(which);
  put();
}

static void append(const char *bytes, size_t length) {
  memcpy(out + out_length, bytes, length);
  out_length += length;
}

/* Append the record that has begun, in the form of Docker's json-file. */
static void record(int which) {
  static const char *const streams[] = {"stdout", "stderr"};
  if (sizeof out - out_length < RECORD_ROOM) put();
  const unsigned char *text = (const unsigned char *)begun[which].bytes;
  size_t left = begun[which].length;
  append("{\"log\":\"", 8);
  while (left > 0) {
    char escaped[8];
    size_t length = sequence_at(text, left);
    const char *named = *text == '\n' ? "\\n" : *text == '\r' ? "\\r" : *text == '\t' ? "\\t"
                        : *text == '"' ? "\\\"" : *text == '\\' ? "\\\\" : NULL;
    if (named) append(named, 2);
    else if (length == 0) append(escaped, (size_t)snprintf(escaped, 8, "\\udc%02x", *text));
    else if (*text < 0x20 || strchr("<>&", *text))
      append(escaped, (size_t)snprintf(escaped, 8, "\\u%04x", *text));
    else append((const char *)text, length);
    text += length ? length : 1;
    left -= length ? length : 1;
  }
  struct timespec now;
  struct tm date;
  char time[64];
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &date);
  size_t length = strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", &date);
  out_length += (size_t)snprintf(out + out_length, 128, "\",\"stream\":\"%s\",\"time\":\"%.*s.%09ldZ\"}\n",
                                 streams[which], (int)length, time, now.tv_nsec);
  begun[which].length = 0;
}

/* The length of the UTF-8 sequence at the beginning of `text`, or 0 if there is none (RFC 3629). */
static size_t sequence_at(const unsigned char *text, size_t length) {
  unsigned char first = text[0];
  size_t need = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2
                : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  if (need == 0 || need > length) return 0;
  for (size_t i = 1; i < need; i++)
    if ((text[i] & 0xc0) != 0x80) return 0;
  if (first == 0xe0 && text[1] < 0xa0) return 0; /* overlong */
  if (first == 0xed && text[1] >= 0xa0) return 0; /* a surrogate */
  if (first == 0xf0 && text[1] < 0x90) return 0; /* overlong */
  if (first == 0xf4 && text[1] >= 0x90) return 0; /* above U+10FFFF */
  return need;
}

/* Write out what is complete. If that fails, as on a full disk, the log ends here, whole, and the
 * container goes on without it. */
static void put(void) {
  if (log_fd < 0 || out_length == 0) return;
  if (log_most > 0 && log_size > 0 && log_size + (long long)out_length > log_most) rotate();
  size_t done = 0;
  while (log_fd >= 0 && done < out_length) {
    ssize_t count = write(log_fd, out + done, out_length - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      int error = errno;
      if (ftruncate(log_fd, log_size) != 0) error = errno;
      close(log_fd);
      log_fd = -1;
      report_unlogged(error);
      break;
    }
    done += (size_t)count;
  }
  log_size += (long long)out_length;
  out_length = 0;
}

/* FILE becomes FILE.1, FILE.1 becomes FILE.2; the oldest one is lost. A single file is emptied. */
static void rotate(void) {
  char from[sizeof log_path + 16], to[sizeof log_path + 16];
  close(log_fd);
  for (int i = log_files - 1; i > 0; i--) {
    snprintf(from, sizeof from, i == 1 ? "%s" : "%s.%d", log_path, i - 1);
    snprintf(to, sizeof to, "%s.%d", log_path, i);
    if (rename(from, to) != 0 && errno != ENOENT) break;
  }
  open_file(log_files <= 1 ? O_TRUNC : 0);
  if (log_fd < 0) report_unlogged(errno);
}

static void open_file(int flags) {
  struct stat file;
  int fd = open(log_path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
  log_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, LIFELINE + 1);
  if (fd >= 0) close_returning(fd, 0);
  if (log_fd >= 0) log_size = fstat(log_fd, &file) == 0 ? file.st_size : 0;
}
