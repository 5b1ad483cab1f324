/* What makes, moves and removes names. Shape, where, policy, act, as with opens; the calls end in a number and not in a
 * descriptor, so that what is left to race is only what we do ourselves: in a directory that is pinned, on a last name that
 * is followed by nobody.
 *
 * Rules are about paths, so a name must not carry what is below it to where other rules hold. Removing and moving need `write`
 * at the name itself. A directory moves only to where the same rules could apply below: then every verdict moves along. A
 * symlink is no new name for what it leads to, since verdicts are about canonical paths; but it does not take the place of a
 * directory that a rule names on its way down. A second name for a file needs `write` at both: it would otherwise be a way
 * around the rule at the first.
 *
 * The kernel keeps mount points from being moved or removed by those in whose mount namespace they are. We are in another, so
 * we look ourselves. Nothing in the sandbox can change a name between that look and the act: its calls are all served here,
 * one after the other. */
#include "broker/names.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/caller.h"
#include "broker/hosted.h"
#include "broker/modes.h"

/* ---- verdicts ---------------------------------------------------------------------------------------------------- */

static int tell(const struct errand *e, const struct path *p, unsigned want, const struct verdict *v, int error)
{
        const struct request *r = e->request;
        struct audit_event event = {
                .path = p->text,
                .asked = r->by_descriptor ? p->text : r->path,
                .want = want,
                .verdict = v,
                .error = error,
                .request = r,
                .proc = e->server->view.proc,
        };
        audit_record(e->server->audit, &event);
        return -error;
}

static struct verdict verdict_on(const struct errand *e, const struct path *p, unsigned want)
{
        return hosted_eval(e->server, e->request->edition, p->text, p->length, want);
}

static int refuse(const struct errand *e, const struct path *p, unsigned want, const struct verdict *v)
{
        return tell(e, p, want, v, v->error ? v->error : EACCES); /* also where the verdict, by some fault, has none */
}

int names_vet(const struct errand *e, const struct path *p, unsigned want)
{
        struct verdict v = verdict_on(e, p, want);
        return v.allow ? 0 : refuse(e, p, want, &v);
}

int names_missed(const struct errand *e, const struct path *p, unsigned want)
{
        struct verdict v = verdict_on(e, p, want);
        return tell(e, p, want, &v, ENOENT);
}

int names_refuse(const struct errand *e, const struct path *p, unsigned want, const struct rule *rule)
{
        struct verdict v = {.error = EACCES, .rule = rule};
        return refuse(e, p, want, &v);
}

void names_did(const struct errand *e, const struct path *p, unsigned want)
{
        if (policy_world(e->request->edition->policy)->audit != AUDIT_ALL)
                return;
        struct verdict v = verdict_on(e, p, want);
        tell(e, p, want, &v, 0);
}

/* As a plain call answers: what is there already is that first of all, to `mkdir -p` for one, wherever it can be seen. */
int names_vet_new(const struct errand *e, const struct place *p)
{
        struct place_look look;
        struct verdict v = verdict_on(e, &p->path, ACCESS_CREATE);
        if (v.allow)
                return 0;
        bool seen = verdict_on(e, &p->path, ACCESS_LIST).allow ||
                    (!v.rule && view_is_skeleton(&e->server->view, p->directory)); /* a link of the view's own */
        if (seen && place_look(p, &look) == 0 && look.exists)
                return -EEXIST;
        return refuse(e, &p->path, ACCESS_CREATE, &v);
}

/* The other way round for what is to go or to move: where it is not there, that is the answer, and nothing to report. */
static int vet_old(const struct errand *e, const struct place *p, const struct place_look *look)
{
        struct verdict v = verdict_on(e, &p->path, ACCESS_WRITE);
        if (!v.allow && (look->exists || !v.rule || v.rule->class != CLASS_GRANT))
                return refuse(e, &p->path, ACCESS_WRITE, &v);
        return look->exists ? 0 : -ENOENT;
}

/* Whatever a rule names on its way down is a directory, or nothing. */
static int vet_symlink(const struct errand *e, const struct place *p, unsigned want)
{
        const struct rule *rule;
        return policy_named_below(e->request->edition->policy, p->path.text, &rule) ? names_refuse(e, &p->path, want, rule) : 0;
}

static int still_asked(const struct errand *e)
{
        return request_waiting(e->server, e->request) ? 0 : -ESRCH;
}

static int result_of(long returned)
{
        return returned < 0 ? -errno : 0;
}

/* ---- new names --------------------------------------------------------------------------------------------------- */

