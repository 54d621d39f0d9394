/* What the files of the resolver share. */
#ifndef RESOLVER_H
#define RESOLVER_H

#include "stepbox.h"

#define QUERY_BYTES 512 /* the longest question that is answered or passed on */
#define ANSWER_BYTES 8192
#define NAME_BYTES 256
#define FORWARDS 32
#define VISITS 8
#define VISIT_FDS (1 + 2 * VISITS)

/* The sockets at which it answers. The filter names the first. */
enum { UDP = 2, TCP = 3 };

/* The addresses of the host's resolvers, at most as many as resolv.conf(5) has; the filter has the
 * same numbers. */
#define MOST_SERVERS 3
#define SERVERS_AT ((char *)0x10000000)
#define SERVER_BYTES 128 /* of a sockaddr_storage */

/* The answers that are nothing but a code (RFC 1035, 4.1.1). */
enum { NO_ERROR = 0, FORMAT_ERROR = 1, SERVER_FAILURE = 2, NO_SUCH_NAME = 3, NOT_IMPLEMENTED = 4 };

/* words.c: the words of a file, one after the other, in lines. */
struct words {
  int fd;
  size_t at, filled;
  int is_last; /* the word that was read last is the last of its line */
  char bytes[1024];
};
int words_open(struct words *file, int directory, const char *name);
int words_next(struct words *file, char *word);
void words_skip_line(struct words *file);

/* resolver.c */
extern int servers;
extern unsigned char reply[2 + ANSWER_BYTES];
int ask_server(int server, int type);

/* forward.c */
struct sockaddr_in;
void forwards_begin(void);
void forward(const unsigned char *query, size_t length, const struct sockaddr_in *from);
void forwards_polls(struct pollfd *fds, long long *next);
void forwards_handle(const struct pollfd *fds);

/* visits.c */
void visits_begin(void);
void visits_polls(struct pollfd *fds, long long *next);
void visits_handle(const struct pollfd *fds);

/* question.c */
enum { HEADER = 12, MOST_ADDRESSES = 256 };
enum { TYPE_A = 1, TYPE_PTR = 12, TYPE_AAAA = 28, TYPE_OPT = 41, CLASS_IN = 1 };

/* What is asked, and what was found. */
struct lookup {
  unsigned type;
  char name[NAME_BYTES];
  int family, length;        /* of the address that PTR asks about, in bytes */
  unsigned char address[16];
  int is_known;
  size_t count;
  unsigned char found[MOST_ADDRESSES][16];
  char owner[2 * NAME_BYTES]; /* PTR: whose address it is */
};

static inline unsigned number(const unsigned char *bytes) {
  return (unsigned)bytes[0] << 8 | bytes[1];
}

size_t answer_code(const unsigned char *query, size_t length, int code, unsigned char *reply);
size_t question_end(const unsigned char *query, size_t length);
size_t room_for(const unsigned char *query, size_t length);
int read_name(const unsigned char *query, size_t end, char *name);
int read_arpa(struct lookup *lookup);
unsigned char *put(unsigned char *to, unsigned value);

/* answer.c */
void answer_for(const char *container);
size_t answer_to(const unsigned char *query, size_t length, unsigned char *reply, size_t room);

#endif
