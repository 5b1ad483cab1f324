/* The order in which a plan is made: what exists is asked once, then the view, the checks, what is brokered, the
 * filter. */
#include "policy/plan.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/plan_build.h"
#include "policy/standard.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- small questions -------------------------------------------------------------------------------------------- */

bool rule_is_own(const struct rule *rule)
{
        const char *file = rule->origin.file;
        return !rule->implied && rule->use_depth == 0 && file && file_is_users(file);
}

struct verdict planner_eval(const struct planner *p, const char *path)
{
        return policy_eval(p->policy, path, strlen(path), ACCESS_LIST);
}

static void ignore_link(void *ctx, const char *path, const char *target)
{
        (void)ctx;
        (void)path;
        (void)target;
}

mode_t planner_mode(struct planner *p, const char *path)
{
        char canonical[PATH_MAX];
        mode_t mode = 0;

        if (policy_canonical(p->policy, p->host, path, canonical, &mode, ignore_link, NULL) < 0)
                return 0;
        return strcmp(canonical, path) == 0 ? mode
                                            : 0; /* what was canonical when the policy was read is to be so still */
}

const char *planner_source(struct planner *p, const char *path)
{
        char out[PATH_MAX];
        const char *source = policy_on_host(p->policy, path, false, out);

        if (source == path)
                return path;
        source = source ? arena_copy(p->arena, source, strlen(source)) : NULL;
        p->no_memory = p->no_memory || !source;
        return source ? source : path;
}

/* ---- telling ---------------------------------------------------------------------------------------------------- */

/* What a refusal is about, and where: the rule's own word, `word` where the line has it, or the whole line. */
struct spot {
        const struct origin *at;
        const struct rule *rule;
        const char *word, *id;
};

static void __attribute__((format(printf, 4, 0)))
tell(struct planner *p, const struct spot *spot, const char *hint, const char *format, va_list args)
{
        char message[1024]; /* cut, it still says what is wrong */
        cordon_diag diag = {.severity = CORDON_ERROR, .message = message, .hint = hint, .id = spot->id};

        policy_place(p->policy, spot->rule, spot->word, spot->at, &diag);
        vsnprintf(message, sizeof(message), format, args);
        if (p->diag)
                p->diag(p->diag_ctx, &diag);
}

void planner_refuse(struct planner *p, const struct rule *rule, const char *hint, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        tell(p, &(struct spot){.at = &rule->origin, .rule = rule}, hint, format, args);
        va_end(args);
        p->refused = true;
}

void planner_refuse_at(struct planner *p, struct origin at, const char *hint, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        tell(p, &(struct spot){.at = &at}, hint, format, args);
        va_end(args);
        p->refused = true;
}

void planner_refuse_word(struct planner *p, struct origin at, const char *word, const char *hint, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        tell(p, &(struct spot){.at = &at, .word = word}, hint, format, args);
        va_end(args);
        p->refused = true;
}

static void __attribute__((format(printf, 3, 4)))
tell_absent(struct planner *p, const struct rule *rule, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        const char *hint = !rule->literal                 ? "make it first"
                           : (rule->access & ACCESS_EXEC) || rule->overlay ? "make it first, or leave it out"
                                                        : "make it first, or name its directory or a pattern";
        tell(p, &(struct spot){.at = &rule->origin, .rule = rule, .id = "missing-path"}, hint, format, args);
        va_end(args);
}

void planner_absent(struct planner *p, const struct rule *rule, const char *path)
{
        tell_absent(p, rule, "%s does not exist", path);
        p->missing = true;
}

static char *__attribute__((format(printf, 2, 0))) vformat(struct planner *p, const char *format, va_list args)
{
        char text[1024];
        int length = vsnprintf(text, sizeof(text), format, args);
        size_t kept = length < 0 ? 0 : strlen(text);
        char *copy = arena_copy(p->arena, text, kept);
        p->no_memory = p->no_memory || !copy;
        return copy;
}

void planner_note(struct planner *p, struct origin at, const char *format, ...)
{
        struct plan *plan = p->plan;
        va_list args;

        if (plan->note_count == p->note_room) {
                size_t room = p->note_room ? 2 * p->note_room : 16;
                struct plan_note *more = arena_alloc(p->arena, room * sizeof(*more));
                if (!more) {
                        p->no_memory = true;
                        return;
                }
                if (plan->note_count > 0)
                        memcpy(more, plan->notes, plan->note_count * sizeof(*more));
                plan->notes = more;
                p->note_room = room;
        }
        va_start(args, format);
        const char *text = vformat(p, format, args);
        va_end(args);
        if (text)
                plan->notes[plan->note_count++] = (struct plan_note){text, at};
}

