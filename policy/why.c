/* The layers, as they answer. An open is answered by the broker where the plan brokers opens: the verdict comes first, and what
 * is missing counts only where a rule covers it. Everything else is answered by the kernel, from the mounts of the view and
 * Landlock: existence comes first, and what is on a read-only mount is EROFS. A test tries it all for real and compares. */
#include "policy/why.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

struct asking {
        const struct policy *policy;
        const struct plan *plan;
        const struct why_op *op;
        bool directory; /* the path ends in a slash: it must be one */
        bool dot;       /* it is "/", or ends in "/." */
        bool up;        /* there is a ".." in it */
        struct why *out;
};

struct why_op {
        const char *name;
        unsigned access;
        bool follow; /* a symlink at the end */
        void (*brokered)(struct asking *a);
        void (*native)(struct asking *a);
};

static struct verdict eval(const struct asking *a, unsigned want)
{
        return policy_eval(a->policy, a->out->look.path, strlen(a->out->look.path), want);
}

/* What is there is no directory, and one was meant. */
static bool not_directory(const struct asking *a, bool wanted)
{
        const struct look *look = &a->out->look;
        return wanted && look->mode != 0 && !look->unknown && !S_ISDIR(look->mode);
}

/* ---- the broker ------------------------------------------------------------------------------------------------- */

/* The way to what does not exist does not exist either. */
static int unless_hidden(int error, const struct verdict *verdict)
{
        return (error == EACCES || error == ENOTDIR) && verdict->error == ENOENT ? ENOENT : error;
}

/* Symlinks were on the way and lead nowhere: the broker knows no path that a rule could be about, and gives the error. */
static bool leads_nowhere(struct asking *a)
{
        const struct look *look = &a->out->look;
        if (!look->through_link || !look->error || (look->error == ENOENT && !look->parent_missing))
                return false;
        a->out->verdict = eval(a, a->op->access);
        a->out->allow = a->out->verdict.allow;
        a->out->error = unless_hidden(look->error, &a->out->verdict);
        return true;
}

/* A directory that only leads to what is granted, and that a pattern has brought with all that is in it. */
static bool shows_too_much(const struct asking *a)
{
        const struct look *look = &a->out->look;
        return a->out->verdict.ancestor && look->mount && look->mount->by_pattern && S_ISDIR(look->mode);
}

static void brokered_open(struct asking *a)
{
        struct why *out = a->out;
        const struct look *look = &out->look;
        bool directory = S_ISDIR(look->mode), write = (a->op->access & ACCESS_WRITE) != 0;
        bool list = a->op->access == ACCESS_LIST || (a->directory && !write);

        if (leads_nowhere(a))
                return;
        out->verdict = eval(a, list ? ACCESS_LIST : a->op->access);
        if (!out->verdict.allow && directory && !write && eval(a, ACCESS_LIST).allow)
                out->verdict = eval(a, ACCESS_LIST); /* to read a directory is to list it */
        out->allow = out->verdict.allow && !shows_too_much(a);
        bool covered = out->verdict.rule && out->verdict.rule->class == CLASS_GRANT;
        bool other = not_directory(a, list || (out->verdict.ask && a->directory));
        bool vain = out->verdict.ask && (look->error || other || (directory && write)); /* nobody is asked */
        if (!out->allow && !vain && !(look->error && covered))
                out->error = out->verdict.error ? out->verdict.error : EACCES;
        else if (look->error)
                out->error = look->error;
        else if (directory && write)
                out->error = EISDIR;
        else if (other)
                out->error = ENOTDIR;
}

static void brokered_create(struct asking *a)
{
        struct why *out = a->out;
        const struct look *look = &out->look;

        if (a->directory && !a->up) { /* said before anything is looked up */
                out->verdict = eval(a, ACCESS_CREATE);
                out->allow = out->verdict.allow;
                out->error = EISDIR;
                return;
        }
        if (leads_nowhere(a))
                return;
        out->verdict = eval(a, ACCESS_CREATE);
        out->allow = out->verdict.allow;
        if (a->directory)
                out->error = EISDIR;
        else if ((look->mode != 0 || look->error != ENOENT) && out->verdict.error == ENOENT)
                out->error = ENOENT;
        else if (look->mode != 0)
                out->error = EEXIST;
        else if (look->error != ENOENT)
                out->error = look->error;
        else if (!out->allow && !(out->verdict.ask && look->parent_missing)) /* where nothing can be made nobody is asked */
                out->error = out->verdict.error ? out->verdict.error : EACCES;
        else if (look->parent_missing)
                out->error = ENOENT;
        else if (look->mount && !look->mount->writable) /* a pattern reaches into what is masked as a whole */
                out->error = EROFS;
}

