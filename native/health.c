/* Health checks: when they are made, and what they mean. The monitor makes one at a time while the
 * container runs, and is busy with nothing else meanwhile than to wait. Interval, timeout and the
 * rest come from the plan; how they are understood is Docker's (moby, daemon/health.go). */
#define _GNU_SOURCE
#include "health.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

/* Arguments of check_health(), and its numbers: milliseconds, but for the last. */
enum { DIRECTORY, NUMBERS, COMMAND };
enum { INTERVAL, TIMEOUT, START_PERIOD, START_INTERVAL, RETRIES, COUNT };

static struct arg *asked; /* the arguments of check_health(); NULL if nothing is checked */
static int directory = -1;
static int signals = -1;
static struct result result; /* of the check that is being made */
static int is_late;          /* that check was judged already */
static long long began;      /* when the container started, as milliseconds() has it */
static long long probe_began;
static long long due; /* when the next check begins, or this one has to be over */
static enum health health;
static int streak; /* failures in a row */

static long long look(void);
static void begin_check(long long now);
static void conclude(void);
static void judge(void);
static long long pause_after(long long now);
static int is_frozen(void);
static int is_ending(pid_t pid);
static void say(const char *action, const char *text, const char *format, ...);

/* Get ready: check_health(directory, [interval, timeout, start period, start interval, retries],
 * command). The command is for events, as JSON has it. */
long do_check_health(struct arg *a) {
  if (a[NUMBERS].number != COUNT) return errno = EINVAL, -1;
  for (int i = 0; i < COUNT; i++) /* without a pause there would be no end */
    if (atoll(a[NUMBERS].list[i]) < (i != START_PERIOD)) return errno = EINVAL, -1;
  directory = out_of_the_way(open(a[DIRECTORY].text, O_PATH | O_DIRECTORY | O_CLOEXEC));
  return directory < 0 ? -1 : results_open(directory);
}

/* Take the settings from the monitor's plan: the one that it began with, or another one. */
void health_settings(const struct plan *plan) {
  asked = NULL;
  for (size_t i = 0; i < plan->count && directory >= 0; i++)
    if (strcmp(plan->steps[i].call->name, "check_health") == 0) asked = plan->steps[i].args;
}

static long long setting(int which) { return atoll(asked[NUMBERS].list[which]); }

/* A start of the container: nothing is known of its health. */
void health_begin(void) {
  if (!asked) return;
  health = STARTING;
  streak = 0;
  began = milliseconds();
  due = began + pause_after(began);
  results_save(health, streak);
}

/* Wait for a signal like sigwaitinfo(2), and make checks meanwhile. Returns -1 without a signal
 * whenever something was done. */
int health_wait(const sigset_t *all, siginfo_t *info) {
  const struct timespec at_once = {0};
  if (asked && signals < 0) signals = out_of_the_way(signalfd(-1, all, SFD_CLOEXEC));
  if (!asked || signals < 0) return sigwaitinfo(all, info);
  long long left = look();
  struct pollfd fds[3] = {{signals, POLLIN, 0}};
  probe_polls(fds + 1);
  poll(fds, 3, left > INT_MAX ? INT_MAX : (int)left);
  if (fds[1].revents || fds[2].revents) {
    int was_there = probe_is_there();
    probe_read();
    if (was_there && !probe_is_there()) conclude();
  }
  return sigtimedwait(all, info, &at_once);
}

/* A child of the monitor has ended. */
void health_reaped(pid_t pid, int status) {
  if (!probe_reaped(pid, status)) return;
  int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  say("exec_die", "", ",\"exitCode\":\"%d\"", code);
  if (!probe_is_there()) conclude();
}

/* The container has ended, and with it a check that was being made. What has no pid namespace of
 * its own is killed here. */
void health_over(void) {
  if (!asked || !probe_is_there()) return;
  is_late = 1;
  probe_end();
  for (int waited = 0; probe_is_there() && waited < 1000; waited++) {
    int status;
    pid_t ended = waitpid(-1, &status, WNOHANG);
    if (ended > 0) health_reaped(ended, status);
    else poll(NULL, 0, 1);
  }
}