void planner_inexact(struct planner *p, const struct rule *rule, const char *format, ...)
{
        va_list args;
        if (p->inexact)
                return;
        va_start(args, format);
        p->inexact_rule = rule;
        p->inexact = vformat(p, format, args);
        va_end(args);
}

void planner_names(struct planner *p, const struct rule *rule, const char *format, ...)
{
        va_list args;
        if (p->names)
                return;
        va_start(args, format);
        p->names_rule = rule;
        p->names = vformat(p, format, args);
        va_end(args);
}

void planner_metadata(struct planner *p, const struct rule *rule, const char *format, ...)
{
        va_list args;
        if (p->metadata)
                return;
        va_start(args, format);
        p->metadata_rule = rule;
        p->metadata = vformat(p, format, args);
        va_end(args);
}

/* ---- what is brokered ------------------------------------------------------------------------------------------- */

static bool only_creates(const struct rule *rule)
{
        return rule_gives(rule) && (rule->access & ACCESS_CREATE) && !(rule->access & ACCESS_WRITE);
}

static void find_inexact_rules(struct planner *p)
{
        for (size_t i = 0; i < p->rule_count; i++) {
                if (!p->rules[i].literal)
                        planner_inexact(p, &p->rules[i], "`%s` goes by a pattern", p->rules[i].text);
                else if (only_creates(&p->rules[i]))
                        planner_names(p, &p->rules[i], "`%s` is for new files alone", p->rules[i].text);
        }
}

static bool shows_own(const struct plan_mount *m, bool directory, bool readable)
{
        return m->kind == VIEW_BIND && m->directory == directory && !(m->access & ACCESS_READ) == !readable && m->rule &&
               rule_is_own(m->rule);
}

/* Landlock knows a file by its inode, and so under all of its names: one that may be read is read under another name as well, in
 * a tree that may only be listed. (A mount's flags keep writing and executing apart. What bundles name lies where nobody but
 * root makes names.) */
static void find_other_names(struct planner *p)
{
        const struct plan *plan = p->plan;
        const struct plan_mount *listed = NULL;

        for (size_t i = 0; i < plan->mount_count && !listed; i++)
                if (shows_own(&plan->mounts[i], true, false))
                        listed = &plan->mounts[i];
        for (size_t i = 0; i < plan->mount_count && listed; i++)
                if (shows_own(&plan->mounts[i], false, true))
                        planner_inexact(p, plan->mounts[i].rule, "`%s` is one file, which may have a second name in %s",
                                        plan->mounts[i].rule->text, listed->path);
}

static void decide_brokered(struct planner *p)
{
        static const char *const why[] = {
                [AUDIT_DENIED] = "denials are to be seen and explained",
                [AUDIT_ALL] = "every open is to be recorded (audit all)",
                [AUDIT_NONE] = NULL,
        };

        plan_lacks(p);
        find_inexact_rules(p);
        find_other_names(p);
        planner_other_places(p);
        /* What must not be seen must not show in the errno of a rename either; and a name that is the broker's to give is its to
         * open. */
        if (p->metadata)
                planner_names(p, p->metadata_rule, "%s", p->metadata);
        if (p->names)
                planner_inexact(p, p->names_rule, "%s", p->names);
        p->plan->why_names = p->names;
        p->plan->names_rule = p->names_rule;
        p->plan->why_metadata = p->metadata;
        p->plan->metadata_rule = p->metadata_rule;
        if (p->names)
                p->plan->brokered |= FAMILY_NAMES;
        if (p->metadata)
                p->plan->brokered |= FAMILY_METADATA;
        p->plan->why_open = why[p->world->audit];
        plan_unbrokered(p);
        if (p->plan->why_open && p->inexact) {
                p->plan->why_open = arena_printf(p->arena, "%s; %s", p->plan->why_open, p->inexact);
                p->no_memory = p->no_memory || !p->plan->why_open;
        } else if (p->inexact) {
                p->plan->why_open = p->inexact;
        }
        p->plan->open_rule = p->inexact_rule;
        if (p->plan->why_open)
                p->plan->brokered |= FAMILY_OPEN;
}