/* stat(2), where metadata are brokered. What is missing is missed first; but the way to what does not exist does not exist. */
static void brokered_stat(struct asking *a)
{
        struct why *out = a->out;
        const struct look *look = &out->look;
        const struct plan_mount *m = look->mount;

        out->verdict = eval(a, ACCESS_LIST);
        bool skeleton = !out->verdict.rule && (!m || m->kind == VIEW_DIR || m->kind == VIEW_SYMLINK);
        out->allow = out->verdict.allow || out->verdict.ask || skeleton; /* nobody is asked about how something looks */
        out->error = look->error ? look->error : not_directory(a, a->directory) ? ENOTDIR : 0;
        out->error = unless_hidden(out->error, &out->verdict);
        if (!out->error && !out->allow)
                out->error = out->verdict.error ? out->verdict.error : EACCES;
}

/* ---- the kernel ------------------------------------------------------------------------------------------------- */

static bool masked(const struct asking *a)
{
        return a->out->look.mount && a->out->look.mount->kind == VIEW_MASK;
}

/* What is none of the host's, and may be read: by its mode nobody may write it. */
static bool readable_own(const struct asking *a)
{
        const struct plan_mount *m = a->out->look.mount;
        return m && (m->kind == VIEW_EMPTY || m->kind == VIEW_FILE);
}

static bool mount_is(const struct asking *a, bool executable)
{
        const struct plan_mount *m = a->out->look.mount;
        return m && (executable ? m->executable : m->writable);
}

/* The rules' word on what the kernel decides; where the two differ, what happens counts. */
static void settle(struct asking *a, unsigned want, int refusal)
{
        struct why *out = a->out;
        out->verdict = eval(a, want);
        if (out->look.error)
                out->error = out->look.error;
        else
                out->error = refusal;
        out->allow = out->verdict.allow || !out->error;
}

static void native_open(struct asking *a)
{
        const struct look *look = &a->out->look;
        unsigned want = a->op->access;
        bool directory = S_ISDIR(look->mode);
        int refusal = 0;

        if (want != ACCESS_WRITE && directory)
                want = ACCESS_LIST;
        if (want == ACCESS_WRITE && directory)
                refusal = EISDIR;
        else if (not_directory(a, want == ACCESS_LIST || a->directory))
                refusal = ENOTDIR;
        else if (masked(a) || (want == ACCESS_WRITE && readable_own(a)))
                refusal = EACCES;
        else if (want == ACCESS_WRITE && !mount_is(a, false) && look->mount->kind != VIEW_DEVICE)
                refusal = EROFS;
        else if (want & ~look->rights)
                refusal = EACCES;
        settle(a, want, refusal);
}

static void native_create(struct asking *a)
{
        struct why *out = a->out;
        const struct look *look = &out->look;

        out->verdict = eval(a, ACCESS_CREATE);
        if (look->error && (look->error != ENOENT || look->parent_missing))
                out->error = look->error;
        else if (a->directory && !a->dot)
                out->error = EISDIR;
        else if (look->mode != 0)
                out->error = EEXIST;
        else if (!mount_is(a, false))
                out->error = EROFS;
        else if (!(look->rights & (ACCESS_CREATE | ACCESS_WRITE)))
                out->error = EACCES;
        out->allow = out->verdict.allow || !out->error;
}

static void native_exec(struct asking *a)
{
        const struct look *look = &a->out->look;
        bool refused = !S_ISREG(look->mode) || masked(a) || !mount_is(a, true) || !(look->rights & ACCESS_EXEC);

        settle(a, ACCESS_EXEC, not_directory(a, a->directory) ? ENOTDIR : refused ? EACCES : 0);
        if (!a->out->error && !a->out->verdict.allow)
                a->out->note = "execution is not brokered: only a literal path stops it, a pattern does not";
}

