/* What a policy says and what its plan is, as sections of a listing. Nothing is decided here: each section shows what the
 * compiler or the planner left behind, or asks the one evaluator.
 *
 *   describe.c        the files, the variables, the rules
 *   describe_world.c  everything around the files
 *   describe_plan.c   what is brokered, the system calls, the notes
 *
 * The mounts, the Landlock rules and the limits are in sandbox/describe.c, which knows how they are made. */
#ifndef POLICY_DESCRIBE_H
#define POLICY_DESCRIBE_H

#include "base/listing.h"
#include "policy/plan.h"

/* The columns that several sections share. */
enum { DESCRIBE_FIRST = 2, DESCRIBE_SECOND = 14, DESCRIBE_PLACE = 56 };

void describe_sources(struct listing *l, const struct policy *p);
void describe_variables(struct listing *l, const struct policy *p);
void describe_rules(struct listing *l, const struct policy *p);

void describe_world(struct listing *l, const struct policy *p);
void describe_endpoints(struct listing *l, const struct policy *p);
void describe_descriptors(struct listing *l, const struct policy *p);
void describe_requirements(struct listing *l, const struct policy *p);
void describe_environment(struct listing *l, const struct policy *p);

void describe_brokered(struct listing *l, const struct plan *plan);
void describe_syscalls(struct listing *l, const struct plan *plan);
void describe_notes(struct listing *l, const struct plan *plan);

/* "FILE:LINE" under the key "at". */
void describe_at(struct listing *l, int column, const struct origin *at);
/* The names of the accesses in a mask, weakest first. */
void describe_access(struct listing *l, const char *key, int column, unsigned access);

#endif
