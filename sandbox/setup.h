/* What pid 1 works from. The launcher fills it before clone3; afterwards the child only reads prepared memory and keeps the
 * few descriptors that its own stages make. No stage allocates, and none reads anything that the program could have
 * touched: the program does not exist yet. */
#ifndef SANDBOX_SETUP_H
#define SANDBOX_SETUP_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "sandbox/cgroup.h"
#include "sandbox/sandbox.h"
#include "sandbox/tree.h"

#define SETUP_ROOT_ID 65534 /* as root, the program's id, where the policy does not say `user own` */
#define SETUP_STACK 16384
#define USAGE_ACCOUNTS 3

/* si_value of a signal to pid 1 that stands for one of the terminal's. */
#define SETUP_FROM_TERMINAL 0x7474

/* In the order in which they happen. The names are in stages.c. */
enum stage {
        STAGE_NONE,
        STAGE_SIGNALS,
        STAGE_DESCRIPTORS,
        STAGE_HOSTNAME,
        STAGE_NETWORK,
        STAGE_IDS,
        STAGE_MEMORY,
        STAGE_RULESET,
        STAGE_MOUNTS,
        STAGE_PROC, /* part of the mounts, named since it has reasons of its own to fail */
        STAGE_OVERLAY, /* the same */
        STAGE_ROOT,
        STAGE_LIMITS,
        STAGE_CWD,
        STAGE_CAPABILITIES,
        STAGE_PRIVILEGES,
        STAGE_LANDLOCK,
        STAGE_SECCOMP,
        STAGE_READY,
        STAGE_PROGRAM,
        STAGE_EXEC,
        STAGE_COUNT
};

/* One mount of the plan, and what was prepared for it. */
struct view_step {
        const struct plan_mount *mount;
        uint64_t rights;   /* Landlock's */
        int tree;          /* detached mount, opened by the parent when it is root; else FD_NONE */
        bool skipped;      /* optional, and its source does not exist */
        char name[24];     /* VIEW_FILE: what it is called in the stock */
        char size[24];     /* VIEW_TMPFS: texts of the options; empty: the kernel's default */
        char inodes[24];
        struct overlay_step *overlay; /* of one, see overlay.h */
};

/* One descriptor of the program: which of ours it is (negative: it stays closed), and its number. */
struct fd_place {
        int source, target;
        bool reader; /* for reading alone */
        bool opened; /* the source was opened for that, instead of the caller's own */
        int caller;  /* where `opened`: which one that is */
};

struct limit_step {
        int resource;
        struct rlimit value;
};

struct source_step { /* a directory where single files are followed */
        struct plan_mount mount; /* as if it were one of the plan's */
        int tree;
};

struct open_parent { /* a directory of the view, relative to its root */
        const char *path; /* its first `length` bytes */
        size_t length;
        int fd;
};

struct setup {
        const struct sandbox_options *options;
        const struct plan *plan;
        const struct world *world;
        const char *cwd;
        bool root;   /* the caller is root: it opens the trees and writes the maps */
        uid_t uid;   /* as the caller's user namespace numbers it: whom the files belong to that the program makes */
        gid_t gid;
        uid_t uid_inside; /* as the program sees it */
        gid_t gid_inside;
        char uid_map[40], gid_map[40];
        sigset_t mask;       /* the caller's, which the program gets */
        bool chld_ignored;   /* the caller ignores SIGCHLD; pid 1 must not, the program shall again */
        bool handlers;       /* those of the host are still there */
        bool new_session;    /* no `dev tty`, or no signal scope in this kernel: no job control */
        struct view_step *steps;
        size_t step_count;
        int *keep; /* the steps' trees, ascending */
        size_t keep_count;
        struct fd_place *places; /* ascending by their targets */
        size_t place_count;
        int control_at; /* the control socket's number in pid 1: below it is nothing of the set-up's */
        int above; /* numbers greater than this one are free for what has to get out of the way */
        char *stack; /* for the program's side of the fork */
        unsigned landlock_abi;
        struct limit_step limits[8];
        size_t limit_count;
        struct source_step *sources;
        size_t source_count;
        struct overlay_step *overlays; /* see overlay.h */
        size_t overlay_count;
        char layers_size[24], layers_inodes[24]; /* of those in memory, all together */
        struct cgroup_leaf leaf; /* made by the parent, if any limit gains by it */
        char note[SANDBOX_NOTE]; /* which limits hold less here than they say, and why */
        struct limit_step files; /* RLIMIT_NOFILE, in force for the program only; resource -1: none */

        uint64_t *times; /* for the benchmark: shared memory that gets the clock after each stage; or NULL */

