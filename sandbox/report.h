/* The words that pid 1 says to the broker over the control socket, and how they are written. */
#ifndef SANDBOX_REPORT_H
#define SANDBOX_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "sandbox/sandbox.h"

/* All async-signal-safe; 0 or -errno. */
int report_ready(int control, int view, int notify, int nowhere); /* the last two are negative where there are none */
int report_source(int control, unsigned number, int directory);
int report_failed(int control, int stage, int error, const char *detail);
/* The first is said by the program's own process: the kernel tells the receiver which that is. */
int report_program(int control);
int report_started(int control);
int report_stopped(int control, int signal); /* signal 0: it goes on */
int report_exited(int control, int wait_status, enum sandbox_ended ended, const struct sandbox_usage *usage);
/* In pid 1, when there is something to read: 1: it is to end the sandbox. 0: nothing. Negative: the broker is gone. */
int report_asked(int control);

#endif
