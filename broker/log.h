/* Where records go. Who serves puts them into a bounded room of memory and goes on; a thread of the log's own writes them. What
 * finds no room, since a reader, a disk or syslogd does not keep up, is counted, and the count is written once there is room. */
#ifndef BROKER_LOG_H
#define BROKER_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/record.h"

struct log;
struct server;

/* `fd` is borrowed; syslog: the local one gets them instead. NULL with errno. */
struct log *log_new(const char *child, int fd, bool syslog);
/* Before records come: the thread. 0 or a negative errno. */
int log_start(struct log *l, struct server *s);

/* What is to be logged; sizes, times and TEXT_CHILD are filled in by this. Never waits for a reader. */
void log_put(struct log *l, const struct record *r, const char *const texts[TEXTS], bool urgent);

/* No record comes any more: what is waiting is given a second to be taken. Returns at once. */
void log_end(struct log *l);
/* Waits for that, and says how many records were not written. */
uint64_t log_settle(struct log *l);
struct log *log_free(struct log *l); /* takes NULL; returns NULL */

#endif
