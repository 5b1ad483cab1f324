/* Without namespaces the view's root is the host's own (policy/plan_hosted.c), and in places of which the policy speaks as the
 * sandbox's own there is something of the host's: what it must not meet there is not there. */
#ifndef BROKER_HOSTED_H
#define BROKER_HOSTED_H

#include <stdbool.h>

#include "broker/server.h"
#include "policy/policy.h"

/* 0, or -ENOENT where the canonical path is not for the sandbox. Below /proc/PID `*process` gets a descriptor of that process,
 * which is one of the sandbox's: whoever has opened something there asks hosted_lives() whether it was still that one. */
int hosted_admit(const struct view *v, const char *path, int *process);
bool hosted_lives(int process);

/* edition_eval(), for every verdict on a path that the broker gives: without namespaces there is no private /tmp, and so nothing
 * that a rule on it would grant. What lies there and is granted by name is the host's, and the way there is a way and no more. */
struct verdict hosted_eval(const struct server *s, const struct edition *e, const char *path, size_t length, unsigned want);

/* Whether an object may be opened: devices of the policy alone, as no mount keeps others closed. */
bool hosted_opens(const struct view *v, const char *path, int fd);
/* Whether the names in this directory may be seen: not where only some are the sandbox's. True with a view of its own. */
bool hosted_lists(const struct view *v, const char *path);
/* Whether this is a symlink of the host's on the way to what a rule names; with a view of its own, it would be made there. */
bool hosted_leads(const struct view *v, const char *path);
/* Whether a rule is about this very place: with a view of its own, something is mounted there, and it cannot go away. */
bool hosted_fixed(const struct view *v, const char *path);

#endif
