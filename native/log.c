/* The container's log: what it writes to its output and errors, as Docker's json-file has it. A
 * record is a line of JSON, for a line of output or for 16 KiB of a longer one. Bytes that are not
 * UTF-8 are written as \udc80 to \udcff, from which a reader gets them back. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define RECORD (1 << 14) /* most bytes of output in a record, as in Docker */
#define AROUND 128       /* more than a record has beside its output and its attributes */

static int is_on;       /* a log was asked for */
static int log_fd = -1; /* -1: there is none, or it could not be written a moment ago */
static char log_path[4096];
static long long log_size, log_most; /* bytes in the file; how many let the next record rotate it */
static int log_files;                /* how many files are kept, the current one among them */
static const char *attributes;       /* what every record has, as JSON */
static size_t attributes_length;

/* A stream's last line, if it is not complete yet. */
static struct {
  size_t length;
  char bytes[RECORD];
  struct timespec time; /* of its first record: a long line has the same in all */
  int has_time;
} begun[2];

/* Records that are not in the file yet. */
static char *out;
static size_t out_length, out_room, record_room;

static char is_plain[256]; /* bytes that stand for themselves */

static void record(int which, const char *text, size_t length);
static void append_escaped(const unsigned char *text, size_t length);
static void append_time(struct timespec time);
static void append(const char *bytes, size_t length);
static void put(void);
static void lose(int error, size_t torn);
static void rotate(void);
static int open_file(void);
static size_t sequence_at(const unsigned char *text, size_t length);

/* Open the log before the fork: open_log(path, most bytes, files, attributes). */
long do_open_log(struct arg *a) {
  if (a[0].length + 16 > sizeof log_path) return errno = ENAMETOOLONG, -1;
  memcpy(log_path, a[0].text, a[0].length + 1);
  log_most = a[1].number;
  log_files = (int)a[2].number;
  attributes = a[3].text;
  attributes_length = a[3].length;
  record_room = 6 * RECORD + AROUND + attributes_length; /* each byte may become \u00XX */
  out_room = record_room + (1 << 16);
  out = malloc(out_room);
  if (!out) return -1;
  for (int c = 0x20; c < 0x80; c++) is_plain[c] = !strchr("\"\\<>&", c);
  if (open_file() != 0) return -1;
  is_on = 1;
  return 0;
}

/* Whether output has to come through this program, to be logged. */
int log_is_open(void) { return is_on; }

/* Log bytes of a stream, 1 or 2. What has no newline yet waits for more of its line. */
void log_bytes(int stream, const char *bytes, size_t length) {
  int which = stream - 1;
  while (is_on && length > 0) {
    size_t *have = &begun[which].length;
    size_t room = RECORD - *have;
    const char *newline = memchr(bytes, '\n', length < room ? length : room);
    size_t count = newline ? (size_t)(newline - bytes) + 1 : length < room ? length : room;
    int is_whole = newline || count == room;
    if (is_whole && *have == 0) record(which, bytes, count);
    else {
      memcpy(begun[which].bytes + *have, bytes, count);
      *have += count;
      if (is_whole) record(which, begun[which].bytes, *have), *have = 0;
    }
    bytes += count;
    length -= count;
  }
  put();
}

/* The container has ended: log a last line without a newline. */
void log_end(void) {
  for (int which = 0; which < 2; which++)
    if (begun[which].length > 0) record(which, begun[which].bytes, begun[which].length);
  put();
}

/* Append a record, in the form of Docker's json-file. */
static void record(int which, const char *text, size_t length) {
  static const char *const streams[] = {"stdout", "stderr"};
  if (log_most > 0 && log_size + (long long)out_length >= log_most) put(), rotate();
  if (out_room - out_length < record_room) put();
  struct timespec now = begun[which].time;
  if (!begun[which].has_time) clock_gettime(CLOCK_REALTIME, &now);
  begun[which].time = now;
  begun[which].has_time = text[length - 1] != '\n';
  append("{\"log\":\"", 8);
  append_escaped((const unsigned char *)text, length);
  append("\",\"stream\":\"", 12);
  append(streams[which], 6);
  append("\"", 1);
  if (attributes_length > 0) append(",\"attrs\":", 9), append(attributes, attributes_length);
  append(",\"time\":\"", 9);
  append_time(now);
  append("\"}\n", 3);
}

