/* The state of one look at a policy; private to this room.
 *
 *   lint.c         the order of things; findings on their way out; what a plan would refuse, what does not exist
 *   lint_rules.c   rules that never count, or change nothing: decided for all paths, see explore.h
 *   lint_grants.c  grants that are wide, patterns that hit the system
 *   lint_shown.c   what is shown at another place than the host has it
 *   lint_text.c    what is written and not used
 *
 * A warning's name is a promise: people silence and search for them. Whoever gives a reason on a line (`because`) has
 * thought about it; warnings that only advise leave such lines alone. */
#ifndef POLICY_LINT_BUILD_H
#define POLICY_LINT_BUILD_H

#include <limits.h>

#include "policy/compile.h"
#include "policy/lint.h"

struct lint {
        const struct policy *p;
        const struct lint_request *request;
        struct arena arena;
        struct vector findings; /* struct finding; `source` is that of the policy's files */
        bool no_memory;
        bool left_out; /* there were more than anybody would read */
};

void lint_rule(struct lint *l, const char *id, const struct rule *rule, const char *hint, const char *format, ...)
        __attribute__((format(printf, 5, 6)));
void lint_place(struct lint *l, const char *id, const struct place *at, const char *hint, const char *format, ...)
        __attribute__((format(printf, 5, 6)));
/* A note about the whole policy: its patterns are too many to be followed. */
void lint_too_big(struct lint *l);
/* Whether something was said at the rule's place: under this name, or with NULL under any. */
bool lint_said(const struct lint *l, const char *id, const struct rule *rule);

/* True for rules of the files that were asked about: what these use was written by somebody else. */
bool lint_own(const struct rule *rule);
/* The same, and neither a bundle, which is for other hosts as well. */
bool lint_user(const struct rule *rule);
/* "`read /a` (x.policy:3)", in the arena. */
const char *lint_name(struct lint *l, const struct rule *rule);
/* st_mode of what a path leads to, 0 where it does not exist; `out` gets where that is. False where that cannot be
 * said. */
bool lint_canonical(const struct lint *l, const char *path, char out[PATH_MAX], mode_t *mode);
/* The rule that grants all of `want` on the path, if it is one of the user's and no reason is given; or NULL. */
const struct rule *lint_granter(const struct lint *l, const char *path, unsigned want);

/* Where the sandbox has what the host has at `host`: the place with this number, NULL behind the last. A place in `out` lasts
 * until the next one is asked for. */
const char *lint_place_of(const struct lint *l, const char *host, size_t index, char out[PATH_MAX]);

void lint_startable(struct lint *l);
void lint_missing(struct lint *l);
void lint_shadows(struct lint *l);
void lint_executable(struct lint *l);
void lint_wide(struct lint *l);
void lint_proc(struct lint *l);
void lint_floating(struct lint *l);
void lint_secrets(struct lint *l);
void lint_elsewhere(struct lint *l);
void lint_variables(struct lint *l);
void lint_uses(struct lint *l);

#endif
