/* The kernel features that cordon uses, as one table: what each is, what it is for, what is lost without it, what helps, and by
 * which name it can be done without. `doctor`, the host section of `explain`, `require`, the refusal of a launch and what
 * `--accept` can name all come from it. */
#ifndef SANDBOX_FEATURES_H
#define SANDBOX_FEATURES_H

#include "cordon.h"
#include "policy/plan.h"
#include "sandbox/surroundings.h"

/* What a probe found. */
struct finding {
        int state; /* CORDON_FEATURE_* */
        bool blocked; /* missing, since what it needs is */
        char found[384];
        char remedy[1536]; /* empty: nothing is known that helps, or nothing is missing */
};

struct host_feature {
        const char *id, *group, *name, *used, *lost;
        const char *needs; /* the id of another, without which this one cannot be; NULL: none */
        const char *accept; /* the degradation's name; NULL: there is none */
        unsigned lack; /* enum lack: what a plan calls it */
        int weight; /* CORDON_NEED_MUST: nothing is started without it; CORDON_NEED_WISH: it is, and `lost` is lost */
        bool (*needed)(const struct plan *plan); /* NULL: by every policy */
        void (*probe)(struct finding *f, const struct surroundings *place);
};

bool feature_for_nobody(const struct plan *plan); /* told, and needed by no policy */

/* Ends with an id of NULL. */
extern const struct host_feature host_features[];

/* Probes one by its id, which must be in the table. */
void feature_probe(const char *id, struct finding *out);
/* In words, the first that is missing of those that a launch of this plan needs: "…: …; …". False: none is. */
bool feature_blame(const struct plan *plan, char *out, size_t size);
/* The same for one that is missing; returns the length. */
size_t feature_text(const char *id, char *out, size_t size);
/* As an error: -EOPNOTSUPP. */
int feature_refuse(const char *id, cordon_error *err);
/* Fills the found and remedy in for a result: 0 or -errno. */
void finding_of(struct finding *f, int result, const char *step);

/* What helps where namespaces, or mounts, are refused. */
void remedy_userns(struct finding *f, const struct surroundings *place, int error);
void remedy_mounts(struct finding *f, const struct surroundings *place);
void remedy_proc(struct finding *f, const struct surroundings *place);
void remedy_hostname(struct finding *f, const struct surroundings *place);
void remedy_calls(struct finding *f, const struct surroundings *place);
void remedy_filter(struct finding *f, const struct surroundings *place);
void remedy_listener(struct finding *f, const struct surroundings *place, int error);
void remedy_landlock(struct finding *f, const struct surroundings *place, int error);
void remedy_ptrace(struct finding *f, const struct surroundings *place);

#endif
