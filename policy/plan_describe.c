/* A plan in words, for the person who wrote the policy: what there is to see, who decides about opens, what the
 * kernel is asked for. Every path and name is escaped: they come from files, and go to a terminal. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "policy/plan.h"

#define PATH_COLUMN 34
#define FLAG_COLUMN 24

/* ---- lines ------------------------------------------------------------------------------------------------------ */

static void head(struct buf *b, const char *title)
{
        if (b->length > 0)
                buf_str(b, "\n");
        buf_printf(b, "%s\n", title);
}

/* Spaces up to a column of the line that began at `from`; at least two. UTF-8 counts as one column a character. */
static void pad(struct buf *b, size_t from, size_t column)
{
        size_t width = 0;
        for (size_t i = from; i < b->length; i++)
                width += ((unsigned char)b->data[i] & 0xc0) != 0x80;
        do
                buf_str(b, " ");
        while (!b->bad && ++width < column);
}

static void origin(struct buf *b, const struct origin *at)
{
        if (!at->file)
                return;
        buf_escaped(b, at->file);
        if (at->line)
                buf_printf(b, ":%u", at->line);
}

static void from_rule(struct buf *b, const struct rule *rule)
{
        if (!rule)
                return;
        origin(b, &rule->origin);
        buf_str(b, "  ");
        buf_escaped(b, rule->text);
}

/* "512M", where that is exact. */
static void size(struct buf *b, uint64_t bytes)
{
        static const char units[] = "KMGT";
        uint64_t value = bytes;
        int unit = -1;

        while (value > 0 && value % 1024 == 0 && unit < 3) {
                value /= 1024;
                unit++;
        }
        buf_printf(b, "%" PRIu64, value);
        if (unit >= 0)
                buf_add(b, &units[unit], 1);
}

/* ---- the view --------------------------------------------------------------------------------------------------- */

static const char *access_word(unsigned access)
{
        if (access & ACCESS_WRITE)
                return "writable";
        if (access & ACCESS_CREATE)
                return "new files only";
        return access & ACCESS_READ ? "read-only" : "names only";
}

static void flags_of(struct buf *b, const struct plan_mount *m)
{
        static const char *const proc[] = {[PROC_OWN] = "its own processes",
                                           [PROC_SELF] = "its own processes, nothing of the system",
                                           [PROC_NONE] = "none"};

        switch (m->kind) {
        case VIEW_TMPFS:
                buf_str(b, "private, ");
                if (m->size)
                        size(b, m->size);
                buf_str(b, m->size ? ", " : "");
                break;
        case VIEW_PROC:
                buf_str(b, proc[m->proc_mode]);
                return;
        default:
                break;
        }
        buf_str(b, access_word(m->access));
        buf_str(b, m->executable ? ", executable" : "");
}

static void devices(struct buf *b, const struct plan *plan)
{
        bool any = false;

        buf_str(b, "  /dev");
        pad(b, b->length - 6, PATH_COLUMN);
        for (size_t i = 0; i < plan->mount_count; i++)
                if (plan->mounts[i].kind == VIEW_DEVICE) {
                        buf_str(b, any ? " " : "");
                        buf_escaped(b, plan->mounts[i].path + strlen("/dev/"));
                        any = true;
                }
        buf_str(b, "\n");
}

/* A directory on the way to a stricter place in a writable tree; see plan_view.c. */
static bool is_pin(const struct plan_mount *m)
{
        return m->kind == VIEW_BIND && m->rule && strcmp(m->rule->pattern, m->path) != 0;
}

static void view_line(struct buf *b, const struct plan_mount *m)
{
        size_t from = b->length;

        buf_str(b, "  ");
        buf_escaped(b, m->path);
        if (m->kind == VIEW_SYMLINK) {
                buf_str(b, " -> ");
                buf_escaped(b, m->source);
                buf_str(b, "\n");
                return;
        }
        pad(b, from, PATH_COLUMN);
        if (is_pin(m))
                buf_str(b, "kept in its place");
        else
                flags_of(b, m);
        if (m->rule) {
                pad(b, from, PATH_COLUMN + FLAG_COLUMN);
                from_rule(b, m->rule);
        }
        buf_str(b, "\n");
}

