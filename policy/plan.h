/* The plan: what a policy means for one launch, as data. The sandbox carries it out, the broker serves it, `explain`
 * prints it. Nothing here touches the system: what exists on this host was asked through policy_host.
 *
 * The compiler chooses the cheapest enforcement that is exact, and refuses a policy that this version could enforce only
 * by half, naming the rule. */
#ifndef POLICY_PLAN_H
#define POLICY_PLAN_H

#include "policy/policy.h"
#include "policy/syscalls.h"

/* One step of building the view, in the order of the array (parents before children). */
struct plan_mount {
        enum plan_mount_kind {
                VIEW_DIR,     /* a directory of the view's own skeleton */
                VIEW_BIND,    /* a tree or file of the host, cloned recursively */
                VIEW_SYMLINK, /* `source` is the link's text */
                VIEW_TMPFS,   /* private; `size` bytes */
                VIEW_PROC,    /* `proc_mode` */
                VIEW_DEVICE,  /* one device node of the host */
                VIEW_MASK,    /* an empty, inaccessible file or directory over what a rule takes away */
                VIEW_HOLLOW,  /* as VIEW_MASK over a directory, but with granted paths below: it can be passed through */
                VIEW_EMPTY,   /* an empty file or directory that may be read, over or instead of what the host has */
                VIEW_FILE,    /* a file with `content`, none of the host's */
                VIEW_PTS,     /* pseudo-terminals of its own */
                VIEW_QUEUES,  /* POSIX message queues of its own */
        } kind;
        const char *path;   /* in the view */
        const char *source; /* on the host (VIEW_BIND, VIEW_DEVICE), or the link's text */
        bool directory;     /* what the mount point must be */
        bool on_host;       /* the mount point already exists, inside a tree bound earlier */
        bool writable, executable;
        bool by_pattern; /* it is there for what a pattern grants in it, which the kernel knows nothing of */
        bool optional;  /* comes from a bundle or the default policy: skipped where it does not exist at launch */
        unsigned access; /* ACCESS_* for Landlock */
        uint64_t size;       /* VIEW_TMPFS; of `content` */
        const char *content; /* VIEW_FILE; the policy's */
        enum proc_mode proc_mode;
        const struct rule *rule; /* what asked for it, or NULL */
        bool overlay; /* VIEW_BIND: the tree can be changed, and stays as it is: changes go to a layer of the sandbox's own */
        bool of_view; /* VIEW_BIND: of `path` as it is in the view by then, and not of `source`: a part of an overlay */
        bool plain; /* VIEW_FILE: in a directory of the skeleton, where it needs no mount */
};

struct plan_note { /* one line of explanation: why something is brokered, degraded or ignored */
        const char *text;
        struct origin origin;
};

/* A single file of the host's is mounted as it is when the sandbox begins. Where opens are brokered, an open gives what has its
 * name by then, so that whoever replaces it outside is followed: it is looked for in a directory that is not in the view. */
struct plan_source { /* that directory */
        const char *directory;
        bool writable;
};
struct plan_follow {
        const char *path; /* in the view */
        const char *name; /* in the directory */
        unsigned source;  /* which one */
};
#define PLAN_SOURCES_MOST 64u

struct plan {
        bool hosted; /* the view is the host's own tree: nothing is mounted, and `mounts` has what may be executed alone */
        const struct policy *policy; /* borrowed: whoever owns the plan owns the policy too */
        struct plan_mount *mounts;
        size_t mount_count;
        bool empties;         /* a `mask` may have to be answered by the broker with an empty directory */
        unsigned brokered;    /* enum plan_family */
        const char *why_open;         /* why FAMILY_OPEN is brokered; NULL where it is not */
        const struct rule *open_rule; /* the first that makes it so; NULL: none, `audit` alone does */
        const char *why_names, *why_metadata;
        const struct rule *names_rule, *metadata_rule;
        struct filter filter;
        struct filter_wish wish; /* what the filter was made from */
        struct plan_note *notes;
        size_t note_count;
        struct plan_follow *follows; /* sorted by path */
        size_t follow_count;
        struct plan_source *sources;
        size_t source_count;
        unsigned lacks; /* enum lack: what it does without */
        void *arena; /* all strings and arrays of the plan */
};

/* -EINVAL where the policy asks for what this version cannot enforce exactly (each case goes to diag with its line);
 * -ENOENT where a `write` or `create` rule of the user's own file names what does not exist; -ENOMEM. */
int plan_compile(struct plan *out, const struct policy *policy, const struct policy_host *host, cordon_diag_fn *diag,
                 void *diag_ctx);
void plan_free(struct plan *plan);

#endif