static bool has_queues(const struct plan *plan)
{
        for (size_t i = 0; i < plan->mount_count; i++)
                if (plan->mounts[i].kind == VIEW_QUEUES)
                        return true;
        return false;
}

static int make_filter(struct planner *p)
{
        int *numbers = arena_alloc(p->arena, BROKERED_CALLS_MOST * sizeof(*numbers));
        struct filter_wish *wish = &p->plan->wish;
        bool unheard = p->plan->lacks & LACK_NOTIFY; /* the standard filters all have something to ask */
        unsigned sockets = p->plan->hosted ? 0 : FAMILY_SOCKETS; /* a name of the host's network would be the host's */

        if (!numbers)
                return -ENOMEM;
        if (p->world->datagrams)
                p->plan->brokered |= FAMILY_MESSAGES;
        *wish = (struct filter_wish){
                .rules = p->world->syscalls,
                .rule_count = p->world->syscall_count,
                .notify = numbers,
                .notify_count = unheard ? 0 : standard_calls(numbers, p->plan->brokered | sockets),
                .hosted = p->plan->hosted,
                .net = p->world->net,
                .names = (p->plan->brokered & FAMILY_NAMES) != 0,
                .metadata = (p->plan->brokered & FAMILY_METADATA) != 0,
                .queues = has_queues(p->plan),
        };
        int r = unheard ? filter_compile(&p->plan->filter, wish) : filter_get(&p->plan->filter, wish);
        if (p->plan->filter.sockets) /* else `syscalls` lines have taken all of it away */
                p->plan->brokered |= FAMILY_SOCKETS;
        if (r == -E2BIG) {
                planner_refuse_at(p, p->world->syscalls[0].origin, "give several values to one test: arg1 in A B C",
                                  "the tests in `syscalls` lines make a filter that is longer than the kernel takes");
                r = -EINVAL;
        }
        return r;
}

/* ---- making and freeing ----------------------------------------------------------------------------------------- */

static int find_writers(struct planner *p)
{
        p->writers = arena_alloc(p->arena, (p->rule_count + 1) * sizeof(*p->writers));
        for (size_t i = 0; i < p->rule_count && p->writers; i++) {
                const struct rule *rule = &p->rules[i];
                if (!rule->literal && rule_gives(rule) && (rule->access & (ACCESS_WRITE | ACCESS_CREATE)))
                        p->writers[p->writer_count++] = rule;
        }
        return p->writers ? 0 : -ENOMEM;
}

static int make_plan(struct planner *p)
{
        p->modes = arena_alloc(p->arena, (p->rule_count + 1) * sizeof(*p->modes));
        if (!p->modes)
                return -ENOMEM;
        for (size_t i = 0; i < p->rule_count; i++)
                if (p->rules[i].literal)
                        p->modes[i] = planner_mode(p, p->rules[i].pattern);
        if (find_writers(p) < 0)
                return -ENOMEM;
        if (p->plan->hosted) /* before there are other reasons */
                planner_metadata(p, NULL, "this host has no user namespaces, and so the sandbox no view of its own");
        plan_view(p);
        if (p->no_memory)
                return -ENOMEM;
        plan_check(p);
        if (p->plan->hosted)
                plan_hosted(p);
        decide_brokered(p);
        plan_follow(p);
        if (p->no_memory)
                return -ENOMEM;
        if (p->refused)
                return -EINVAL;
        if (p->missing)
                return -ENOENT;
        int r = make_filter(p);
        if (r == 0)
                plan_note_syscalls(p);
        return p->no_memory ? -ENOMEM : r;
}

int plan_compile(struct plan *out, const struct policy *policy, const struct policy_host *host, cordon_diag_fn *diag,
                 void *diag_ctx)
{
        struct planner p = {
                .plan = out,
                .policy = policy,
                .world = policy_world(policy),
                .host = host,
                .diag = diag,
                .diag_ctx = diag_ctx,
        };
        int r = -ENOMEM;

        *out = (struct plan){.policy = policy, .lacks = host->lacks,
                             .hosted = (host->lacks & LACK_USERNS) != 0};
        p.arena = out->arena = calloc(1, sizeof(*p.arena));
        p.rules = policy_rules(policy, &p.rule_count);
        if (p.arena)
                r = make_plan(&p);
        if (r < 0)
                plan_free(out);
        return r;
}

void plan_free(struct plan *plan)
{
        filter_free(&plan->filter);
        if (plan->arena)
                arena_free(plan->arena);
        free(plan->arena);
        *plan = (struct plan){0};
}
