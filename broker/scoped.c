/* openat2(2) with RESOLVE_ wishes of the caller's own: the kernel resolves under those as well as inside the view, and what it
 * reached is known by its canonical path. Without BENEATH or IN_ROOT, the view's root is where ".." and absolute links end. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "broker/resolve.h"

/* Pins `name` under the caller's wishes; with `parent`, only the directory it lies in. */
static int pin_scoped(int from, const char *name, uint64_t resolve, bool follow, bool parent)
{
        char directory[PATH_MAX];
        const char *slash = strrchr(name, '/');
        if (!parent)
                return view_pin_scoped(from, name, resolve, follow);
        if (!slash)
                strcpy(directory, ".");
        else
                snprintf(directory, sizeof(directory), "%.*s", slash == name ? 1 : (int)(slash - name), name);
        return view_pin_scoped(from, directory, resolve, true);
}

int resolve_scoped(const struct server *s, const struct request *r, const char *base, bool follow, bool create,
                   struct path *out)
{
        bool confined = (r->resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) != 0;
        uint64_t resolve = (r->resolve & ~(uint64_t)RESOLVE_NO_XDEV) | (confined ? 0 : RESOLVE_IN_ROOT);
        struct path joined = {0};
        if (r->resolve & RESOLVE_CACHED)
                return -EAGAIN; /* "not without waiting": callers then ask again without it */

        int bad = path_join(&joined, base, r->path);
        if (bad < 0)
                return bad;
        cleanup_fd int dir = view_open(&s->view, base, O_PATH | O_DIRECTORY, 0);
        if (dir < 0)
                return dir;
        int from = confined ? dir : s->view.root;
        const char *name = confined ? r->path : joined.text;
        cleanup_fd int whole = pin_scoped(from, name, resolve, follow, false);
        bool missing = whole == -ENOENT && create && !joined.directory;
        cleanup_fd int pin = missing ? pin_scoped(from, name, resolve, true, true) : fd_take(&whole);
        if (pin < 0)
                return pin;
        if ((r->resolve & RESOLVE_NO_XDEV) && !view_same_mount(dir, pin))
                return -EXDEV;
        bad = view_path_of(&s->view, pin, out->text, sizeof(out->text));
        if (bad < 0)
                return bad;
        out->length = strlen(out->text);
        out->directory = joined.directory;
        out->dotdot = false;
        if (missing) {
                const char *last = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
                bad = strcmp(last, "..") == 0 ? -EISDIR : path_push(out, last, strlen(last));
        }
        return bad;
}
