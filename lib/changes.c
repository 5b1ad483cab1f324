/* The directory that changes are kept in:
 *
 *   KEPT/lock   when the run began is its time; held while it goes on
 *   KEPT/N      one for each overlay, see sandbox/overlay.h
 *
 * It belongs to whoever started the run and to nobody else, the sandbox included: what lies in a layer is taken for what the
 * kernel has put there. */
#include "lib/changes.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/within.h"
#include "lib/policy.h"
#include "policy/tail.h"

/* ---- for a launch -------------------------------------------------------------------------------------------------- */

/* A rule that lets the program write into the directory itself, or NULL. */
static const struct rule *reaches_at(const struct policy *p, const char *directory)
{
        static const char *const parts[] = {"", "/lock", "/0", "/0/lower", "/0/upper", "/0/upper/x"};
        char path[PATH_MAX];
        size_t count;
        const struct rule *rules = policy_rules(p, &count);

        for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
                int length = snprintf(path, sizeof(path), "%s%s", directory, parts[i]);
                if (length >= (int)sizeof(path))
                        break;
                struct verdict v = policy_eval(p, path, (size_t)length, ACCESS_WRITE);
                bool host = v.rule && !v.rule->implied && !v.rule->overlay; /* a private /tmp is another one */
                if (host && (v.access & (ACCESS_WRITE | ACCESS_CREATE)))
                        return v.rule;
        }
        for (size_t i = 0; i < count; i++)
                if (!rules[i].literal && rules[i].class == CLASS_GRANT && (rules[i].access & (ACCESS_WRITE | ACCESS_CREATE)) &&
                    tail_matches_below(&rules[i], directory))
                        return &rules[i];
        return NULL;
}

/* The same, wherever the sandbox has it. */
static const struct rule *reaches(const struct policy *p, const char *directory)
{
        const struct rule *rule = reaches_at(p, directory);
        char path[PATH_MAX];
        size_t count;
        const struct remap *remaps = policy_remaps(p, &count);

        for (size_t i = 0; i < count && !rule; i++) {
                const char *source = remaps[i].source, *rest = directory + (source[1] ? strlen(source) : 0);
                if (path_within(directory, source) &&
                    snprintf(path, sizeof(path), "%s%s", remaps[i].path, rest) < (int)sizeof(path))
                        rule = reaches_at(p, path);
        }
        return rule;
}

static int check_own(const char *directory, const struct stat *st, cordon_error *err)
{
        if (!S_ISDIR(st->st_mode))
                return error_set(err, ENOTDIR, "%s: changes are kept in a directory, and this is none", directory);
        if (st->st_uid != geteuid())
                return error_set(err, EPERM, "%s belongs to user %u, not to you: changes are kept in a directory of your own",
                                 directory, st->st_uid);
        if (st->st_mode & 077)
                return error_set(err, EPERM, "%s is open to others: `chmod 700` it, or name a directory that is not there yet",
                                 directory);
        return 0;
}

/* The time is what the kernel gives a file that is made now: nothing that was changed before has a later one. No clock of ours
 * could say so, since these times run ahead of the coarse clock for moments, and behind the fine one (Linux 6.13). */
static int make_lock(int directory, const char *name, cordon_error *err)
{
        cleanup_fd int lock = openat(directory, "lock", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (lock < 0 && errno == EEXIST)
                return error_set(err, EEXIST, "%s has the changes of another run: name another directory", name);
        if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0)
                return error_set(err, errno, "changes cannot be kept in %s: %s", name, error_text(errno));
        return fd_take(&lock);
}

int changes_begin(const char *directory, const struct policy *policy, char *canonical, int *lock, cordon_error *err)
{
        struct stat st;

        if (!realpath(directory, canonical))
                return error_set(err, errno, "changes cannot be kept in %s: %s", directory, error_text(errno));
        cleanup_fd int fd = open(canonical, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0)
                return error_set(err, errno, "changes cannot be kept in %s: %s", directory, error_text(errno));
        int r = check_own(directory, &st, err);
        if (r < 0)
                return r;
        const struct rule *rule = reaches(policy, canonical);
        if (rule)
                return error_set(err, EPERM,
                                 "the program could write to %s, where its changes are kept, by %s:%u `%s`: name another "
                                 "directory",
                                 directory, rule->origin.file, rule->origin.line, rule->text);
        *lock = make_lock(fd, directory, err);
        return *lock < 0 ? *lock : 0;
}

/* ---- afterwards ---------------------------------------------------------------------------------------------------- */

struct kept {
        int fd, lock;
        struct timespec start;
};

static void kept_close(struct kept *k)
{
        fd_close(k->fd);
        fd_close(k->lock);
}
#define cleanup_kept __attribute__((cleanup(kept_close)))

