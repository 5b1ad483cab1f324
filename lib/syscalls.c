/* What cordon knows of system calls, for people who write `syscalls` lines. The same tables as the filter is made from. */
#include <errno.h>
#include <string.h>

#include "cordon.h"
#include "policy/syscalls.h"

_Static_assert((int)SYSCALL_FREE == CORDON_SYSCALL_FREE && (int)SYSCALL_REFUSED == CORDON_SYSCALL_REFUSED &&
                       (int)SYSCALL_NEEDED == CORDON_SYSCALL_NEEDED && (int)SYSCALL_PARTLY == CORDON_SYSCALL_PARTLY,
               "fates are public as they are");

struct listing {
        cordon_syscall_group_fn *group_fn;
        cordon_syscall_fn *call_fn;
        void *ctx;
        const char *call;     /* whose groups are wanted; NULL: all groups */
        struct group_set set; /* whose calls are wanted */
        const char *plain;    /* the group that the call is in */
        int count;
};

static void fill(cordon_syscall *out, const char *name, const char *group)
{
        const char *reason = NULL;
        enum syscall_fate fate = syscall_fate(name, &reason);

        *out = (cordon_syscall){
                .name = name, .number = syscall_number(name), .group = group, .fate = (int)fate, .reason = reason};
}

static void one_group(void *ctx, const char *name, const char *text)
{
        struct listing *l = ctx;
        struct group_set set = {{false}};

        if (l->call) {
                syscall_group_open(name, &set);
                if (!set.has[syscall_plain_group(l->call)])
                        return;
        }
        l->count++;
        if (l->group_fn)
                l->group_fn(l->ctx, name, text);
}

static void plain_group(void *ctx, size_t index, const char *name, const char *const *calls)
{
        struct listing *l = ctx;

        for (; *calls && l->set.has[index]; calls++) {
                cordon_syscall call;
                fill(&call, *calls, name);
                l->count++;
                if (l->call_fn)
                        l->call_fn(l->ctx, &call);
        }
}

static void find_plain(void *ctx, size_t index, const char *name, const char *const *calls)
{
        struct listing *l = ctx;
        (void)index;

        for (; *calls; calls++)
                if (strcmp(*calls, l->call) == 0) {
                        l->call = *calls;
                        l->plain = name;
                }
}

int cordon_syscall_groups(const char *call, cordon_syscall_group_fn *fn, void *ctx)
{
        struct listing l = {.group_fn = fn, .ctx = ctx, .call = call};

        if (call)
                syscall_plain_groups(find_plain, &l);
        if (call && !l.plain)
                return -ENOENT;
        syscall_groups(one_group, &l);
        return l.count;
}

int cordon_syscall_group_calls(const char *group, cordon_syscall_fn *fn, void *ctx)
{
        struct listing l = {.call_fn = fn, .ctx = ctx};

        if (!group || !syscall_group(group))
                return -ENOENT;
        syscall_group_open(group, &l.set);
        syscall_plain_groups(plain_group, &l);
        return l.count;
}

int cordon_syscall_find(const char *name, cordon_syscall *out)
{
        struct listing l = {.call = name};

        if (!name || !out)
                return -EINVAL;
        syscall_plain_groups(find_plain, &l);
        if (!l.plain)
                return -ENOENT;
        fill(out, l.call, l.plain);
        return 0;
}
