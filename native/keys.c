/* Detach keys: a sequence of keys that lets go of a container when it is typed. Bytes that may be
 * its beginning are held back, and go on when another key follows. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <stdio.h>
#include <string.h>

/* Those that the header of the plan names; none by default. */
struct keys keys_asked;

/* Parse two hexadecimal digits for each key. Returns -1 if they are anything else. */
int keys_parse(const char *digits, struct keys *keys) {
  static const char hexadecimal[] = "0123456789abcdef";
  size_t length = strlen(digits);
  if (length % 2 != 0 || length > 2 * KEYS || strspn(digits, hexadecimal) != length) return -1;
  *keys = (struct keys){.count = length / 2};
  for (size_t i = 0; i < keys->count; i++) {
    size_t high = (size_t)(strchr(hexadecimal, digits[2 * i]) - hexadecimal);
    size_t low = (size_t)(strchr(hexadecimal, digits[2 * i + 1]) - hexadecimal);
    keys->bytes[i] = (char)(high << 4 | low);
  }
  return 0;
}

/* As keys_parse() reads them. The text has room for 2 * KEYS digits. */
void keys_print(const struct keys *keys, char *digits) {
  *digits = 0;
  for (size_t i = 0; i < keys->count; i++)
    sprintf(digits + 2 * i, "%02x", (unsigned)(unsigned char)keys->bytes[i]);
}

/* Put what was held back where the next bytes are read behind it. Returns its length. */
size_t keys_held(const struct keys *keys, char *bytes) {
  memcpy(bytes, keys->bytes, keys->matched);
  return keys->matched;
}

/* Look for the sequence in `length` bytes, which begin with those that were held back. Returns how
 * many of them go on. As in Docker, a key that ends a match begins no new one. */
size_t keys_pass(struct keys *keys, const char *bytes, size_t length) {
  for (size_t i = keys->matched; i < length && keys->count > 0; i++) {
    keys->matched = bytes[i] == keys->bytes[keys->matched] ? keys->matched + 1 : 0;
    if (keys_are_typed(keys)) return i + 1 - keys->count;
  }
  return length - keys->matched;
}

/* Whether the whole sequence has been typed. */
int keys_are_typed(const struct keys *keys) {
  return keys->count > 0 && keys->matched == keys->count;
}
