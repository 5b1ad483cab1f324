/* What the sandbox makes of a plan, from the same tables that it is carried out with: the mounts and their flags, and the
 * Landlock rules. The limits are in describe_limits.c. */
#include <stdio.h>
#include <string.h>

#include "policy/describe.h"
#include "sandbox/landlock.h"
#include "sandbox/sandbox.h"
#include "sandbox/sys.h"
#include "sandbox/tree.h"

#define PATH_COLUMN 11
#define FLAGS_COLUMN 44
#define PLACE_COLUMN 73

/* ---- the view --------------------------------------------------------------------------------------------------- */

/* A directory on the way to a stricter place in a writable tree: mounted onto itself, so that it cannot be moved away. */
static bool is_pin(const struct plan_mount *m)
{
        return m->kind == VIEW_BIND && m->rule && m->rule->literal && strcmp(m->rule->pattern, m->path) != 0;
}

static const char *kind_of(const struct plan_mount *m)
{
        static const char *const kinds[] = {
                [VIEW_DIR] = "dir",   [VIEW_BIND] = "bind",     [VIEW_SYMLINK] = "symlink", [VIEW_TMPFS] = "tmpfs",
                [VIEW_PROC] = "proc", [VIEW_DEVICE] = "device", [VIEW_MASK] = "mask",       [VIEW_HOLLOW] = "hollow",
                [VIEW_EMPTY] = "empty", [VIEW_FILE] = "file",   [VIEW_PTS] = "pts",     [VIEW_QUEUES] = "mqueue",
        };
        return is_pin(m) ? "pin" : m->overlay || m->of_view ? "overlay" : kinds[m->kind];
}

static void list_flags(struct listing *l, const struct plan_mount *m)
{
        static const struct {
                uint64_t flag;
                const char *set, *clear;
        } words[] = {
                {MOUNT_ATTR_RDONLY, "ro", "rw"},
                {MOUNT_ATTR_NOEXEC, "noexec", "exec"},
                {MOUNT_ATTR_NODEV, "nodev", "dev"},
                {MOUNT_ATTR_NOSUID, "nosuid", "suid"},
        };
        uint64_t flags = tree_flags(m);

        listing_list(l, "flags", FLAGS_COLUMN);
        for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
                listing_item(l, flags & words[i].flag ? words[i].set : words[i].clear);
}

static void describe_mount(struct listing *l, const struct plan *plan, const struct plan_mount *m)
{
        listing_row(l);
        listing_text(l, "kind", DESCRIBE_FIRST, plan->hosted ? "tree" : kind_of(m));
        listing_text(l, "path", PATH_COLUMN, m->path);
        if (m->kind == VIEW_SYMLINK) {
                listing_text(l, NULL, LISTING_CLOSE, "->");
                listing_text(l, "target", LISTING_CLOSE, m->source);
                return;
        }
        bool elsewhere = m->kind == VIEW_BIND && strcmp(m->source, m->path) != 0;
        listing_text(l, NULL, LISTING_CLOSE, elsewhere ? "<-" : NULL);
        listing_text(l, "source", LISTING_CLOSE, elsewhere ? m->source : NULL);
        if (!plan->hosted) /* nothing is mounted */
                list_flags(l, m);
        if ((m->kind == VIEW_TMPFS && m->size) || m->kind == VIEW_FILE)
                listing_size(l, "size", LISTING_CLOSE, m->size);
        describe_access(l, "access", LISTING_HIDDEN, m->access);
        listing_flag(l, "optional", LISTING_HIDDEN, m->optional, NULL);
        if (!m->rule)
                return;
        describe_at(l, PLACE_COLUMN, &m->rule->origin);
        listing_text(l, "rule", LISTING_NEXT, m->rule->text);
}

void sandbox_describe_view(struct listing *l, const struct plan *plan)
{
        static const char none[] = "No view, but the host's own tree: what the kernel lets be executed. All else is brokered";

        listing_section(l, "view", plan->hosted ? none : "The view: what there is, mount by mount", NULL);
        for (size_t i = 0; i < plan->mount_count; i++)
                describe_mount(l, plan, &plan->mounts[i]);
}

/* ---- Landlock ---------------------------------------------------------------------------------------------------- */

void sandbox_describe_landlock(struct listing *l, const struct plan *plan)
{
        unsigned abi = (unsigned)landlock_abi();
        uint64_t known = landlock_handled(abi), right;
        char remark[128];

        listing_whole_number(l, "landlock_abi", abi);
        listing_whole_flag(l, "landlock_scoped", abi >= LANDLOCK_ABI_SCOPE);
        listing_section(l, "landlock", "Landlock: what the kernel allows; nothing else", "nothing: this kernel has no Landlock");
        for (size_t i = 0; i < plan->mount_count; i++) {
                const struct plan_mount *m = &plan->mounts[i];
                uint64_t rights = landlock_rights_of(plan, m) & known;
                if (!rights)
                        continue;
                listing_row(l);
                listing_text(l, "path", DESCRIBE_FIRST, m->path);
                listing_list(l, "rights", FLAGS_COLUMN);
                const char *name;
                for (size_t j = 0; (name = landlock_right(j, &right)); j++)
                        if (rights & right)
                                listing_item(l, name);
        }
        if (!abi)
                return;
        snprintf(remark, sizeof(remark), "  ABI %u of this host%s", abi,
                 abi >= LANDLOCK_ABI_SCOPE ? "; signals and abstract sockets stay inside" : "");
        listing_remark(l, remark);
}
