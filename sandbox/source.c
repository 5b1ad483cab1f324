/* Directories for the broker alone: they are in no view, and have the flags that their files have in it. */
#include <stdlib.h>

#include "base/fd.h"
#include "sandbox/report.h"
#include "sandbox/setup.h"
#include "sandbox/sys.h"

int sources_prepare(struct setup *s, struct tree_maps *maps)
{
        const struct plan *plan = s->plan;
        int result = 0;

        s->sources = calloc(plan->source_count + 1, sizeof(*s->sources));
        if (!s->sources)
                return -ENOMEM;
        for (size_t i = 0; i < plan->source_count; i++)
                s->sources[i] = (struct source_step){
                        .mount = {.kind = VIEW_BIND, .path = "", .source = plan->sources[i].directory, .directory = true,
                                  .writable = plan->sources[i].writable},
                        .tree = FD_NONE,
                };
        s->source_count = plan->source_count;
        for (size_t i = 0; s->root && i < s->source_count && result == 0; i++) {
                cleanup_fd int tree = tree_open(&s->sources[i].mount);
                if (tree >= 0 && s->sources[i].mount.writable && tree_map_owner(tree, s->uid, s->gid, maps) < 0)
                        tree = fd_close(tree);
                result = tree < 0 ? 0 : setup_keep(s, &tree);
                if (result == 0)
                        s->sources[i].tree = fd_take(&tree);
        }
        return result;
}

void sources_open(struct setup *s)
{
        for (size_t i = 0; !s->root && i < s->source_count; i++)
                s->sources[i].tree = tree_open(&s->sources[i].mount);
}

int sources_report(struct setup *s)
{
        int result = 0;

        for (size_t i = 0; i < s->source_count && result == 0; i++) {
                if (s->sources[i].tree >= 0)
                        result = report_source(s->control, (unsigned)i, s->sources[i].tree);
                s->sources[i].tree = fd_close(s->sources[i].tree);
        }
        return result;
}