/* As the caller's own call would: with its umask, in a thread whose umask is its own. */
static int make(const struct errand *e, const struct place *p, mode_t mode)
{
        struct caller_status caller;
        int bad = caller_status(e->server->view.proc, e->request->tid, &caller);
        if (bad == 0)
                bad = still_asked(e);
        if (bad < 0)
                return bad;
        mode_t with = modes_begin(e->server, mode, caller.umask);
        bad = result_of(S_ISDIR(mode) ? mkdirat(p->directory, p->last, with & 01777)
                                      : mknodat(p->directory, p->last, with, 0));
        modes_end(e->server);
        const char *name = strrchr(p->path.text, '/') + 1; /* without the slashes that `last` may end in */
        return bad < 0 ? bad : modes_settle_at(e->server, p->directory, name, mode, caller.umask);
}

static int make_at(const struct errand *e, mode_t mode)
{
        struct place p;
        int bad = place_find(&p, e->server, e->request, e->request->dirfd, e->request->path);
        if (bad == 0 && p.kind != PLACE_NAME)
                bad = -EEXIST;
        if (bad == 0)
                bad = names_vet_new(e, &p);
        if (bad == 0)
                bad = make(e, &p, mode);
        if (bad == 0)
                names_did(e, &p.path, ACCESS_CREATE);
        place_done(&p);
        return bad;
}

int names_mkdir(const struct errand *e)
{
        return make_at(e, S_IFDIR | ((mode_t)e->request->number[0] & 01777));
}

/* No devices, and nothing that lends somebody's identity. */
int names_mknod(const struct errand *e)
{
        mode_t mode = (mode_t)e->request->number[0];
        mode_t type = mode & S_IFMT ? mode & S_IFMT : S_IFREG;
        if (type == S_IFDIR || type == S_IFCHR || type == S_IFBLK || (mode & (S_ISUID | S_ISGID)))
                return -EPERM;
        if (type != S_IFREG && type != S_IFIFO && type != S_IFSOCK)
                return -EINVAL;
        return make_at(e, type | (mode & 01777));
}

int names_symlink(const struct errand *e)
{
        struct place p;
        int bad = place_find(&p, e->server, e->request, e->request->dirfd, e->request->path);
        if (bad == 0 && p.kind != PLACE_NAME)
                bad = -EEXIST;
        if (bad == 0)
                bad = names_vet_new(e, &p);
        if (bad == 0)
                bad = vet_symlink(e, &p, ACCESS_CREATE);
        if (bad == 0)
                bad = still_asked(e);
        if (bad == 0)
                bad = result_of(symlinkat(e->request->other, p.directory, p.last));
        if (bad == 0)
                names_did(e, &p.path, ACCESS_CREATE);
        place_done(&p);
        return bad;
}

/* ---- a second name ----------------------------------------------------------------------------------------------- */

/* The name that was given, itself: a symlink gets a second name as such. */
static int link_name(const struct errand *e, const struct place *to)
{
        struct place from;
        struct place_look look = {0};
        int bad = place_find(&from, e->server, e->request, e->request->dirfd, e->request->path);
        if (bad == 0 && from.kind != PLACE_NAME)
                bad = -EPERM; /* a directory */
        if (bad == 0)
                bad = place_look(&from, &look);
        if (bad == 0)
                bad = vet_old(e, &from, &look);
        if (bad == 0)
                bad = names_vet(e, &to->path, ACCESS_WRITE);
        if (bad == 0 && S_ISLNK(look.type))
                bad = vet_symlink(e, to, ACCESS_WRITE);
        if (bad == 0)
                bad = still_asked(e);
        if (bad == 0)
                bad = result_of(linkat(from.directory, from.last, to->directory, to->last, 0));
        place_done(&from);
        return bad;
}

/* A file that never had a name (O_TMPFILE) is the caller's own: that it gets one is as if it had been made there. */
static int link_object(const struct errand *e, const struct place *to)
{
        struct object o;
        struct stat st;
        char number[16];
        int bad = object_find(&o, e->server, e->request, true);
        if (bad == 0)
                bad = result_of(fstat(o.fd, &st));
        bool fresh = bad == 0 && o.held && o.writable && o.nameless && st.st_nlink == 0;
        if (bad == 0 && fresh)
                bad = names_vet_new(e, to);
        else if (bad == 0 && o.nameless)
                bad = -ENOENT;
        else if (bad == 0 && (bad = names_vet(e, &o.path, ACCESS_WRITE)) == 0)
                bad = names_vet(e, &to->path, ACCESS_WRITE);
        if (bad == 0 && S_ISLNK(st.st_mode))
                bad = vet_symlink(e, to, ACCESS_WRITE);
        if (bad == 0)
                bad = still_asked(e);
        snprintf(number, sizeof(number), "%d", o.fd);
        if (bad == 0)
                bad = result_of(linkat(e->server->view.self, number, to->directory, to->last, AT_SYMLINK_FOLLOW));
        object_done(&o);
        return bad;
}