/* As Docker escapes, but for bytes that are not UTF-8, which it replaces. */
static void append_escaped(const unsigned char *text, size_t length) {
  static const char digits[] = "0123456789abcdef";
  while (length > 0) {
    size_t count = 0;
    while (count < length && is_plain[text[count]]) count++;
    append((const char *)text, count);
    text += count, length -= count;
    if (length == 0) return;
    unsigned char c = *text;
    size_t sequence = sequence_at(text, length);
    int is_separator = sequence == 3 && (memcmp(text, "\xe2\x80\xa8", 3) == 0 ||
                                         memcmp(text, "\xe2\x80\xa9", 3) == 0);
    char short_form = c == '\n' ? 'n' : c == '\r' ? 'r' : c == '"' || c == '\\' ? (char)c : 0;
    if (short_form) append((char[]){'\\', short_form}, 2);
    else if (is_separator) append(text[2] == 0xa8 ? "\\u2028" : "\\u2029", 6);
    else if (sequence > 1) append((const char *)text, sequence);
    else {
      append(sequence == 0 ? "\\udc" : "\\u00", 4);
      append((char[]){digits[c >> 4], digits[c & 15]}, 2);
    }
    text += sequence ? sequence : 1;
    length -= sequence ? sequence : 1;
  }
}

/* As Go's RFC3339Nano: without the zeros at the end of the fraction. */
static void append_time(struct timespec time) {
  static time_t second = -1;
  static char date[32];
  static size_t date_length;
  char fraction[16];
  if (time.tv_sec != second) {
    struct tm parts;
    second = time.tv_sec;
    gmtime_r(&second, &parts);
    date_length = strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  }
  long rest = time.tv_nsec;
  size_t digits = rest == 0 ? 0 : 10;
  for (size_t i = 9; i > 0; i--, rest /= 10) fraction[i] = (char)('0' + rest % 10);
  fraction[0] = '.';
  while (digits > 0 && fraction[digits - 1] == '0') digits--;
  append(date, date_length);
  append(fraction, digits);
  append("Z", 1);
}

static void append(const char *bytes, size_t length) {
  memcpy(out + out_length, bytes, length);
  out_length += length;
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

/* Write out what is complete. What cannot be written, as on a full disk, is lost, and the container
 * goes on: each further record is tried again, because there may be room by then. */
static void put(void) {
  size_t done = 0;
  if (out_length > 0 && log_fd < 0 && open_file() != 0) lose(errno, 0);
  while (log_fd >= 0 && done < out_length) {
    ssize_t count = write(log_fd, out + done, out_length - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      int error = errno;
      const char *newline = memrchr(out, '\n', done);
      lose(error, done - (newline ? (size_t)(newline - out) + 1 : 0));
      break;
    }
    done += (size_t)count;
  }
  log_size += (long long)done;
  out_length = 0;
}

/* The file cannot be written. It ends after a whole record for now: its last `torn` bytes go. Said
 * once: from then on the log has a gap, even if more follows. */
static void lose(int error, size_t torn) {
  static int is_said;
  struct stat file;
  int is_torn = log_fd >= 0 && torn > 0 && fstat(log_fd, &file) == 0;
  if (is_torn && ftruncate(log_fd, file.st_size - (off_t)torn) != 0) errno = 0; /* it is skipped */
  if (log_fd >= 0) close(log_fd);
  log_fd = -1;
  if (!is_said) report_unlogged(error);
  is_said = 1;
}

/* FILE becomes FILE.1, FILE.1 becomes FILE.2; the oldest one is lost. A single file is made anew,
 * not emptied, so that a reader who is behind can read it to its end. */
static void rotate(void) {
  char from[sizeof log_path + 16], to[sizeof log_path + 16];
  if (log_fd < 0) return;
  close(log_fd);
  for (int i = log_files - 1; i > 0; i--) {
    snprintf(from, sizeof from, i == 1 ? "%s" : "%s.%d", log_path, i - 1);
    snprintf(to, sizeof to, "%s.%d", log_path, i);
    if (rename(from, to) != 0 && errno != ENOENT) break;
  }
  if (log_files <= 1) unlink(log_path);
  if (open_file() != 0) lose(errno, 0);
}

/* Open the file, and end a last record that has no end: readers skip such a line. Its number is out
 * of the way of the plan's descriptors. Returns 0, or -1 as open(2). */
static int open_file(void) {
  struct stat file;
  char last = '\n';
  int flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
  log_fd = out_of_the_way(open(log_path, flags, 0600));
  if (log_fd < 0) return -1;
  log_size = fstat(log_fd, &file) == 0 ? file.st_size : 0;
  if (log_size == 0 || pread(log_fd, &last, 1, log_size - 1) != 1 || last == '\n') return 0;
  if (write(log_fd, "\n", 1) == 1) log_size++;
  else lose(errno, 0);
  return 0;
}