/* `exclusive`: it must not be in use. */
static int kept_open(struct kept *k, const char *directory, bool exclusive, cordon_error *err)
{
        struct stat st;

        *k = (struct kept){.fd = FD_NONE, .lock = FD_NONE};
        k->fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (k->fd < 0 || fstat(k->fd, &st) < 0)
                return error_set(err, errno, "%s: %s", directory, error_text(errno));
        int r = check_own(directory, &st, err);
        if (r < 0)
                return r;
        k->lock = openat(k->fd, "lock", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (k->lock < 0 || fstat(k->lock, &st) < 0 || !S_ISREG(st.st_mode))
                return error_set(err, ENOENT, "%s: no changes are kept there", directory);
        k->start = st.st_mtim;
        if (flock(k->lock, LOCK_NB | (exclusive ? LOCK_EX : LOCK_SH)) < 0 && exclusive)
                return error_set(err, EBUSY, "%s: the program is still running", directory);
        return 0;
}

static int room(struct changes *c)
{
        c->names = malloc(CHANGES_VALUE_MOST);
        c->value = malloc(CHANGES_VALUE_MOST);
        c->other = malloc(CHANGES_VALUE_MOST);
        return c->names && c->value && c->other ? 0 : -ENOMEM;
}

static void room_free(struct changes *c)
{
        free(c->names);
        free(c->value);
        free(c->other);
}

/* The tree of the host that a layer is about. It was canonical; what is reached by a link now is another one. */
static int tree_open_host(struct changes *c, int at)
{
        ssize_t length = readlinkat(at, "lower", c->path, sizeof(c->path) - 1);
        ssize_t seen = readlinkat(at, "seen", c->seen, sizeof(c->seen) - 1);

        if (length <= 1 || seen <= 1 || c->path[0] != '/')
                return -ESTALE;
        c->path[length] = '\0';
        c->seen[seen] = '\0';
        c->tree_length = (size_t)length;
        int here = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        for (char *name = c->path + 1, *end; here >= 0 && *name; name = end + (*end == '/')) {
                char part[NAME_MAX + 1];
                end = name + strcspn(name, "/");
                if ((size_t)(end - name) >= sizeof(part)) {
                        fd_close(here);
                        return -ENAMETOOLONG;
                }
                memcpy(part, name, (size_t)(end - name));
                part[end - name] = '\0';
                int next = openat(here, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                int error = errno;
                fd_close(here);
                here = next < 0 ? -error : next;
        }
        return here;
}

static int go_through_one(struct changes *c, const struct kept *k, const char *directory, const char *number, cordon_error *err)
{
        struct stat top;
        cleanup_fd int at = directory_in(k->fd, number);
        cleanup_fd int upper = at < 0 ? at : directory_in(at, "upper");
        cleanup_fd int lower = at < 0 ? at : tree_open_host(c, at);

        if (upper < 0)
                return error_set(err, -upper, "%s/%s: %s", directory, number, error_text(-upper));
        if (lower < 0)
                return error_set(err, -lower, "the changes in %s are about %s: %s", directory, c->path, error_text(-lower));
        if (fstat(lower, &top) < 0)
                return -errno;
        c->owner = top.st_uid;
        c->group = top.st_gid;
        c->device = top.st_dev;
        if (snprintf(c->kept, sizeof(c->kept), "%s/%s/upper", directory, number) >= (int)sizeof(c->kept))
                return error_set(err, ENAMETOOLONG, "%s: %s", directory, error_text(ENAMETOOLONG));
        int r = changes_walk(c, upper, lower);
        if (r == 0 && c->apply && syncfs(lower) < 0)
                r = -errno;
        return r < 0 ? error_set(err, -r, "%s: %s", c->path, error_text(-r)) : 0;
}

static bool is_number(const char *name)
{
        return *name && !name[strspn(name, "0123456789")];
}

static int go_through(const char *directory, const cordon_changes_options *o, bool apply, cordon_change_fn *fn, void *ctx,
                      cordon_error *err)
{
        struct kept k cleanup_kept;
        struct names names = {0};
        unsigned trees = 0;

        if (o && o->size != sizeof(*o)) {
                k = (struct kept){FD_NONE, FD_NONE, {0}};
                return error_set(err, EINVAL, "cordon_changes_options has an unknown size");
        }
        int r = kept_open(&k, directory, apply, err);
        if (r < 0)
                return r;
        struct changes *c = calloc(1, sizeof(*c));
        if (!c || room(c) < 0)
                r = error_set(err, ENOMEM, "out of memory");
        else {
                c->policy = o && o->policy ? policy_of(o->policy) : NULL;
                c->apply = apply;
                c->start = k.start;
                c->fn = fn;
                c->ctx = ctx;
                r = names_read(k.fd, &names);
        }
        for (size_t i = 0; r == 0 && i < names.count; i++)
                if (is_number(names.items[i])) {
                        trees++;
                        r = go_through_one(c, &k, directory, names.items[i], err);
                }
        if (r == 0)
                r = trees ? (int)(apply ? c->refused : c->found) : -ENODATA;
        if (r < 0)
                error_set(err, -r, "%s: %s", directory, r == -ENODATA ? "the policy had no `overlay`" : error_text(-r));
        names_free(&names);
        if (c)
                room_free(c);
        free(c);
        return r;
}

int cordon_changes_list(const char *directory, const cordon_changes_options *options, cordon_change_fn *fn, void *ctx,
                        cordon_error *err)
{
        return go_through(directory, options, false, fn, ctx, err);
}

int cordon_changes_apply(const char *directory, const cordon_changes_options *options, cordon_change_fn *fn, void *ctx,
                         cordon_error *err)
{
        return go_through(directory, options, true, fn, ctx, err);
}

int cordon_changes_discard(const char *directory, cordon_error *err)
{
        struct kept k cleanup_kept;
        struct names names = {0};
        int r = kept_open(&k, directory, true, err);

        if (r < 0)
                return r;
        r = names_read(k.fd, &names);
        for (size_t i = 0; r == 0 && i < names.count; i++)
                if (is_number(names.items[i]))
                        r = tree_remove(k.fd, names.items[i], true);
        names_free(&names);
        if (r == 0 && unlinkat(k.fd, "lock", 0) < 0)
                r = -errno;
        if (r == 0 && rmdir(directory) < 0)
                r = -errno;
        return r < 0 ? error_set(err, -r, "the changes in %s cannot be removed: %s", directory, error_text(-r)) : 0;
}
