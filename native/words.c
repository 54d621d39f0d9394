/* The words of a file, for the resolver: it holds a kilobyte of the file at a time. */
#define _GNU_SOURCE
#include "resolver.h"

#include <sys/syscall.h>

static int next_byte(struct words *file);

/* Begin to read the file `name` in a directory. Returns 0 if there is none. */
int words_open(struct words *file, int directory, const char *name) {
  file->at = file->filled = 0;
  file->is_last = 1;
  file->fd = (int)syscall(SYS_openat, directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  return file->fd >= 0;
}

/* Read the next word, of this line or of the next. Of a longer word only the first NAME_BYTES - 1
 * bytes are kept, which is no name then. Returns 0 at the end of the file. */
int words_next(struct words *file, char *word) {
  size_t length = 0;
  int byte = next_byte(file);
  while (byte == ' ' || byte == '\n') byte = next_byte(file);
  if (byte < 0) return 0;
  for (; byte >= 0 && byte != ' ' && byte != '\n'; byte = next_byte(file))
    if (length + 1 < NAME_BYTES) word[length++] = (char)byte;
  word[length] = 0;
  file->is_last = byte != ' ';
  return 1;
}

void words_skip_line(struct words *file) {
  int byte;
  do byte = next_byte(file);
  while (byte >= 0 && byte != '\n');
  file->is_last = 1;
}

/* Returns -1 at the end. */
static int next_byte(struct words *file) {
  if (file->at == file->filled) {
    ssize_t got = read(file->fd, file->bytes, sizeof file->bytes);
    if (got <= 0) return -1;
    file->at = 0;
    file->filled = (size_t)got;
  }
  return (unsigned char)file->bytes[file->at++];
}