static bool in_dev(const char *path)
{
        return strncmp(path, "/dev", 4) == 0 && (path[4] == '/' || !path[4]);
}

static void view(struct buf *b, const struct plan *plan)
{
        head(b, "View: what there is");
        for (size_t i = 0; i < plan->mount_count; i++) {
                const struct plan_mount *m = &plan->mounts[i];
                bool shown = m->kind == VIEW_BIND || m->kind == VIEW_TMPFS || m->kind == VIEW_PROC ||
                             m->kind == VIEW_SYMLINK;
                if (strcmp(m->path, "/dev") == 0)
                        devices(b, plan);
                else if (shown && !in_dev(m->path))
                        view_line(b, m);
        }
}

static void masked(struct buf *b, const struct plan *plan)
{
        bool any = false;

        for (size_t i = 0; i < plan->mount_count; i++) {
                const struct plan_mount *m = &plan->mounts[i];
                bool on_the_way = m->rule && m->rule->class == CLASS_GRANT;
                bool taken = m->kind == VIEW_MASK || (m->kind == VIEW_HOLLOW && !on_the_way);
                if (!taken)
                        continue;
                if (!any)
                        head(b, "Masked: mounted over, so that nothing can be reached there");
                any = true;
                size_t from = b->length;
                buf_str(b, "  ");
                buf_escaped(b, m->path);
                pad(b, from, PATH_COLUMN);
                buf_str(b, m->kind == VIEW_HOLLOW ? "leads to what is granted" : m->directory ? "directory" : "file");
                pad(b, from, PATH_COLUMN + FLAG_COLUMN);
                from_rule(b, m->rule);
                buf_str(b, "\n");
        }
}

/* ---- who decides ------------------------------------------------------------------------------------------------ */

static void brokered(struct buf *b, const struct plan *plan)
{
        head(b, "Brokered: asked for, one by one");
        if (plan->brokered & FAMILY_OPEN) {
                buf_str(b, "  open, openat, openat2, creat        ");
                buf_escaped(b, plan->why_open ? plan->why_open : "");
                buf_str(b, "\n  everything else is native: the view and Landlock bound it\n");
        } else {
                buf_str(b, "  nothing: the view and Landlock say all that the policy says\n");
        }
}

struct counts {
        unsigned allowed, tested, brokered, refused;
};

static struct counts count_calls(const struct filter *filter)
{
        struct counts c = {0};

        for (size_t i = 0; i < filter->rule_count; i++) {
                const struct filter_rule *rule = &filter->rules[i];
                bool tested = rule->test_count > 0;
                while (rule->test_count > 0)
                        rule = &filter->rules[++i];
                if (rule->action == FILTER_NOTIFY)
                        c.brokered++;
                else if (tested)
                        c.tested++;
                else if (rule->action == FILTER_ALLOW)
                        c.allowed++;
                else
                        c.refused++;
        }
        return c;
}

static void refused_group(void *ctx, const char *name, const char *text)
{
        (void)text;
        if (syscall_fate(name) == SYSCALL_REFUSED)
                buf_printf(ctx, " %s", name);
}

static void syscalls(struct buf *b, const struct plan *plan)
{
        const struct world *w = policy_world(plan->policy);
        struct filter full = {0}; /* with its rules, which a filter made at build time has not */
        struct counts c = {0};
        if (filter_compile(&full, &plan->wish) == 0)
                c = count_calls(&full);
        filter_free(&full);
        bool grants = false;

        head(b, "System calls");
        buf_str(b, "  from the policy   ");
        for (size_t i = 0; i < w->syscall_count; i++)
                grants = grants || !w->syscalls[i].deny;
        buf_str(b, grants ? "" : "@default ");
        for (size_t i = 0; i < w->syscall_count; i++) {
                buf_str(b, w->syscalls[i].deny ? "not " : "");
                buf_escaped(b, w->syscalls[i].name);
                buf_str(b, " ");
        }
        buf_printf(b, "\n  allowed           %u, and %u more depending on their arguments\n", c.allowed, c.tested);
        buf_printf(b, "  brokered          %u\n", c.brokered);
        buf_printf(b, "  refused           %u, and all that are unknown\n", c.refused);
        buf_str(b, "  in every sandbox ");
        syscall_groups(refused_group, b);
        buf_printf(b, "\n  filter            %u instructions\n", plan->filter.program.len);
}