        /* What the stages leave for each other. */
        int control;
        int signals; /* signalfd */
        int ruleset;
        int apart; /* hosted.c: a ruleset that keeps the program from pid 1 */
        int view; /* the view's root */
        struct open_parent parent; /* where the step before lies */
        struct tree_near near; /* and where its source does */
        int notify;
        int word[2]; /* a pipe: what a function's process could not do is said there, and its end is that it could */
        int layers; /* where overlays have theirs */
        int nowhere; /* the empty directory for what is masked by pattern; FD_NONE where there is no such thing */
        int accounts[USAGE_ACCOUNTS]; /* usage.c */
        mode_t umask;
        int stage;          /* where we are */
        const char *detail; /* path or name concerned, for the report of a failure */
        pid_t messenger, messenger_parent; /* messenger.c; 0: there is none */
        int messenger_word, messenger_result;
        int (*messenger_says)(struct setup *s);
};

/* ---- prepare.c ------------------------------------------------------------------------------------------------ */

int setup_prepare(struct setup *s, const struct sandbox_options *options, const struct world *world, cordon_error *err);
void setup_release(struct setup *s); /* closes the parent's copies, frees */
/* Lets the child inherit a descriptor for its own use, perhaps under another number; before what is kept is sorted. */
int setup_keep(struct setup *s, int *fd);

/* ---- stages.c: the child ---------------------------------------------------------------------------------------- */

_Noreturn void setup_run(struct setup *s);

/* ---- one file each ---------------------------------------------------------------------------------------------- */

int descriptors_prepare(struct setup *s, cordon_error *err); /* in the parent, as the next two */
int descriptors_tell(const struct setup *s, void (*fn)(void *ctx, const struct cordon_child_fd *fds, size_t count), void *ctx,
                     cordon_error *err);
void descriptors_release(struct setup *s);
int descriptors_arrange(struct setup *s);
int descriptors_leave(const struct setup *s);
void descriptors_drop(const struct setup *s);

int requirements_check(const struct setup *s, cordon_error *err); /* in the parent */

void ids_prepare(struct setup *s);
int ids_enter(struct setup *s);
int ids_become(struct setup *s, uid_t uid, gid_t gid); /* as the namespace numbers them */
int ids_write_maps(const struct setup *s, pid_t pid, int to_child, cordon_error *err); /* in the parent, as root */

int view_build(struct setup *s);
int view_enter(struct setup *s);

/* hosted.c: what stands for ids, view and capabilities where there are no namespaces. The parent's refusals; in pid 1, being the
 * one who gets all orphans, and what may be executed; in the program's process, the last step. */
int hosted_check(cordon_error *err);
int hosted_ids(struct setup *s);
int hosted_reaper(struct setup *s);
int hosted_view(struct setup *s);
int hosted_part(struct setup *s);
int hosted_leave(const struct setup *s);

/* source.c; by root's own hand, or else the child's. Where one cannot be had, its files stay what they were. */
int sources_prepare(struct setup *s, struct tree_maps *maps);
void sources_open(struct setup *s);
int sources_report(struct setup *s);

/* stock.c: the tmpfs, FD_NONE where the plan needs none; the detached mount for a step; an empty directory in no view. A file
 * with what the plan says is in it, open for writing. */
int stock_make(const struct setup *s);
int stock_take(int stock, const struct view_step *step);
int stock_nowhere(void);
int stock_file(int directory, const char *name, const struct plan_mount *m);

/* Decides what holds each limit: a cgroup where one can be had, which is made, else the nearest rlimit. */
int limits_prepare(struct setup *s, cordon_error *err);
/* pid 1 could not be cloned into the cgroup: the same without. */
int limits_without_cgroup(struct setup *s, int error, cordon_error *err);
int limits_apply(struct setup *s);
/* For explain: what holds each limit where a cgroup can be had there, or cannot. */
void limits_describe(struct listing *l, const struct limits *limits, const struct cgroup_place *place);

/* usage.c: opens what tells of it, while it can be; adds a dead child's; and when all are dead, the rest. */
void usage_open(struct setup *s);
void usage_add(struct sandbox_usage *usage, const struct rusage *one);
void usage_finish(const struct setup *s, struct sandbox_usage *usage);

int caps_keep(struct setup *s);

int seccomp_install(struct setup *s);

/* messenger.c: before the filter, somebody who will say something when it is on; then, that he does, and what came of it. */
int messenger_start(struct setup *s, int (*say)(struct setup *s));
int messenger_send(struct setup *s);

_Noreturn void init_run(struct setup *s);

/* launch.c; the plan's own world comes from its policy, tests make one up. */
int launch_in_world(struct sandbox *out, const struct sandbox_options *options, const struct world *world,
                    cordon_error *err);
/* The same, for the benchmark: times[stage] gets the monotonic clock after each stage, [STAGE_NONE] that before clone3,
 * [STAGE_EXEC] that before execve. Shared memory, STAGE_COUNT long. */
int launch_timed(struct sandbox *out, const struct sandbox_options *options, const struct world *world, uint64_t *times,
                 cordon_error *err);
void setup_time(const struct setup *s, enum stage stage);

#endif
