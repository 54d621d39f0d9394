/* Reads one whole plan and checks all of it before the first call is made, so that a bad plan
 * changes nothing. runtime/encode.ts describes the format. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bounds for the numbers in a header, checked before they are used to allocate memory: far more
 * than any plan needs, and the shortest step there can be. */
#define MAX_BYTES (1UL << 28)
#define MIN_STEP_BYTES 8

static int source = CONTROL; /* where the plan is read from */
static char *body;  /* the rest of the plan that is not parsed yet */
static size_t left; /* its length */

struct room {
  void *memory;
  size_t size;
};
#define LARGE_ROOM (1 << 16)

static void *make_room(struct room *room, size_t size);
static size_t read_header(char *line, size_t size);
static void parse_header(const char *line, struct plan *plan, size_t *bytes);
static void read_fully(char *to, size_t length);
static struct arg next_item(void);
static void next_step(struct step *step);
static void next_argument(const struct call *call, const char **kinds, struct arg *arg);
static void next_list(const struct call *call, struct arg *arg);
static void join_flags(struct arg *arg);
static void forget(struct plan *plan);

int read_plan(struct plan *plan) { return read_plan_from(CONTROL, plan); }

int read_plan_from(int fd, struct plan *plan) {
  static struct room for_bytes, for_steps;
  static struct plan last;
  char line[256];
  size_t bytes;
  source = fd;
  if (read_header(line, sizeof line) == 0) return 0;
  parse_header(line, plan, &bytes);
  forget(&last);
  size_t size = (plan->count + 1) * sizeof *plan->steps;
  body = make_room(&for_bytes, bytes + 1);
  plan->steps = make_room(&for_steps, size);
  memset(plan->steps, 0, size);
  read_fully(body, bytes);
  left = bytes;
  for (size_t i = 0; i < plan->count; i++) next_step(&plan->steps[i]);
  if (left != 0) refuse("bytes after the last step", line);
  last = *plan;
  return 1;
}

/* Memory for `size` bytes, in place of what the call before gave. What is large stays as it
 * is: for new memory the kernel clears every page, which takes longer than to read the plan. */
static void *make_room(struct room *room, size_t size) {
  if (size <= room->size && room->size >= LARGE_ROOM) return room->memory;
  room->memory = realloc(room->memory, size);
  if (!room->memory) refuse("out of memory", "a plan");
  room->size = size;
  return room->memory;
}

/* Read one line, byte by byte: what follows it must stay in the socket. Returns its length, or 0 at
 * the end of input. */
static size_t read_header(char *line, size_t size) {
  size_t at = 0;
  do {
    ssize_t got = at < size - 1 ? read(source, line + at, 1) : 0;
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

/* Parse `stepbox 1 <mode> <steps> <bytes>`, which ` keys <digits>` may follow (keys.c). sscanf(3)
 * accepts more than this, signs and extra blanks, so the line is composed again from what was
 * parsed and must be the same. */
static void parse_header(const char *line, struct plan *plan, size_t *bytes) {
  static const char *const modes[] = {"run", "trace", "step"};
  char mode[8] = "", digits[2 * KEYS + 1] = "", again[256];
  int found = sscanf(line, "stepbox 1 %7s %zu %zu keys %64s", mode, &plan->count, bytes, digits);
  if (found < 3 || (found == 4 && keys_parse(digits, &keys_asked) != 0)) refuse("not a plan", line);
  snprintf(again, sizeof again, "stepbox 1 %s %zu %zu%s%s", mode, plan->count, *bytes,
           *digits ? " keys " : "", digits);
  int known = 0;
  for (enum mode each = RUN; each <= STEP; each++)
    if (strcmp(mode, modes[each]) == 0) known = 1, plan->mode = each;
  if (!known || strcmp(line, again) != 0) refuse("not a plan", line);
  if (*bytes > MAX_BYTES || plan->count > *bytes / MIN_STEP_BYTES)
    refuse("plan too large", line);
}

/* Read exactly `length` bytes. */
static void read_fully(char *to, size_t length) {
  while (length > 0) {
    ssize_t got = read(source, to, length);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) refuse("truncated plan", "end of input");
    to += got;
    length -= (size_t)got;
  }
}

/* Parse `<length>:<kind><bytes>,`. The comma is overwritten by the NUL that ends a C string. */
static struct arg next_item(void) {
  size_t length = 0, digits = 0;
  while (digits < left && body[digits] >= '0' && body[digits] <= '9' && length <= left)
    length = length * 10 + (size_t)(body[digits++] - '0');
  if (digits == 0 || length == 0 || length > left || left - length < digits + 2 ||
      body[digits] != ':' || body[digits + 1 + length] != ',')
    refuse("malformed plan", "wrong length of an item");
  struct arg item = {.kind = body[digits + 1], .text = body + digits + 2, .length = length - 1};
  body[digits + 1 + length] = 0;
  body += digits + length + 2;
  left -= digits + length + 2;
  /* The kernel would read a path only up to the NUL, and use another file than the plan names. */
  if (item.kind != 'b' && memchr(item.text, 0, item.length)) refuse("NUL byte in text", item.text);
  return item;
}

/* Parse the name of a call, the errno to ignore, and as many arguments as the call has. */
static void next_step(struct step *step) {
  struct arg name = next_item(), ignoring = next_item();
  step->call = name.kind == 'c' ? call_named(name.text) : NULL;
  if (!step->call) refuse("unknown call", name.text);
  step->ignoring = errno_named(ignoring.text);
  if (ignoring.kind != 'i' || step->ignoring < 0) refuse("unknown errno", ignoring.text);
  const char *kinds = step->call->kinds;
  for (struct arg *arg = step->args; *kinds; arg++) next_argument(step->call, &kinds, arg);
}

static void next_argument(const struct call *call, const char **kinds, struct arg *arg) {
  char kind = *(*kinds)++;
  int nullable = **kinds == '?';
  if (nullable) (*kinds)++;
  if (kind == 'o') kind = 'n'; /* octal is a matter of printing */
  *arg = next_item();
  if (arg->kind == '0' && nullable) {
    arg->text = NULL;
    return;
  }
  if (arg->kind != kind) refuse("wrong kind of argument", call->name);
  if (kind == 'f') join_flags(arg);
  if (kind != 'n' && kind != 'l') return;
  char *end;
  errno = 0;
  arg->number = strtoll(arg->text, &end, 10);
  if (end == arg->text || *end || errno) refuse("not a number", arg->text);
  if (kind == 'l') next_list(call, arg);
}

/* Parse the items of a list, whose number came first. */
static void next_list(const struct call *call, struct arg *arg) {
  if (arg->number < 0 || (size_t)arg->number > left) refuse("malformed list", call->name);
  arg->list = calloc((size_t)arg->number + 1, sizeof *arg->list);
  if (!arg->list) refuse("no memory for the plan", call->name);
  for (long long i = 0; i < arg->number; i++) {
    struct arg item = next_item();
    if (item.kind != 's') refuse("malformed list", call->name);
    arg->list[i] = item.text;
  }
}

/* Turn `MS_REC|MS_PRIVATE` into bits. */
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
    for (size_t j = 0; j < MAX_ARGS; j++) free(plan->steps[i].args[j].list);
  *plan = (struct plan){0};
}
