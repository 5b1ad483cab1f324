/* Everything that can be decided, allocated or read before clone3, and the refusals that need no child. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/features.h"
#include "sandbox/landlock.h"
#include "sandbox/overlay.h"
#include "sandbox/probe.h"
#include "sandbox/setup.h"
#include "sandbox/sys.h"
#include "sandbox/tree.h"

/* ---- who we are ---------------------------------------------------------------------------------------------------- */

static int prepare_caller(struct setup *s, cordon_error *err)
{
        s->root = geteuid() == 0;
        if (s->root && !s->plan->hosted && probe_root() < 0)
                return feature_refuse("root", err);
        ids_prepare(s);
        return s->plan->hosted ? hosted_check(err) : 0;
}

/* ---- Landlock ------------------------------------------------------------------------------------------------------ */

/* A terminal that the policy does not name is not the program's: it gets a session that has none. */
static bool keeps_terminal(const struct world *world)
{
        for (size_t i = 0; world->devices && world->devices[i]; i++)
                if (strcmp(world->devices[i], "tty") == 0)
                        return true;
        return false;
}

static int prepare_landlock(struct setup *s, cordon_error *err)
{
        s->landlock_abi = (unsigned)landlock_abi();
        if (s->plan->lacks & LACK_LANDLOCK)
                s->landlock_abi = 0;
        else if (s->landlock_abi == 0)
                return feature_refuse("landlock", err);
        s->new_session = s->landlock_abi < LANDLOCK_ABI_SCOPE || !keeps_terminal(s->world);
        for (size_t i = 0; i < s->plan->mount_count && s->landlock_abi < LANDLOCK_ABI_TRUNCATE; i++) {
                unsigned access = s->plan->mounts[i].access;
                if ((access & ACCESS_CREATE) && !(access & ACCESS_WRITE) && !(s->plan->brokered & FAMILY_NAMES))
                        return error_set(err, EOPNOTSUPP,
                                         "`create %s` needs Landlock ABI 3 (Linux 6.2), this kernel has %u",
                                         s->plan->mounts[i].path, s->landlock_abi);
        }
        return 0;
}

/* ---- the broker ---------------------------------------------------------------------------------------------------- */

/* A filter of whoever started us may forbid what every request needs; a program would find nothing, and nobody knew why. */
static int prepare_memory(const struct setup *s, cordon_error *err)
{
        char from = 0, to;
        struct iovec local = {&to, 1}, remote = {&from, 1};

        if (!s->plan->brokered || SYS_CALL(process_vm_readv, getpid(), &local, 1ul, &remote, 1ul, 0ul) == 1)
                return 0;
        if (s->plan->hosted)
                return error_set(err, EOPNOTSUPP, "no-userns needs process_vm_readv(2), by which the broker sees which path is "
                                                  "meant: it is refused here");
        return feature_refuse("memory", err);
}

/* ---- the view ------------------------------------------------------------------------------------------------------ */

/* Descriptors that the child inherits for its own use lie above the control socket, so that arranging the program's never
 * runs over them. */
static int raise_fd(const struct setup *s, int *fd)
{
        if (*fd > s->above)
                return 0;
        int higher = fcntl(*fd, F_DUPFD_CLOEXEC, s->above + 1);
        if (higher < 0)
                return -errno;
        fd_close(*fd);
        *fd = higher;
        return 0;
}

int setup_keep(struct setup *s, int *fd)
{
        int result = raise_fd(s, fd);

        if (result == 0)
                s->keep[s->keep_count++] = *fd;
        return result;
}

static int open_tree_as_root(struct setup *s, struct view_step *step, struct tree_maps *maps)
{
        cleanup_fd int tree = tree_open_near(&s->near, step->mount);
        int result;

        if ((tree == -ENOENT || tree == -EACCES || tree == -ENOTDIR) && step->mount->optional) {
                step->skipped = true;
                return 0;
        }
        if (tree < 0)
                return tree;
        if (step->mount->kind == VIEW_BIND && step->mount->writable) {
                result = tree_map_owner(tree, s->uid, s->gid, maps);
                if (result < 0)
                        return result;
        }
        result = setup_keep(s, &tree);
        if (result == 0)
                step->tree = fd_take(&tree);
        return result;
}

static int compare_ints(const void *a, const void *b)
{
        int left = *(const int *)a, right = *(const int *)b;
        return (left > right) - (left < right);
}

/* It is mostly not the tree's fault where mounting is refused. */
static void cannot_show(const struct setup *s, const struct view_step *step, int error, cordon_error *err)
{
        char why[384] = "as root each mount takes a descriptor until the program runs: raise the limit (ulimit -n)";
        bool known = error == -EMFILE || ((error == -EPERM || error == -ENOSYS) && feature_blame(s->plan, why, sizeof(why)));

        error_set(err, -error, "cannot show %s in the sandbox: %s%s%s", step->mount->source, error_text(-error),
                  known ? "; " : "", known ? why : "");
}

