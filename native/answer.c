/* The answers of the resolver: names and addresses of the containers in a container's networks.
 *
 * They are in files, each of which Stepbox puts in place by a rename. That of the container has a
 * line for each network, each name that it calls another, and each of the host's resolvers:
 *
 *     network DIRECTORY NAME
 *     link DIRECTORY ALIAS TARGET
 *     server ADDRESS
 *
 * In the directory of a network is a file for each of its containers, with a line for each address:
 *
 *     ADDRESS NAME OTHER-NAME ... */
#define _GNU_SOURCE
#include "resolver.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>

enum { TTL = 600 };

static const char *container;
static struct lookup wanted;

static void look_in_networks(struct lookup *lookup);
static void look_in(const char *network, const char *domain, struct lookup *lookup);
static void look_at(struct words *file, const char *bare, const char *domain,
                    struct lookup *lookup);
static void without_domain(const char *name, const char *domain, char *bare);
static void resolve_link(const char *network, char *name);
static int has_name(struct words *line, const char *name);
static size_t write_answers(struct lookup *lookup, unsigned char *reply, size_t at, size_t room);

/* The file that says in which networks the container is. */
void answer_for(const char *file) { container = file; }

/* Answer a question about a container of the networks. Returns the length of the answer, or 0 if it
 * is about something else. */
size_t answer_to(const unsigned char *query, size_t length, unsigned char *reply, size_t room) {
  if (query[2] >> 3 & 15) return answer_code(query, length, NOT_IMPLEMENTED, reply);
  size_t end = question_end(query, length);
  if (end == 0) return answer_code(query, length, FORMAT_ERROR, reply);
  memset(&wanted, 0, offsetof(struct lookup, found));
  wanted.type = number(query + end - 4);
  if (number(query + end - 2) != CLASS_IN || !read_name(query, end - 4, wanted.name)) return 0;
  if (wanted.type == TYPE_PTR && !read_arpa(&wanted)) return 0;
  look_in_networks(&wanted);
  if (!wanted.is_known) return 0;
  size_t at = answer_code(query, end, NO_ERROR, reply);
  return write_answers(&wanted, reply, at, room);
}

/* The first network that knows the name, in the order of the container's interfaces, answers. */
static void look_in_networks(struct lookup *lookup) {
  struct words file;
  char word[NAME_BYTES], id[NAME_BYTES], domain[NAME_BYTES];
  if (!words_open(&file, AT_FDCWD, container)) return;
  while (!lookup->is_known && words_next(&file, word)) {
    int is_network = strcmp(word, "network") == 0 && !file.is_last;
    if (is_network && words_next(&file, id) && !file.is_last && words_next(&file, domain))
      look_in(id, domain, lookup);
    if (!file.is_last) words_skip_line(&file);
  }
  close(file.fd);
}

/* Each file in the network's directory is about one container. */
static void look_in(const char *network, const char *domain, struct lookup *lookup) {
  enum { LENGTH = 16, NAME = 19 }; /* where struct linux_dirent64 has its own length and the name */
  char bare[NAME_BYTES], entries[2048] __attribute__((aligned(8)));
  long got, flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int directory = (int)syscall(SYS_openat, AT_FDCWD, network, flags);
  without_domain(lookup->name, domain, bare);
  resolve_link(network, bare);
  if (directory < 0) return;
  while ((got = syscall(SYS_getdents64, directory, entries, sizeof entries)) > 0)
    for (long at = 0; at < got;) {
      const char *name = entries + at + NAME;
      struct words file;
      if (name[0] != '.' && words_open(&file, directory, name)) {
        look_at(&file, bare, domain, lookup);
        close(file.fd);
      }
      unsigned short length;
      memcpy(&length, entries + at + LENGTH, sizeof length);
      at += length;
    }
  close(directory);
}

