/* What the three files of health checks share: when (health.c), one check (probe.c), and what the
 * last ones have shown (results.c). */
#ifndef HEALTH_H
#define HEALTH_H

#include "stepbox.h"

#include <time.h>

#define OUTPUT_BYTES 4096 /* of a check that are kept, as in Docker */

/* How a check ended: with this status of wait(2); its time was up; or it could not be made, because
 * the step at this place of its list failed with this errno. */
enum end { EXITED, LATE, FAILED };

struct result {
  struct timespec start, end;
  enum end how;
  int status;
  int index, error;
  int is_cut; /* there was more output than this */
  size_t length;
  char output[OUTPUT_BYTES];
};

enum health { STARTING, HEALTHY, UNHEALTHY };

/* probe.c: the check that is being made. */
int probe_begin(int directory, struct result *result);
int probe_is_there(void);
void probe_polls(struct pollfd fds[2]);
void probe_read(void);
int probe_reaped(pid_t pid, int status);
void probe_end(void);
const char *probe_id(void);

/* results.c: the last results, in a file of the container's directory. */
int results_open(int directory);
void results_add(const struct result *result);
void results_save(enum health health, int streak);
extern const char *const health_words[];

#endif
