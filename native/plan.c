/* Reads one plan whole and checks all of it before the first call is made. The form is described in
 * runtime/encode.ts. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Far above any container's plan, and no harm if a wrong number asks for it. */
#define MOST_BYTES (1UL << 28)
#define FEWEST_BYTES_OF_A_STEP 8

static char *body; /* what is still to be parsed */
static size_t left;

static size_t read_header(char *line, size_t size);
static void parse_header(const char *line, struct plan *plan, size_t *bytes);
static void read_fully(char *to, size_t length);
static struct arg next_item(void);
static void next_step(struct step *step);
static void next_argument(const struct call *call, const char **signature, struct arg *arg);
static void next_list(const struct call *call, struct arg *arg);
static void join_flags(struct arg *arg);
static void forget(struct plan *plan);

int read_plan(struct plan *plan) {
  static char *buffer;
  static struct plan last; /* its memory is given back when the next one comes */
  char line[128];
  size_t bytes;
  if (read_header(line, sizeof line) == 0) return 0;
  forget(&last);
  free(buffer);
  parse_header(line, plan, &bytes);
  body = buffer = malloc(bytes + 1);
  plan->steps = calloc(plan->count + 1, sizeof *plan->steps);
  if (!buffer || !plan->steps) refuse("no memory for the plan", line);
  read_fully(body, bytes);
  left = bytes;
  for (size_t i = 0; i < plan->count; i++) next_step(&plan->steps[i]);
  if (left != 0) refuse("more in the plan than its steps", line);
  last = *plan;
  return 1;
}

/* Byte by byte: what comes after the line belongs to somebody else. */
static size_t read_header(char *line, size_t size) {
  size_t at = 0;
  do {
    ssize_t got = at < size - 1 ? read(CONTROL, line + at, 1) : 0;
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      line[at] = 0;
      if (at > 0) refuse("not a plan", line);
      return 0;
    }
    at++;
  } while (at == 0 || line[at - 1] != '\n');
  line[at - 1] = 0;
  return at;
}

/* `stepbox 1 <mode> <steps> <bytes>`, to the letter: written again it must read the same. */
static void parse_header(const char *line, struct plan *plan, size_t *bytes) {
  static const char *const modes[] = {"run", "trace", "step"};
  char mode[8] = "", again[128];
  if (sscanf(line, "stepbox 1 %7s %zu %zu", mode, &plan->count, bytes) != 3)
    refuse("not a plan", line);
  snprintf(again, sizeof again, "stepbox 1 %s %zu %zu", mode, plan->count, *bytes);
  int known = 0;
  for (enum mode each = RUN; each <= STEP; each++)
    if (strcmp(mode, modes[each]) == 0) known = 1, plan->mode = each;
  if (!known || strcmp(line, again) != 0) refuse("not a plan", line);
  if (*bytes > MOST_BYTES || plan->count > *bytes / FEWEST_BYTES_OF_A_STEP)
    refuse("a plan too large", line);
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
  while (digits < left && body[digits] >= '0' && body[digits] <= '9' && length <= left)
    length = length * 10 + (size_t)(body[digits++] - '0');
  if (digits == 0 || length == 0 || length > left || left - length < digits + 2 ||
      body[digits] != ':' || body[digits + 1 + length] != ',')
    refuse("malformed plan", "an item does not end where it says");
  struct arg item = {.kind = body[digits + 1], .text = body + digits + 2, .length = length - 1};
  body[digits + 1 + length] = 0;
  body += digits + length + 2;
  left -= digits + length + 2;
  /* The kernel would see only what comes before the NUL: another path than was meant. */
  if (item.kind != 'b' && memchr(item.text, 0, item.length)) refuse("a NUL byte in", item.text);
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
  if (kind == 'o') kind = 'n'; /* octal only for people */
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
  if (kind == 'l') next_list(call, arg);
}

static void next_list(const struct call *call, struct arg *arg) {
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

static void forget(struct plan *plan) {
  for (size_t i = 0; i < plan->count; i++)
    for (size_t j = 0; j < MOST_ARGUMENTS; j++) free(plan->steps[i].args[j].list);
  free(plan->steps);
}
