/* Calls that the filter refuses, and has told here: a program gets the errno that it would have got from the kernel, and the
 * person is told at the end. Nothing is ever looked at but numbers in registers, and nothing but an errno can be the answer. */
#ifndef BROKER_REFUSED_H
#define BROKER_REFUSED_H

#include <linux/seccomp.h>

#include "broker/audit.h"
#include "policy/plan.h"

struct refused;
struct refused *refused_new(const struct plan *plan); /* NULL: no memory. `plan` may be NULL; its policy must outlive this */
struct refused *refused_free(struct refused *r);      /* takes NULL; returns NULL */

/* Whether the broker serves this call. All others that come are refused, whatever else is known about them. */
bool refused_serves(const struct refused *r, int number);

/* The errno for a call that is not served, which is recorded; of `from` it is read who asks and when. In the notify
 * thread alone. */
int refused_answer(struct refused *r, struct audit *audit, const struct seccomp_notif *n, const struct request *from,
                   int proc);

#endif
