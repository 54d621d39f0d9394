/* Questions to the resolver: their form (RFC 1035), what they ask about, and answers without any
 * contents. All of this was sent by a container, so each length is checked. */
#define _GNU_SOURCE
#include "resolver.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* The answer that repeats the question, if it can be read, and says `code`. Returns its length. */
size_t answer_code(const unsigned char *query, size_t length, int code, unsigned char *reply) {
  size_t end = code == FORMAT_ERROR ? 0 : question_end(query, length);
  memset(reply, 0, HEADER);
  memcpy(reply, query, end ? end : 2);
  reply[2] = (unsigned char)(0x80 | (query[2] & 0x79)); /* an answer; opcode and RD as asked */
  reply[3] = (unsigned char)(0x80 | code);              /* recursion is available */
  memset(reply + 6, 0, 6);
  put(reply + 4, end ? 1 : 0);
  return end ? end : HEADER;
}

/* Where the one question of a message ends, or 0 if it does not have one. */
size_t question_end(const unsigned char *query, size_t length) {
  size_t at = HEADER;
  if (length < HEADER || number(query + 4) != 1) return 0;
  while (at < length && query[at] != 0) {
    if (query[at] > 63 || at - HEADER > 253) return 0; /* a pointer has nothing to point to */
    at += 1 + query[at];
  }
  return at + 5 <= length ? at + 5 : 0;
}

/* How many bytes an answer may have by UDP: 512, unless the question says more (EDNS, RFC 6891). */
size_t room_for(const unsigned char *query, size_t length) {
  size_t at = question_end(query, length), most = 1232;
  if (at == 0 || at + 11 > length || number(query + 10) == 0) return 512;
  if (query[at] != 0 || number(query + at + 1) != TYPE_OPT) return 512;
  size_t said = number(query + at + 3);
  return said < 512 ? 512 : said > most ? most : said;
}

/* The name that is asked about, with dots. Returns 0 for one that is no name of a host. */
int read_name(const unsigned char *query, size_t end, char *name) {
  size_t at = HEADER, filled = 0;
  while (at < end && query[at] != 0) {
    size_t label = query[at++];
    if (at + label >= end + 1 || filled + label + 2 > NAME_BYTES) return 0;
    if (filled > 0) name[filled++] = '.';
    for (size_t i = 0; i < label; i++, at++) {
      if (query[at] <= ' ' || query[at] == '.' || query[at] > '~') return 0;
      name[filled++] = (char)query[at];
    }
  }
  name[filled] = 0;
  return filled > 0;
}

/* 2.0.18.172.in-addr.arpa, or 32 hexadecimal digits before ip6.arpa. Returns 0 for another name. */
int read_arpa(struct lookup *lookup) {
  unsigned byte[4];
  int used = 0;
  const char *name = lookup->name;
  if (sscanf(name, "%3u.%3u.%3u.%3u.%n", byte + 3, byte + 2, byte + 1, byte, &used) == 4 &&
      used > 0 && strcasecmp(name + used, "in-addr.arpa") == 0) {
    for (int i = 0; i < 4; i++) lookup->address[i] = (unsigned char)byte[i];
    lookup->family = AF_INET, lookup->length = 4;
    return byte[0] < 256 && byte[1] < 256 && byte[2] < 256 && byte[3] < 256;
  }
  if (strlen(name) != 72 || strcasecmp(name + 64, "ip6.arpa") != 0) return 0;
  for (int i = 0; i < 32; i++) {
    const char *digits = "0123456789abcdef", *digit = strchr(digits, name[2 * i] | 0x20);
    if (!digit || name[2 * i + 1] != '.') return 0;
    lookup->address[15 - i / 2] |= (unsigned char)((digit - digits) << (i % 2 ? 4 : 0));
  }
  lookup->family = AF_INET6, lookup->length = 16;
  return 1;
}

/* 16 bits, the higher ones first. Returns what follows. */
unsigned char *put(unsigned char *to, unsigned value) {
  to[0] = (unsigned char)(value >> 8);
  to[1] = (unsigned char)value;
  return to + 2;
}