/* Do what is due. Returns the milliseconds until something else is, or -1. */
static long long look(void) {
  long long now = milliseconds();
  if (probe_is_there() && is_late) return -1; /* one at a time: until it is reaped */
  if (now < due) return due - now;
  if (!probe_is_there()) begin_check(now);
  else if (is_frozen()) due = now + setting(TIMEOUT); /* its time stands still */
  else {
    result.how = LATE;
    is_late = 1;
    probe_end();
    judge();
    if (!probe_is_there()) conclude();
  }
  return look();
}

/* A container that is paused, or is not there yet or any more, is not checked. Nor is one whose
 * start is not told yet: events are told in order. */
static void begin_check(long long now) {
  due = now + pause_after(now);
  if (!life->told || is_frozen() || is_ending(life->child)) return;
  is_late = 0;
  probe_began = now;
  if (probe_begin(directory, &result) != 0) {
    result.how = FAILED;
    result.index = -1;
    result.error = errno;
    return conclude();
  }
  say("exec_create: ", asked[COMMAND].text, "");
  say("exec_start: ", asked[COMMAND].text, "");
  due = now + setting(TIMEOUT);
}

/* A check is over. The next one waits from now on. */
static void conclude(void) {
  if (!is_late && !is_ending(life->child)) judge();
  long long now = milliseconds();
  due = now + pause_after(now);
}

/* What the result means. In the start period, until the first success, failures do not count. */
static void judge(void) {
  enum health before = health;
  clock_gettime(CLOCK_REALTIME, &result.end);
  if (result.how == EXITED && result.status == 0) health = HEALTHY, streak = 0;
  else if (health != STARTING || probe_began - began >= setting(START_PERIOD))
    if (++streak >= setting(RETRIES)) health = UNHEALTHY;
  results_add(&result);
  results_save(health, streak);
  if (health != before) event(supervised_with(), "health_status: ", health_words[health], "");
}

/* How long from `now` until the next check. */
static long long pause_after(long long now) {
  int is_starting = health == STARTING && now - began < setting(START_PERIOD);
  return setting(is_starting ? START_INTERVAL : INTERVAL);
}

/* Whether the container is paused: version 1 of control groups has a file that says FROZEN or
 * FREEZING, and version 2 one that says 1. */
static int is_frozen(void) {
  static const char *const files[] = {"freezer.state", "cgroup.freeze"};
  char path[4096 + 32], text[16];
  enum { GROUPS = 5 }; /* of supervise() */
  for (char **group = supervised_with()[GROUPS].list; *group; group++)
    for (int version = 0; version < 2; version++) {
      snprintf(path, sizeof path, "%s/%s", *group, files[version]);
      int fd = open(path, O_RDONLY | O_CLOEXEC);
      ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof text);
      if (fd >= 0) close(fd);
      if (got > 0 && (text[0] == 'F' || text[0] == '1')) return 1;
    }
  return 0;
}

/* Whether a process is about to end, or has ended: PF_EXITING among its flags (proc_pid_stat(5)).
 * By then the first process of a pid namespace has all others in it killed, and waits for them. */
static int is_ending(pid_t pid) {
  enum { STARTTIME = 22, FLAGS = 9, PF_EXITING = 4 };
  return stat_field(pid, STARTTIME) != life->start || stat_field(pid, FLAGS) & PF_EXITING;
}

/* An event about the check. */
static void say(const char *action, const char *text, const char *format, ...) {
  char attributes[128];
  va_list rest;
  int length = snprintf(attributes, sizeof attributes, "\"execID\":\"%s\"", probe_id());
  va_start(rest, format);
  vsnprintf(attributes + length, sizeof attributes - (size_t)length, format, rest);
  va_end(rest);
  event(supervised_with(), action, text, attributes);
}
