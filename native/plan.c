/* Reads one plan whole and checks all of it before the first call is made. The form is described in
 * runtime/encode.ts. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *body; /* what is still to be parsed */
static size_t left;

static size_t read_header(char *line, size_t size);
static void read_fully(char *to, size_t length);
static struct arg next_item(void);
static void next_step(struct step *step);
static void next_argument(const struct call *call, const char **signature, struct arg *arg);
static void join_flags(struct arg *arg);

int read_plan(struct plan *plan) {
  char line[128], mode[8];
  static char *buffer;
  static struct step *steps;
  if (read_header(line, sizeof line) == 0) return 0;
  size_t count, bytes;
  if (sscanf(line, "stepbox 1 %7s %zu %zu", mode, &count, &bytes) != 3 || bytes > 1UL << 30 ||
      count > bytes)
    refuse("not a plan", line);
  free(buffer);
  free(steps);
  body = buffer = malloc(bytes + 1);
  plan->steps = steps = calloc(count + 1, sizeof *steps);
  if (!buffer || !steps) refuse("no memory for the plan", line);
  read_fully(body, bytes);
  left = bytes;
  plan->mode = mode[0];
  plan->count = count;
  for (size_t i = 0; i < count; i++) next_step(&steps[i]);
  if (left != 0) refuse("more in the plan than its steps", line);
  return 1;
}

/* Byte by byte: what comes after the line belongs to somebody else. */
static size_t read_header(char *line, size_t size) {
  size_t at = 0;
  while (at < size - 1) {
    ssize_t got = read(CONTROL, line + at, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      line[at] = 0;
      if (at > 0) refuse("truncated plan", line);
      return 0;
    }
    if (line[at++] == '\n') break;
  }
  line[at - 1] = 0;
  return at;
}

static void read_fully(char *to, size_t length) {
  while (length > 0) {
    ssize_t got = read(CONTROL, to, length);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) refuse("truncated plan", "the end is missing");
    to += got;
    length -= (size_t)got;
  }
}

/* `<length>:<kind><bytes>,` — the comma becomes the NUL that C strings end with. */
static struct arg next_item(void) {
  size_t length = 0, digits = 0;
  while (digits < left && body[digits] >= '0' && body[digits] <= '9' && digits < 10)
    length = length * 10 + (size_t)(body[digits++] - '0');
  if (digits == 0 || digits >= left || body[digits] != ':' || length == 0 ||
      length + digits + 2 > left || body[digits + 1 + length] != ',')
    refuse("malformed plan", "an item does not end where it says");
  struct arg item = {.kind = body[digits + 1], .text = body + digits + 2, .length = length - 1};
  body[digits + 1 + length] = 0;
  body += digits + length + 2;
  left -= digits + length + 2;
  return item;
}

static void next_step(struct step *step) {
  struct arg name = next_item(), ignoring = next_item();
  step->call = name.kind == 'c' ? call_named(name.text) : NULL;
  if (!step->call) refuse("unknown call", name.text);
  step->ignoring = errno_named(ignoring.text);
  if (ignoring.kind != 'i' || step->ignoring < 0) refuse("unknown errno", ignoring.text);
  const char *signature = step->call->signature;
  for (struct arg *arg = step->args; *signature; arg++) next_argument(step->call, &signature, arg);
}

static void next_argument(const struct call *call, const char **signature, struct arg *arg) {
  char kind = *(*signature)++;
  int nullable = **signature == '?';
  if (nullable) (*signature)++;
  if (kind == 'o') kind = 'n';
  *arg = next_item();
  if (arg->kind == '0' && nullable) {
    arg->text = NULL;
    return;
  }
  if (arg->kind != kind) refuse("wrong kind of argument for", call->name);
  if (kind == 'f') join_flags(arg);
  if (kind != 'n' && kind != 'l') return;
  char *end;
  errno = 0;
  arg->number = strtoll(arg->text, &end, 10);
  if (end == arg->text || *end || errno) refuse("not a number", arg->text);
  if (kind == 'n') return;
  if (arg->number < 0 || (size_t)arg->number > left) refuse("malformed list for", call->name);
  arg->list = calloc((size_t)arg->number + 1, sizeof *arg->list);
  if (!arg->list) refuse("no memory for the plan", call->name);
  for (long long i = 0; i < arg->number; i++) {
    struct arg item = next_item();
    if (item.kind != 's') refuse("malformed list for", call->name);
    arg->list[i] = item.text;
  }
}

/* `MS_REC|MS_PRIVATE` to its bits. A name that this program does not know stops it. */
static void join_flags(struct arg *arg) {
  const char *name = arg->text;
  while (*name) {
    size_t length = strcspn(name, "|");
    long long bits;
    if (!flag_named(name, length, &bits)) refuse("unknown flag", name);
    arg->number |= bits;
    name += length + (name[length] == '|');
  }
}
