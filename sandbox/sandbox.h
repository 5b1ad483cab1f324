/* Carrying a plan out: from a plan to a running program in new namespaces.
 *
 *   host process ── clone3 ──> pid 1 of the sandbox: sets everything up by an ordered table of stages, then reaps
 *                                   └── fork ──> pid 2: the program (execve, or a function of the host's)
 *
 * Everything that can be decided, allocated or read is ready before clone3. After it only raw, async-signal-safe work on
 * prepared memory happens, for the host may have threads that held locks.
 *
 * pid 1 reports over the control socket (SOCK_SEQPACKET, made before clone): READY with the view's root and the
 * notify descriptor, FAILED with stage and errno, EXITED with the program's wait status. It never execs, so it makes itself
 * undumpable: its memory is a copy of the host's. When the control socket's other end closes (the broker died), it exits,
 * and the kernel kills the rest of the sandbox with it. It keeps the notify descriptor open until then, so that no
 * trapped call is ever answered by the kernel with ENOSYS because the broker is gone. */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/listing.h"
#include "cordon.h"
#include "policy/plan.h"
#include "sandbox/cgroup.h"

#define SANDBOX_NOTE 512

struct sandbox_options {
        const struct plan *plan;
        const char *program;     /* absolute, in the view; NULL: `function` */
        const char *const *argv; /* NULL-terminated */
        const char *const *envp; /* final: already chosen by the policy's env rules */
        int (*function)(void *argument); /* is called instead of execve; what it returns is the exit status */
        void *argument;
        const char *cwd;         /* absolute, in the view */
        bool cwd_optional;       /* where it is not there, the program starts in "/" */
        int stdio[3];            /* borrowed; a negative one stays closed; a directory is refused */
        int channel;             /* becomes the program's descriptor 3; -1: none. Borrowed */
        const struct cordon_child_fd *fds; /* more descriptors, borrowed; no two have one target */
        size_t fd_count;
        bool hold;               /* the program is not started before sandbox_release() */
        const char *changes;     /* an empty directory of the caller's alone, canonical, where the changes in overlays are
                                  * kept; NULL: in memory, gone with the sandbox */
        bool ends_stopped;       /* pid 1 goes on when the calling thread ends, and so hears of the process's end */
};

struct sandbox {
        int pidfd;   /* of pid 1; poll: readable when all of the sandbox is gone; reap with sandbox_reap() */
        int control; /* the broker's end of the control socket */
        pid_t pid;   /* of pid 1, as the caller numbers it */
        uid_t uid;   /* the kernel id (as the caller's user namespace numbers it) that the program runs as; inside, the policy's
                      * `user` line may give it another number */
        gid_t gid;
        uid_t uid_inside;
        gid_t gid_inside;
        bool hosted; /* there are no namespaces: pid 1 is the parent of all, and none of them has number 1 */
        bool own_session; /* what a terminal sends to the caller's process group does not reach the program */
        struct cgroup_leaf leaf; /* leaf_remove() it when all is dead */
        char note[SANDBOX_NOTE]; /* one line: which limits hold less here than they say, and why; may be empty */
};
#define SANDBOX_NONE {.pidfd = FD_NONE, .control = FD_NONE, .leaf = CGROUP_NO_LEAF}

/* 0: clone3 has succeeded; what comes later is reported over `control`. Descriptors belong to the caller.
 * The child has no exit signal: no SIGCHLD, and wait(2) without __WALL does not see it.
 * The program gets the caller's signal mask and what the caller ignores, as with posix_spawn; its umask, process group and
 * session, too. It gets a session of its own, without a terminal, where the policy does not bring `dev tty`, and where the
 * kernel cannot confine signals (Landlock ABI < 6). */
int sandbox_launch(struct sandbox *out, const struct sandbox_options *options, cordon_error *err);

/* What the processes of a sandbox used, as far as they were waited for; as pid 1 sees it. 0: not known. */
struct sandbox_usage {
        uint64_t user_ns, system_ns;
        uint64_t memory_peak; /* the most that any one process had resident */
        uint64_t processes;   /* and threads, ever started */
        uint64_t bytes_read, bytes_written;
};

enum sandbox_event_kind {
        SANDBOX_READY = 1, /* set up; the program is about to run. Descriptors are the receiver's */
        SANDBOX_FAILED,    /* a stage failed; nothing of the program ran */
        SANDBOX_EXITED,    /* the program is gone, and all others are, too; pid 1 goes next */
        SANDBOX_PROGRAM,   /* the program's process is there, and will now be executed */
        SANDBOX_STARTED,   /* it was executed */
        SANDBOX_STOPPED,   /* a signal has stopped the program, or it goes on; may be lost where nobody receives for long */
        SANDBOX_SOURCE,    /* before READY: a directory where single files are followed (struct plan_source) */
};

/* Whether the program was asked to end: SIGTERM to all, `limit grace`, then SIGKILL. */
enum sandbox_ended {
        SANDBOX_BY_ITSELF,
        SANDBOX_TIME_OVER, /* by pid 1, whose clock `limit time` is */
        SANDBOX_TOLD,      /* by sandbox_end() */
};

