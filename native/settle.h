/* settle.c: clearing up after a container. */
#ifndef SETTLE_H
#define SETTLE_H

void settle(void) __attribute__((noreturn));
void leave_settled(int code) __attribute__((noreturn));
void survive_monitor(void);
void settle_if_orphaned(void);

/* 06-lifecycle.c: in a start, whether its monitor was killed. */
int is_orphaned(void);

#endif