int names_link(const struct errand *e)
{
        const struct request *r = e->request;
        struct place to;
        int bad = place_find(&to, e->server, r, r->other_dirfd, r->other);
        if (bad == 0 && to.kind != PLACE_NAME)
                bad = -EEXIST;
        if (bad == 0)
                bad = r->by_descriptor || (r->flags & AT_SYMLINK_FOLLOW) ? link_object(e, &to) : link_name(e, &to);
        if (bad == 0)
                names_did(e, &to.path, ACCESS_WRITE);
        place_done(&to);
        return bad;
}

/* ---- moving ------------------------------------------------------------------------------------------------------ */

/* One end's object is to get the other end's name. */
static int vet_move(const struct errand *e, const struct place *from, const struct place *to, mode_t type)
{
        const struct rule *rule;
        if (S_ISLNK(type))
                return vet_symlink(e, to, ACCESS_WRITE);
        if (!S_ISDIR(type) || edition_same_below(e->request->edition, from->path.text, to->path.text))
                return 0;
        if (!policy_named_below(e->request->edition->policy, from->path.text, &rule) || !rule)
                policy_named_below(e->request->edition->policy, to->path.text, &rule);
        if (!rule)
                rule = policy_differs_below(e->request->edition->policy, from->path.text, to->path.text);
        return names_refuse(e, &from->path, ACCESS_WRITE, rule);
}

static int move(const struct errand *e, const struct place *from, const struct place *to)
{
        uint64_t flags = e->request->flags;
        struct place_look old, new;
        int bad = place_look(from, &old);
        if (bad == 0)
                bad = place_look(to, &new);
        if (bad == 0)
                bad = vet_old(e, from, &old);
        if (bad == 0)
                bad = names_vet(e, &to->path, ACCESS_WRITE);
        if (bad == 0 && (old.mount_point || new.mount_point))
                bad = -EBUSY;
        if (bad == 0)
                bad = vet_move(e, from, to, old.type);
        if (bad == 0 && (flags & RENAME_EXCHANGE))
                bad = new.exists ? vet_move(e, to, from, new.type) : -ENOENT;
        if (bad == 0)
                bad = still_asked(e);
        if (bad == 0)
                bad = result_of(syscall(SYS_renameat2, from->directory, from->last, to->directory, to->last,
                                        (unsigned)flags));
        if (bad == 0) {
                names_did(e, &from->path, ACCESS_WRITE);
                names_did(e, &to->path, ACCESS_WRITE);
        }
        return bad;
}

int names_rename(const struct errand *e)
{
        const struct request *r = e->request;
        struct place from, to;
        if ((r->flags & RENAME_EXCHANGE) && (r->flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)))
                return -EINVAL;
        if (r->flags & RENAME_WHITEOUT)
                return -EPERM; /* leaves a device node behind */
        to.directory = FD_NONE;
        int bad = place_find(&from, e->server, r, r->dirfd, r->path);
        if (bad == 0)
                bad = place_find(&to, e->server, r, r->other_dirfd, r->other);
        if (bad == 0 && (from.kind != PLACE_NAME || to.kind != PLACE_NAME))
                bad = -EBUSY;
        if (bad == 0)
                bad = move(e, &from, &to);
        place_done(&from);
        place_done(&to);
        return bad;
}

/* ---- removing ---------------------------------------------------------------------------------------------------- */

int names_remove(const struct errand *e)
{
        static const int as_directory[] = {
                [PLACE_DOT] = -EINVAL, [PLACE_DOTDOT] = -ENOTEMPTY, [PLACE_ROOT] = -EBUSY};
        const struct request *r = e->request;
        bool directory = (r->flags & AT_REMOVEDIR) != 0;
        struct place p;
        struct place_look look;
        int bad = place_find(&p, e->server, r, r->dirfd, r->path);
        if (bad == 0 && p.kind != PLACE_NAME)
                bad = directory ? as_directory[p.kind] : -EISDIR;
        if (bad == 0)
                bad = place_look(&p, &look);
        if (bad == 0)
                bad = vet_old(e, &p, &look);
        if (bad == 0 && look.mount_point)
                bad = -EBUSY;
        if (bad == 0)
                bad = still_asked(e);
        if (bad == 0)
                bad = result_of(unlinkat(p.directory, p.last, directory ? AT_REMOVEDIR : 0));
        if (bad == 0)
                names_did(e, &p.path, ACCESS_WRITE);
        place_done(&p);
        return bad;
}
