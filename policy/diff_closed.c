/* What is closed in a /proc that a `proc` line has brought, and what a rule of the other policy about more than that opens:
 * `read /proc`, `read /proc/k*`. In exploring the two, such a rule meets the one that `proc` implies, and the places are among
 * what both grant; so each of them is asked about here. */
#include <errno.h>
#include <string.h>

#include "policy/closed.h"
#include "policy/diff_build.h"

static int open_there(struct differ *d, const char *path, unsigned open, const struct verdict v[2])
{
        cordon_difference out = {
                .sign = open ? 1 : -1,
                .kind = "path",
                .ops = "read",
                .subject = diff_path(d, path),
                .example = path,
                .within = diff_list_keep(d, &(struct vector){0}),
                .except = diff_list_keep(d, &(struct vector){0}),
                .except_alone = diff_list_keep(d, &(struct vector){0}),
        };

        for (unsigned side = 0; side < 2; side++)
                diff_origin(&out, side, &v[side].rule->origin, v[side].rule->text);
        return out.subject && out.within && out.except && out.except_alone ? diff_add(d, &out) : -ENOMEM;
}

int diff_closed(struct differ *d)
{
        const char *path;
        int r = 0;

        for (size_t i = 0; r == 0 && (path = closed_place(i)); i++) {
                struct verdict v[2];
                for (unsigned side = 0; side < 2; side++)
                        v[side] = policy_eval(d->p[side], path, strlen(path), ACCESS_READ);
                unsigned open = is_closed(v[0].rule, path); /* which side may be */
                const struct rule *rule = v[open].rule;
                bool told = rule && rule->literal && is_closed(v[!open].rule, rule->pattern);
                if (is_closed(v[!open].rule, path) && !is_closed(rule, path) && v[open].allow && !told)
                        r = open_there(d, path, open, v);
        }
        return r;
}
