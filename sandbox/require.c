/* What `require` lines want, asked of this host: by trying, as the rest of what it can do is (probe.c). Asked before clone3, so
 * that a sandbox that would be weaker than its policy was written for is not even begun. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/error.h"
#include "base/fd.h"
#include "policy/describe.h"
#include "sandbox/features.h"
#include "sandbox/landlock.h"
#include "sandbox/overlay.h"
#include "sandbox/setup.h"
#include "sandbox/sys.h"
#include "sandbox/tree.h"

/* What is asked, and where what there is to say goes. */
struct question {
        const struct plan *plan;
        const struct requirement *wish;
        char *out;
        size_t size;
};

static bool has_kernel(const struct question *q)
{
        unsigned major = 0, minor = 0;
        struct utsname name;

        if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &major, &minor) != 2) {
                snprintf(q->out, q->size, "the kernel does not tell its version");
                return false;
        }
        snprintf(q->out, q->size, "this kernel is %.200s", name.release);
        return major > q->wish->major || (major == q->wish->major && minor >= q->wish->minor);
}

static bool has_landlock(const struct question *q)
{
        int abi = landlock_abi();

        if (abi == 0)
                snprintf(q->out, q->size, "this kernel has no Landlock, or it is not switched on (lsm=landlock,…)");
        else
                snprintf(q->out, q->size, "this kernel has Landlock ABI %d", abi);
        return abi > 0 && (unsigned)abi >= q->wish->major;
}

static bool has_userns(const struct question *q)
{
        struct finding f;

        feature_probe("userns", &f);
        bool here = f.state == CORDON_FEATURE_OK;
        snprintf(q->out, q->size, "this user %s make user namespaces%s%s", here ? "can" : "cannot", here ? "" : ": ",
                 here ? "" : f.found);
        return here;
}

static bool has_cgroup(const struct question *q)
{
        const struct policy *policy = q->plan->policy;
        unsigned wanted = policy ? cgroup_wanted(&policy_world(policy)->limits) : 0;
        struct cgroup_place place;
        char list[64];

        cgroup_find(wanted, &place);
        bool met = *place.path && (wanted & ~place.possible) == 0;
        if (met && wanted)
                snprintf(q->out, q->size, "a cgroup with %s can be made in %.200s", cgroup_names(wanted, list, sizeof(list)),
                         place.path);
        else if (met)
                snprintf(q->out, q->size, "a cgroup can be made in %.200s", place.path);
        else
                snprintf(q->out, q->size, "%s", place.why);
        return met;
}

/* 0: it can, or need not; 1: it cannot; -errno. */
static int try_owner(const struct plan_mount *mount)
{
        struct tree_maps maps = {0};
        cleanup_fd int tree = tree_open(mount);

        if (tree < 0)
                return mount->optional ? 0 : tree;
        int result = tree_map_owner(tree, SETUP_ROOT_ID, SETUP_ROOT_ID, &maps);
        tree_maps_free(&maps);
        return result;
}

/* Of the trees that may be written: they are what is shown through such a mount. */
static bool has_idmap(const struct question *q)
{
        bool root = geteuid() == 0;

        for (size_t i = 0; i < q->plan->mount_count && root; i++) {
                const struct plan_mount *mount = &q->plan->mounts[i];
                int result = mount->kind == VIEW_BIND && mount->writable ? try_owner(mount) : 0;
                if (result == 0)
                        continue;
                snprintf(q->out, q->size, "%s cannot be shown through an idmapped mount: %s", mount->source,
                         result > 0 ? "its file system does not know them" : error_text(-result));
                return false;
        }
        snprintf(q->out, q->size, root ? "all trees that may be written can be shown through idmapped mounts"
                                       : "not needed: an ordinary user keeps his id");
        return true;
}

static bool has_overlay(const struct question *q)
{
        int result = probe_overlay();

        if (result == 0)
                snprintf(q->out, q->size, "this user can mount overlays");
        else
                snprintf(q->out, q->size, "this user cannot mount overlays: %s", probe_overlay_text(-result));
        return result == 0;
}

static bool (*const ask[])(const struct question *q) = {
        [FEATURE_KERNEL] = has_kernel, [FEATURE_LANDLOCK] = has_landlock, [FEATURE_USERNS] = has_userns,
        [FEATURE_CGROUP] = has_cgroup, [FEATURE_IDMAP] = has_idmap,
        [FEATURE_OVERLAY] = has_overlay,
};

bool sandbox_has(const struct plan *plan, const struct requirement *wish, char *out, size_t size)
{
        const struct question q = {plan, wish, out, size};
        return ask[wish->feature](&q);
}

void sandbox_describe_requirements(struct listing *l, const struct plan *plan)
{
        const struct world *w = policy_world(plan->policy);
        char what[512];

        listing_section(l, "requirements", "What the host must have", NULL);
        for (size_t i = 0; i < w->requirement_count; i++) {
                bool met = sandbox_has(plan, &w->requirements[i], what, sizeof(what));
                listing_row(l);
                listing_text(l, "feature", DESCRIBE_FIRST, w->requirements[i].text);
                describe_at(l, DESCRIBE_PLACE, &w->requirements[i].origin);
                listing_flag(l, "met", LISTING_HIDDEN, met, NULL);
                listing_text(l, NULL, LISTING_NEXT, met ? "met:" : "NOT MET:");
                listing_text(l, "host", LISTING_CLOSE, what);
        }
}

int requirements_check(const struct setup *s, cordon_error *err)
{
        char what[512];

        for (size_t i = 0; i < s->world->requirement_count; i++) {
                const struct requirement *wish = &s->world->requirements[i];
                if (!sandbox_has(s->plan, wish, what, sizeof(what)))
                        return error_set(err, EOPNOTSUPP, "%s:%u: `require %s` is not met: %s", wish->origin.file,
                                         wish->origin.line, wish->text, what);
        }
        return 0;
}
