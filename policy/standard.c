/* Which wishes are standard, and what stands for them. */
#include "policy/standard.h"

#include <string.h>

size_t standard_open_calls(int numbers[OPEN_CALLS_MOST])
{
        static const char *const names[OPEN_CALLS_MOST] = {"open", "openat", "openat2", "creat"};
        size_t count = 0;
        for (size_t i = 0; i < OPEN_CALLS_MOST; i++) {
                int number = syscall_number(names[i]);
                if (number >= 0)
                        numbers[count++] = number;
        }
        return count;
}

struct filter_wish standard_expand(const struct standard_wish *wish, int numbers[OPEN_CALLS_MOST])
{
        static const struct syscall_rule basic = {.name = "@basic"};
        return (struct filter_wish){
                .rules = wish->basic ? &basic : NULL,
                .rule_count = wish->basic,
                .notify = numbers,
                .notify_count = wish->brokered ? standard_open_calls(numbers) : 0,
                .net = wish->net,
                .no_path_metadata = wish->no_path_metadata,
        };
}

/* False where the wish is not one that can be standard. */
static bool standard_of(const struct filter_wish *wish, struct standard_wish *out)
{
        const struct syscall_rule *only = wish->rule_count == 1 ? wish->rules : NULL;
        *out = (struct standard_wish){
                .basic = only != NULL,
                .net = wish->net,
                .brokered = wish->notify_count > 0, /* nothing but the open family is brokered in this version */
                .no_path_metadata = wish->no_path_metadata,
        };
        return wish->rule_count == 0 || (only && only->action == CALL_ALLOW && strcmp(only->name, "@basic") == 0);
}

int filter_get(struct filter *out, const struct filter_wish *wish)
{
        struct standard_wish key;
        bool standard = standard_of(wish, &key);
        for (const struct standard_filter *f = standard_filters; standard && f->length; f++) {
                if (f->wish.basic != key.basic || f->wish.net != key.net || f->wish.brokered != key.brokered ||
                    f->wish.no_path_metadata != key.no_path_metadata)
                        continue;
                /* The kernel only reads the program; struct sock_fprog has no const. */
                *out = (struct filter){
                        .program = {f->length, (struct sock_filter *)(uintptr_t)f->code},
                        .notify = key.brokered,
                        .borrowed = true,
                };
                return 0;
        }
        return filter_compile(out, wish);
}
