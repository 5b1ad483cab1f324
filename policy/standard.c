/* Which wishes are standard, and what stands for them. */
#include "policy/standard.h"

#include <string.h>

static const char *const open_calls[] = {"open", "openat", "openat2", "creat", NULL};

/* Those by descriptor are among them: a descriptor that was opened for reading is enough to change a file's mode and times. */
static const char *const names_calls[] = {
        "mkdir",       "mkdirat",      "rmdir",        "unlink",      "unlinkat",  "rename",    "renameat",
        "renameat2",   "link",         "linkat",       "symlink",     "symlinkat", "mknod",     "mknodat",
        "truncate",    "chmod",        "fchmod",       "fchmodat",    "fchmodat2", "chown",     "fchown",
        "lchown",      "fchownat",     "utime",        "utimes",      "futimesat", "utimensat", "setxattr",
        "lsetxattr",   "fsetxattr",    "removexattr",  "lremovexattr", "fremovexattr", NULL,
};

static const char *const metadata_calls[] = {
        "stat",       "lstat",    "newfstatat", "statx",     "statfs",    "access",     "faccessat",         "faccessat2",
        "readlink",   "readlinkat", "getxattr", "lgetxattr", "listxattr", "llistxattr", "inotify_add_watch", NULL,
};

/* What gives a socket a peer or a name: a path that no mount and no Landlock rule covers. */
static const char *const sockets_calls[] = {"connect", "bind", NULL};

/* What can tell a datagram socket a path, in memory. A sendto without an address stays native. */
static const char *const messages_calls[] = {"sendmsg", "sendmmsg", "sendto", NULL};

static size_t add_calls(int *numbers, size_t count, const char *const *names)
{
        for (; *names; names++) {
                int number = syscall_number(*names);
                if (number >= 0 && count < BROKERED_CALLS_MOST)
                        numbers[count++] = number;
        }
        return count;
}

size_t standard_calls(int numbers[BROKERED_CALLS_MOST], unsigned families)
{
        static const struct {
                unsigned family;
                const char *const *calls;
        } table[] = {{FAMILY_OPEN, open_calls},
                     {FAMILY_NAMES, names_calls},
                     {FAMILY_METADATA, metadata_calls},
                     {FAMILY_SOCKETS, sockets_calls},
                     {FAMILY_MESSAGES, messages_calls}};
        size_t count = 0;
        for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
                if (families & table[i].family)
                        count = add_calls(numbers, count, table[i].calls);
        return count;
}

struct filter_wish standard_expand(const struct standard_wish *wish, int numbers[BROKERED_CALLS_MOST])
{
        static const struct syscall_rule basic = {.name = "@basic"};
        return (struct filter_wish){
                .rules = wish->basic ? &basic : NULL,
                .rule_count = wish->basic,
                .notify = numbers,
                .notify_count = standard_calls(numbers, FAMILY_SOCKETS | (wish->brokered ? FAMILY_OPEN : 0) |
                                                                (wish->names ? FAMILY_NAMES : 0)),
                .net = wish->net,
                .names = wish->names,
        };
}

static bool is_served(const struct filter_wish *wish, const char *call)
{
        int number = syscall_number(call);
        for (size_t i = 0; i < wish->notify_count; i++)
                if (wish->notify[i] == number)
                        return true;
        return false;
}

/* False where the wish is not one that can be standard. */
static bool standard_of(const struct filter_wish *wish, struct standard_wish *out)
{
        const struct syscall_rule *only = wish->rule_count == 1 ? wish->rules : NULL;
        *out = (struct standard_wish){
                .basic = only != NULL,
                .net = wish->net,
                .brokered = is_served(wish, "openat"),
                .names = wish->names,
        };
        if (wish->metadata || wish->hosted || wish->queues || !is_served(wish, "connect") ||
            is_served(wish, "sendmsg"))
                return false;
        return wish->rule_count == 0 || (only && only->action == CALL_ALLOW && strcmp(only->name, "@basic") == 0);
}

int filter_get(struct filter *out, const struct filter_wish *wish)
{
        struct standard_wish key;
        bool standard = standard_of(wish, &key);
        for (const struct standard_filter *f = standard_filters; standard && f->length; f++) {
                if (f->wish.basic != key.basic || f->wish.net != key.net || f->wish.brokered != key.brokered ||
                    f->wish.names != key.names)
                        continue;
                /* The kernel only reads the program; struct sock_fprog has no const. */
                *out = (struct filter){
                        .program = {f->length, (struct sock_filter *)(uintptr_t)f->code},
                        .notify = f->notify,
                        .sockets = f->sockets,
                        .borrowed = true,
                };
                return 0;
        }
        return filter_compile(out, wish);
}