/* Root's sources may lie where nobody gets to, and only root may map their owners: so root opens them. */
static int open_trees(struct setup *s, cordon_error *err)
{
        struct tree_maps maps = {0};
        int result = 0;

        for (size_t i = 0; s->root && !s->plan->hosted && i < s->step_count && result == 0; i++) {
                struct view_step *step = &s->steps[i];
                if ((step->mount->kind != VIEW_BIND && step->mount->kind != VIEW_DEVICE) || step->mount->of_view)
                        continue;
                result = open_tree_as_root(s, step, &maps);
                if (result < 0)
                        cannot_show(s, step, result, err);
        }
        tree_near_close(&s->near);
        if (result == 0 && (result = sources_prepare(s, &maps)) < 0)
                error_set(err, -result, "cannot open directories for the broker: %s", error_text(-result));
        tree_maps_free(&maps);
        if (s->keep_count > 0)
                qsort(s->keep, s->keep_count, sizeof(*s->keep), compare_ints);
        return result;
}

static void prepare_step(struct view_step *step, const struct plan *plan, size_t number)
{
        const struct plan_mount *mount = &plan->mounts[number];
        const uint64_t fewest = 1024, bytes_per_inode = 1024;

        step->mount = mount;
        step->tree = FD_NONE;
        step->rights = landlock_rights_of(plan, mount);
        snprintf(step->name, sizeof(step->name), "%zu", number);
        if (mount->kind != VIEW_TMPFS || mount->size == 0)
                return;
        /* Empty files cost the kernel memory, too, which `size` does not count. */
        uint64_t inodes = mount->size / bytes_per_inode;
        snprintf(step->size, sizeof(step->size), "%llu", (unsigned long long)mount->size);
        snprintf(step->inodes, sizeof(step->inodes), "%llu", (unsigned long long)(inodes < fewest ? fewest : inodes));
}

static int prepare_steps(struct setup *s, cordon_error *err)
{
        size_t count = s->plan->mount_count;

        s->steps = calloc(count + 1, sizeof(*s->steps));
        s->keep = calloc(2 * count + s->plan->source_count + 1, sizeof(*s->keep)); /* an overlay has two */
        s->stack = aligned_alloc(16, SETUP_STACK);
        if (!s->steps || !s->keep || !s->stack)
                return error_set(err, ENOMEM, "out of memory");
        for (size_t i = 0; i < count; i++)
                prepare_step(&s->steps[i], s->plan, i);
        s->step_count = count;
        int result = overlays_prepare(s, err);
        return result == 0 ? open_trees(s, err) : result;
}

/* -------------------------------------------------------------------------------------------------------------------- */

int setup_prepare(struct setup *s, const struct sandbox_options *options, const struct world *world, cordon_error *err)
{
        *s = (struct setup){
                .options = options,
                .plan = options->plan,
                .world = world,
                .cwd = options->cwd ? options->cwd : "/",
                .control = FD_NONE,
                .signals = FD_NONE,
                .ruleset = FD_NONE,
                .apart = FD_NONE,
                .view = FD_NONE,
                .layers = FD_NONE,
                .notify = FD_NONE,
                .word = {FD_NONE, FD_NONE},
                .nowhere = FD_NONE,
                .parent.fd = FD_NONE,
                .near = TREE_NEAR_NONE,
                .leaf = CGROUP_NO_LEAF,
                .accounts = {FD_NONE, FD_NONE, FD_NONE},
        };
        int result = descriptors_prepare(s, err);
        if (result == 0)
                result = prepare_caller(s, err);
        if (result == 0)
                result = requirements_check(s, err);
        if (result == 0)
                result = prepare_landlock(s, err);
        if (result == 0)
                result = prepare_memory(s, err);
        if (result == 0)
                result = prepare_steps(s, err);
        if (result == 0)
                result = limits_prepare(s, err);
        return result;
}

void setup_release(struct setup *s)
{
        for (size_t i = 0; i < s->step_count; i++)
                fd_close(s->steps[i].tree);
        descriptors_release(s);
        overlays_release(s);
        leaf_remove(&s->leaf);
        for (size_t i = 0; i < s->source_count; i++)
                fd_close(s->sources[i].tree);
        free(s->sources);
        s->sources = NULL;
        s->source_count = 0;
        free(s->steps);
        free(s->keep);
        free(s->places);
        free(s->stack);
        s->steps = NULL;
        s->keep = NULL;
        s->places = NULL;
        s->stack = NULL;
        s->step_count = s->keep_count = 0;
}