/* ---- the world -------------------------------------------------------------------------------------------------- */

static void limit(struct buf *b, const char *name, uint64_t value, bool bytes, const char *unit,
                  const struct origin *at)
{
        size_t from = b->length;
        if (value == 0)
                return;
        buf_printf(b, "  %-18s", name);
        if (bytes)
                size(b, value);
        else
                buf_printf(b, "%" PRIu64 "%s", value, unit);
        pad(b, from, PATH_COLUMN);
        origin(b, at);
        buf_str(b, "\n");
}

static void limits(struct buf *b, const struct limits *l)
{
        head(b, "Limits");
        size_t from = b->length;
        bool whole = l->time_ms % 1000 == 0;
        limit(b, "time", whole ? l->time_ms / 1000 : l->time_ms, false, whole ? "s" : "ms", &l->time_at);
        limit(b, "cpu", l->cpu_s, false, "s", &l->cpu_at);
        limit(b, "memory", l->memory, true, "", &l->memory_at);
        limit(b, "procs", l->procs, false, "", &l->procs_at);
        limit(b, "files", l->files, false, "", &l->files_at);
        limit(b, "fsize", l->fsize, true, "", &l->fsize_at);
        if (b->length == from)
                buf_str(b, "  none\n");
}

static void environment(struct buf *b, const struct world *w)
{
        head(b, "Environment");
        if (!w->env_given) {
                buf_str(b, "  the usual:");
                for (size_t i = 0; i < w->env_count; i++)
                        buf_printf(b, " %s", w->env[i].name ? w->env[i].name : "");
                buf_str(b, "\n");
        }
        for (size_t i = 0; w->env_given && i < w->env_count; i++) {
                const struct env_rule *rule = &w->env[i];
                static const char *const words[] = {[ENV_KEEP] = "keep", [ENV_SET] = "set", [ENV_CLEAR] = "clear"};
                size_t from = b->length;
                buf_printf(b, "  %-6s", words[rule->kind]);
                buf_escaped(b, rule->name ? rule->name : "");
                if (rule->kind == ENV_SET) {
                        buf_str(b, "=");
                        buf_escaped(b, rule->value ? rule->value : "");
                }
                pad(b, from, PATH_COLUMN);
                origin(b, &rule->origin);
                buf_str(b, "\n");
        }
}

static void network(struct buf *b, const struct world *w)
{
        static const char *const words[] = {
                [NET_NONE] = "none: no sockets but pairs",
                [NET_LOOPBACK] = "loopback: a network of its own, TCP and UDP within it",
                [NET_HOST] = "host: TCP and UDP over the host's network",
        };

        head(b, "Network");
        size_t from = b->length;
        buf_printf(b, "  %s", words[w->net]);
        if (w->net_at.line) {
                pad(b, from, PATH_COLUMN);
                origin(b, &w->net_at);
        }
        buf_str(b, "\n  sockets with a path or an abstract name: none\n");
}

static void notes(struct buf *b, const struct plan *plan)
{
        if (plan->note_count > 0)
                head(b, "Notes");
        for (size_t i = 0; i < plan->note_count; i++) {
                buf_str(b, "  ");
                if (plan->notes[i].origin.line) {
                        origin(b, &plan->notes[i].origin);
                        buf_str(b, ": ");
                }
                buf_escaped(b, plan->notes[i].text);
                buf_str(b, "\n");
        }
}

void plan_describe(const struct plan *plan, cordon_write_fn *write, void *ctx)
{
        static const char failed[] = "out of memory\n";
        const struct world *w = policy_world(plan->policy);
        cleanup_buf struct buf b = {0};

        view(&b, plan);
        masked(&b, plan);
        brokered(&b, plan);
        syscalls(&b, plan);
        limits(&b, &w->limits);
        environment(&b, w);
        network(&b, w);
        notes(&b, plan);
        if (b.bad || !b.data)
                write(ctx, failed, sizeof(failed) - 1);
        else
                write(ctx, b.data, b.length);
}
