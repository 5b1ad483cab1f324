/* The state of one plan in the making; private to this room.
 *
 *   plan.c           the order of things: ask the host, plan the view, check, decide what is brokered, make the filter
 *   plan_points.c    the paths where something may have to be mounted
 *   plan_view.c      from these to mounts; plan_walk.h has the files that are part of it
 *   plan_pattern.c   the trees that patterns need in which they grant something
 *   plan_asked.c     what a person is asked about
 *   plan_own.c       what shows nothing of the host's
 *   plan_shown.c     what shows something of the host's at another place
 *   plan_follow.c    single files that are followed when they are replaced
 *   plan_lacks.c     what the host lacks
 *   plan_check.c     what this version refuses, and what people should know
 *   plan_syscalls.c  the same, of system calls
 *
 * describe.h has the finished plan in words. */
#ifndef POLICY_PLAN_BUILD_H
#define POLICY_PLAN_BUILD_H

#include "policy/arena.h"
#include "base/within.h"
#include "policy/plan.h"

/* What $PROG stands for where no program is known (check, explain). */
#define PLAN_PROGRAM_UNKNOWN "/usr/bin/PROGRAM-GIVEN-AT-RUN"

struct planner {
        struct plan *plan;
        struct arena *arena; /* the plan's */
        const struct policy *policy;
        const struct world *world;
        const struct policy_host *host;
        cordon_diag_fn *diag;
        void *diag_ctx;
        const struct rule *rules;
        size_t rule_count;
        mode_t *modes; /* of each literal rule's path; 0: it does not exist, or the rule is not literal */
        const struct rule **writers; /* patterns that let something be written: there are few, if any */
        size_t writer_count;
        size_t mount_room, note_room;
        const char *inexact; /* the first reason why view and Landlock alone would not be exact */
        const struct rule *inexact_rule;
        const char *names; /* the first reason why nobody but the broker can see to names */
        const struct rule *names_rule;
        const char *metadata; /* the first thing that must not be seen to exist, or why all is to be seen by the broker */
        const struct rule *metadata_rule;
        bool refused, missing, no_memory;
};

/* The view. Restrictions and grants that depend on the tree around them are refused here. */
void plan_view(struct planner *p);
/* Everything else. Needs the view. */
void plan_check(struct planner *p);
/* False: it is about what this version cannot ask for, and was refused. */
bool plan_check_asked(struct planner *p, const struct rule *rule);
/* The part of it that is about system calls. */
void plan_check_syscalls(struct planner *p);
/* Which single files are followed. Needs to know what is brokered. */
void plan_follow(struct planner *p);
/* Needs the filter. */
void plan_note_syscalls(struct planner *p);

/* What is to be brokered, or refused, since the host lacks something. */
void plan_lacks(struct planner *p);
/* Without namespaces: what stands for the view, and what cannot be had. Needs the view; the broker must serve all. */
void plan_hosted(struct planner *p);
/* The same, once all reasons for the broker are known. */
void plan_unbrokered(struct planner *p);

/* Reports an error at the rule's line. */
void planner_refuse(struct planner *p, const struct rule *rule, const char *hint, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
/* The same for what is no rule: all of the line is to blame, or one word of it. */
void planner_refuse_at(struct planner *p, struct origin at, const char *hint, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
void planner_refuse_word(struct planner *p, struct origin at, const char *word, const char *hint, const char *format, ...)
        __attribute__((format(printf, 5, 6)));
void planner_note(struct planner *p, struct origin at, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* As planner_refuse(), where something has to be made first. */
void planner_absent(struct planner *p, const struct rule *rule, const char *path);
/* Only the first reason is kept. */
void planner_inexact(struct planner *p, const struct rule *rule, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void planner_names(struct planner *p, const struct rule *rule, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void planner_metadata(struct planner *p, const struct rule *rule, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* st_mode of a path of the host, 0 where it does not exist or is reached through a symlink. */
mode_t planner_mode(struct planner *p, const char *path);
/* Where on the host that is which the view shows at a path. Lives as long as the plan. */
const char *planner_source(struct planner *p, const char *path);
/* What is shown at several places is known to Landlock as one thing: where these places differ, opens are brokered. */
void planner_other_places(struct planner *p);
/* All that the policy grants at a canonical path. */
struct verdict planner_eval(const struct planner *p, const char *path);

/* True where the rule was written by the user, and not by a bundle, the default policy or a world verb. */
bool rule_is_own(const struct rule *rule);
/* A person decides. */
bool rule_asks(const struct rule *rule);
/* It grants, by itself or after a yes. */
bool rule_gives(const struct rule *rule);

#endif