struct sandbox_event {
        enum sandbox_event_kind kind;
        int view;         /* READY: O_PATH of the view's root */
        int notify;       /* READY: the seccomp listener, or -1 where nothing is brokered */
        int nowhere;      /* READY: O_PATH of an empty directory that is in no view, or -1 where the plan has no masks */
        int stage, error; /* FAILED */
        char detail[256]; /* FAILED: the path or name concerned, may be empty */
        bool exec_failed; /* FAILED: set up was complete and execve itself failed with `error` */
        int wait_status;  /* EXITED: as wait(2) gives it */
        pid_t program;    /* PROGRAM: its pid as the receiver numbers it */
        int stop_signal;  /* STOPPED: the signal; 0: it goes on */
        struct sandbox_usage usage; /* EXITED */
        enum sandbox_ended ended;   /* EXITED */
        unsigned source;  /* SOURCE: its number in the plan */
        int directory;    /* SOURCE: O_PATH of it, in no view, with the flags that its files have there. The receiver's */
};

/* Receives one event. 1: got one. 0: nothing there now. -EPIPE: pid 1 is gone. -EBADMSG: malformed; treat as hostile. */
int sandbox_next_event(int control, struct sandbox_event *out);

/* What a launch would have, found out without one. */
struct sandbox_rehearsal {
        const struct cordon_child_fd *fds; /* those that the program would have, ascending, those of `stdio` left out */
        size_t fd_count;
        const char *note;        /* as in struct sandbox; NULL: nothing is to be said */
        const char *cgroup;      /* the directory in which it would have a cgroup of its own; NULL: it would have none */
        const char *controllers; /* of that: "memory, pids", or "" */
};

/* All that sandbox_launch() does before clone3: the same refusals. `fn` gets the rest. */
int sandbox_rehearse(const struct sandbox_options *options, void (*fn)(void *ctx, const struct sandbox_rehearsal *r), void *ctx,
                     cordon_error *err);

/* Lets a program start that is held. 0, or -EPIPE: the sandbox is gone. */
int sandbox_release(const struct sandbox *s);

const char *sandbox_stage_name(int stage); /* "mounts"; never NULL */
/* What a person can do about that failure, in words: true where something is known. Whether a feature of the kernel is missing
 * is found out by trying it. */
bool sandbox_failure_advice(int stage, int error, char *out, size_t size);

/* Asks pid 1 to pass a signal on to the program. 0, -ESRCH; -EINVAL for SIGSTOP, which would stop pid 1 instead. */
int sandbox_signal(const struct sandbox *s, int signal);
/* Where the program has a session of its own: does what a terminal would do. SIGTSTP stops all of the sandbox, until SIGCONT
 * comes by sandbox_signal(); anything else goes to the program's process group. Elsewhere nothing: it has got it already. */
int sandbox_terminal_signal(const struct sandbox *s, int signal);
/* Lets pid 1 end all of it: SIGTERM and SIGCONT to every process, SIGKILL to what is left after `limit grace`. 0 or -errno. */
int sandbox_end(const struct sandbox *s);
/* SIGKILL to pid 1, with which the kernel kills everything in the sandbox; and to all that is in its cgroup. */
void sandbox_kill(const struct sandbox *s);
/* Where that has had no effect: without a pid namespace pid 1 is asked to kill the others, and does not hear it while the kernel
 * holds it in a call, as one to a file system that does not answer. Whom the program has started may then be left. */
void sandbox_kill_at_once(const struct sandbox *s);
/* Whether pid 1 has ended, 1 or 0, and is yet to be reaped: until then its number is nobody else's. -ECHILD: somebody has. */
int sandbox_ended(const struct sandbox *s, bool block);
/* Reaps pid 1 if it is gone: 1 and its wait status; 0 while it runs; -ECHILD. `block` waits. */
int sandbox_reap(const struct sandbox *s, bool block, int *wait_status);

/* True where this host has what a `require` line wants; the plan says which trees it would be used on. In both cases `out` gets
 * in words what there is, or what is missing. */
bool sandbox_has(const struct plan *plan, const struct requirement *wish, char *out, size_t size);

/* Sections for explain. What a launch would mount, with the flags; the Landlock rules, as far as this kernel has them; what
 * enforces each limit; and what this kernel and user can do, probed once per call (milliseconds). */
void sandbox_describe_lacks(struct listing *l, const struct plan *plan); /* what is accepted and done without */
void sandbox_describe_view(struct listing *l, const struct plan *plan);
void sandbox_describe_landlock(struct listing *l, const struct plan *plan);
/* The `require` lines, and whether they are met. */
void sandbox_describe_requirements(struct listing *l, const struct plan *plan);
void sandbox_describe_limits(struct listing *l, const struct policy *policy);
void sandbox_describe_host(struct listing *l);

/* What of the degradations with these names (NULL-terminated; may be NULL) this host forces: enum lack, for struct policy_host.
 * What is accepted and not needed is not used. -EINVAL: a name is none. -EOPNOTSUPP: that,
 * or both together, cannot be done without. */
int sandbox_accept(const char *const *names, unsigned *lacks, cordon_error *err);
/* The names of those in `lacks`, counted from 0; NULL behind the last. */
const char *sandbox_lack(unsigned lacks, size_t index);

/* The features of this host for programs that link the library, as cordon_host_features() has them; `plan` may be NULL. */
int sandbox_features(const struct plan *plan, cordon_feature_fn *fn, void *ctx);

#endif