/* Names and metadata of what is no directory: stat(2). */
static void native_stat(struct asking *a)
{
        settle(a, ACCESS_LIST, not_directory(a, a->directory) ? ENOTDIR : 0);
        if (!a->out->error && !a->out->verdict.allow)
                a->out->note = "metadata is not brokered: what is in the view can be seen, if not opened";
}

static void native_list(struct asking *a)
{
        if (S_ISDIR(a->out->look.mode))
                native_open(a);
        else
                native_stat(a);
}

static void brokered_list(struct asking *a)
{
        if (S_ISDIR(a->out->look.mode))
                brokered_open(a);
        else if (a->plan->brokered & FAMILY_METADATA)
                brokered_stat(a);
        else
                native_stat(a);
}

/* ---- operations ------------------------------------------------------------------------------------------------- */

static const struct why_op ops[] = {
        {"list", ACCESS_LIST, true, brokered_list, native_list},
        {"read", ACCESS_READ, true, brokered_open, native_open},
        {"create", ACCESS_CREATE, false, brokered_create, native_create},
        {"write", ACCESS_WRITE, true, brokered_open, native_open},
        {"exec", ACCESS_EXEC, true, native_exec, native_exec},
        {"unix", ACCESS_UNIX, true, NULL, NULL},
};

static const struct why_op *op_find(const char *name)
{
        for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
                if (strcmp(ops[i].name, name) == 0)
                        return &ops[i];
        return NULL;
}

unsigned why_access(const char *op)
{
        const struct why_op *found = op_find(op);
        return found ? found->access : 0;
}

static bool goes_up(const char *path)
{
        for (const char *at = strstr(path, "/.."); at; at = strstr(at + 1, "/.."))
                if (at[3] == '/' || at[3] == '\0')
                        return true;
        return false;
}

static bool ends_in_dot(const char *path)
{
        size_t length = strlen(path);
        return length == 1 || (path[length - 1] == '.' && path[length - 2] == '/');
}

static bool ends_in_slash(const char *path)
{
        size_t length = strlen(path);
        if (length > 1 && path[length - 1] == '.' && path[length - 2] == '/')
                length--;
        return path[length - 1] == '/';
}

/* No plan: what the rules say of the path as the host resolves it. */
static void rules_alone(struct asking *a, const struct policy_host *host, const char *path)
{
        struct why *out = a->out;
        int r = policy_canonical(a->policy, host, path, out->look.path, &out->look.mode, NULL, NULL);
        if (r < 0) {
                out->error = -r;
                return;
        }
        out->verdict = eval(a, a->op->access);
        out->allow = out->verdict.allow;
        out->error = out->verdict.error;
}

/* Of a name to be made the kernel looks at no link, even with a slash behind it: so it is looked at without. */
static const char *creates_plain(const struct asking *a, const char *path, char plain[PATH_MAX])
{
        size_t length = strnlen(path, PATH_MAX);
        if (a->op->access != ACCESS_CREATE || a->dot || length == PATH_MAX)
                return path;
        while (length > 1 && path[length - 1] == '/')
                length--;
        memcpy(plain, path, length);
        plain[length] = '\0';
        return plain;
}

void policy_why(const struct policy *p, const struct plan *plan, const struct policy_host *host, const char *op,
                const char *path, struct why *out)
{
        struct asking a = {.policy = p, .plan = plan, .op = op_find(op), .out = out,
                           .directory = ends_in_slash(path), .dot = ends_in_dot(path), .up = goes_up(path)};

        *out = (struct why){.error = EINVAL};
        if (!a.op)
                return;
        out->error = 0;
        out->access = a.op->access;
        if (!plan || !a.op->native) {
                rules_alone(&a, host, path);
                return;
        }
        if (plan->brokered & FAMILY_OPEN) {
                plan_look(plan, host, path, a.op->follow || a.directory, &out->look);
                a.op->brokered(&a);
                return;
        }
        char plain[PATH_MAX];
        plan_look(plan, host, creates_plain(&a, path, plain), a.op->follow, &out->look);
        a.op->native(&a);
}