/* The addresses of one container. */
static void look_at(struct words *file, const char *bare, const char *domain,
                    struct lookup *lookup) {
  char word[NAME_BYTES];
  while (words_next(file, word)) {
    unsigned char address[16] = {0};
    int family = strchr(word, ':') ? AF_INET6 : AF_INET;
    int is_good = inet_pton(family, word, address) == 1 && !file->is_last;
    if (is_good && lookup->type == TYPE_PTR && family == lookup->family &&
        memcmp(address, lookup->address, (size_t)lookup->length) == 0 && words_next(file, word)) {
      lookup->is_known = 1;
      snprintf(lookup->owner, sizeof lookup->owner, "%s.%s", word, domain);
    } else if (is_good && lookup->type != TYPE_PTR) {
      int is_it = has_name(file, bare);
      int is_asked = lookup->type == (family == AF_INET ? TYPE_A : TYPE_AAAA);
      lookup->is_known |= is_it;
      if (is_it && is_asked && lookup->count < MOST_ADDRESSES)
        memcpy(lookup->found[lookup->count++], address, sizeof address);
    }
    if (!file->is_last) words_skip_line(file);
  }
}

/* web.net1 is web, in the network net1. */
static void without_domain(const char *name, const char *domain, char *bare) {
  size_t all = strlen(name), last = strlen(domain);
  snprintf(bare, NAME_BYTES, "%s", name);
  if (all > last + 1 && name[all - last - 1] == '.' && strcasecmp(name + all - last, domain) == 0)
    bare[all - last - 1] = 0;
}

/* What this container calls another (--link). */
static void resolve_link(const char *network, char *name) {
  struct words file;
  char word[NAME_BYTES], id[NAME_BYTES], alias[NAME_BYTES], target[NAME_BYTES];
  if (!words_open(&file, AT_FDCWD, container)) return;
  while (words_next(&file, word)) {
    int is_link = strcmp(word, "link") == 0 && !file.is_last;
    if (is_link && words_next(&file, id) && !file.is_last && words_next(&file, alias) &&
        !file.is_last && words_next(&file, target) && strcmp(id, network) == 0 &&
        strcasecmp(alias, name) == 0) {
      memcpy(name, target, NAME_BYTES);
      break;
    }
    if (!file.is_last) words_skip_line(&file);
  }
  close(file.fd);
}

/* Whether `name` is among the names of the address that the line began with. */
static int has_name(struct words *line, const char *name) {
  char word[NAME_BYTES];
  int is_it = 0;
  while (!line->is_last && words_next(line, word)) is_it |= strcasecmp(word, name) == 0;
  return is_it;
}

/* Append what was found to an answer of `at` bytes. Of several, another one comes first each time.
 * What has no room is left out, and the answer says so (TC): who asks then comes by TCP. */
static size_t write_answers(struct lookup *lookup, unsigned char *reply, size_t at, size_t room) {
  static size_t turn;
  size_t count = lookup->type == TYPE_PTR ? 1 : lookup->count, written = 0;
  size_t size = lookup->type == TYPE_A ? 4 : 16, first = turn++;
  unsigned char data[2 * NAME_BYTES + 2];
  for (; written < count; written++) {
    if (lookup->type == TYPE_PTR) {
      size = 0;
      for (const char *label = lookup->owner; *label;) {
        size_t length = strcspn(label, ".");
        if (length == 0 || length > 63 || size + length + 2 > sizeof data) return at;
        data[size++] = (unsigned char)length;
        memcpy(data + size, label, length);
        size += length;
        label += length + (label[length] == '.');
      }
      data[size++] = 0;
    } else memcpy(data, lookup->found[(first + written) % count], size);
    if (at + 12 + size > room) break;
    unsigned char *to = put(put(put(reply + at, 0xc000 | HEADER), lookup->type), CLASS_IN);
    to = put(put(put(to, 0), TTL), (unsigned)size);
    memcpy(to, data, size);
    at += 12 + size;
  }
  put(reply + 6, (unsigned)written);
  if (written < count) reply[2] |= 0x02;
  return at;
}
