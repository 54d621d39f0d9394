/* Tests. Feeds plans from standard input to the reader in native/plan.c, many in one process, and
 * makes no call of any. Built with sanitizers; the linker puts the functions __wrap_… in the place
 * of the system calls with which the reader reads a plan, refuses it, and exits.
 *
 * In:  <length in 4 bytes, little-endian><bytes of a plan>, again and again.
 * Out: a line for each: `parsed <steps>`, or what the reader reports. */
#define _GNU_SOURCE
#include "../../native/stepbox.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

static char *input;
static size_t length, at;
static char said[1024];
static jmp_buf refused;

ssize_t __real_read(int fd, void *to, size_t size);

ssize_t __wrap_read(int fd, void *to, size_t size) {
  if (fd != CONTROL) return __real_read(fd, to, size);
  if (size > length - at) size = length - at;
  memcpy(to, input + at, size);
  at += size;
  return (ssize_t)size;
}

ssize_t __wrap_writev(int fd, const struct iovec *parts, int count) {
  if (fd != CONTROL || count != 1 || parts->iov_len >= sizeof said) abort();
  memcpy(said, parts->iov_base, parts->iov_len);
  said[parts->iov_len] = 0;
  return (ssize_t)parts->iov_len;
}

void __attribute__((noreturn)) __wrap__exit(int code) {
  if (code != 125) abort();
  longjmp(refused, 1);
}

/* Touch every byte of a parsed plan, and compare what is said twice. */
static size_t checked(const struct plan *plan) {
  size_t bytes = 0;
  for (size_t i = 0; i < plan->count; i++) {
    const char *kinds = plan->steps[i].call->kinds;
    const struct arg *arg = plan->steps[i].args;
    for (; *kinds; kinds++) {
      if (*kinds == '?') continue;
      if (arg->text && arg->text[arg->length] != 0) abort();
      if (arg->text && arg->kind != 'b' && strlen(arg->text) != arg->length) abort();
      for (size_t j = 0; arg->text && j < arg->length; j++) bytes += (size_t)arg->text[j] != 0;
      for (long long j = 0; arg->kind == 'l' && j < arg->number; j++) bytes += strlen(arg->list[j]);
      if (arg->kind == 'l' && arg->list[arg->number]) abort();
      arg++;
    }
  }
  return bytes;
}

/* A refused plan is not freed by the reader: the program would exit. */
static void drop(struct plan *plan) {
  for (size_t i = 0; plan->steps && i < plan->count; i++)
    for (size_t j = 0; j < MAX_ARGS; j++) free(plan->steps[i].args[j].list);
}

static void parse(void) {
  static struct plan plan;
  plan = (struct plan){0};
  at = 0;
  if (setjmp(refused)) {
    drop(&plan);
    fputs(said, stdout);
    return;
  }
  while (read_plan(&plan)) { /* there may be several in one input */
    checked(&plan);
    printf("parsed %zu, ", plan.count);
    plan = (struct plan){0};
  }
  puts("end");
}

int main(void) {
  unsigned char size[4];
  while (fread(size, 1, sizeof size, stdin) == sizeof size) {
    length = size[0] | size[1] << 8 | size[2] << 16 | (size_t)size[3] << 24;
    input = malloc(length + 1); /* of its own, so that a byte too much is noticed */
    if (!input || fread(input, 1, length, stdin) != length) return 1;
    parse();
    fflush(stdout);
    free(input);
  }
  length = at = 0;
  return 0;
}
