/* Chapter 7. A command that outlives the one who asked for it: when Node goes, the parent of the
 * fork goes on, reads nothing more from the caller, and drops what the command writes. */
#define _GNU_SOURCE
#include "stepbox.h"

#include <stdio.h>
#include <sys/wait.h>

static const struct arg *told; /* the arguments of outlive() */

/* From here on: outlive(events, container, exec), with the ids that the event of its end has. */
long do_outlive(struct arg *a) { return told = a, 0; }

int is_outliving(void) { return told != NULL; }

/* Node is gone, or the caller's output. Returns whether that is no reason to end the command. */
int outlive(void) {
  if (!told) return 0;
  let_go_of_node();
  terminal_restore();
  streams_let_go();
  return 1;
}

/* The command has ended, with this status of wait(2). */
void outlived(int status) {
  char attributes[160];
  int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  if (!told) return;
  snprintf(attributes, sizeof attributes, "\"execID\":\"%.64s\",\"exitCode\":\"%d\"", told[2].text,
           code);
  event_append(told[0].text, told[1].text, "exec_die", attributes);
}
