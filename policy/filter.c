/* The filter: which system calls a sandbox may make, decided per call number from three tables and the policy.
 *
 *   refused   goes round the broker or reaches what a sandbox has no business with: no policy can allow it
 *   needed    pid 1 of the sandbox and the start of a program run under the same filter: no policy can deny it
 *   guards    tests on the arguments of calls that are allowed otherwise
 *
 * Everything else is what the policy's `syscalls` lines say. A known call that they leave out fails with EPERM, or
 * with ENOSYS where libc or programs then take an older call; a number that nobody here knows gets ENOSYS.
 *
 * Arguments are what is in the registers. What a pointer leads to can be changed after it was looked at, so no
 * decision rests on it: clone3 and openat2, whose flags lie in memory, do not exist for the program (clone and
 * openat do), unless the broker serves them from its own copy. The kernel takes an int from the low 32 bits: tests
 * on ints look at those. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <linux/ioprio.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "policy/bpf.h"
#include "policy/syscalls.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define CALLS 1024 /* numbers beyond are unknown to this version */

/* ---- the tables ------------------------------------------------------------------------------------------------ */

static const struct {
        const char *group;
        unsigned error;
} refused[] = {
        {"@other-processes", EPERM}, {"@namespace", EPERM}, {"@mount", EPERM},  {"@kernel", EPERM},
        {"@admin", EPERM},           {"@clock", EPERM},     {"@raw-io", EPERM}, {"@keyring", ENOSYS},
        {"@io-uring", ENOSYS},       {"@obsolete", ENOSYS},
};

static const struct {
        const char *name, *reason;
} needed[] = {
        {"execve", "starts the program"},
        {"execveat", "starts the program"},
        {"clone", "starts the program"},
        {"clone3", "starts the program; answered with ENOSYS, but not with an error that libc does not expect"},
        {"fork", "starts the program"},
        {"vfork", "starts the program"},
        {"exit", "ends it"},
        {"exit_group", "ends it"},
        {"wait4", "pid 1 reaps"},
        {"waitid", "pid 1 reaps"},
        {"kill", "pid 1 passes signals on"},
        {"tgkill", "abort and raise"},
        {"rt_sigaction", "pid 1 gives handlers back before the program starts"},
        {"rt_sigprocmask", "pid 1 gives the signal mask back before the program starts"},
        {"rt_sigreturn", "the end of every signal handler"},
        {"rt_sigtimedwait", "pid 1 waits for signals"},
        {"restart_syscall", "the kernel's own, after a stop"},
        {"ppoll", "pid 1 waits"},
        {"poll", "pid 1 waits"},
        {"read", "pid 1 reads signals and requests"},
        {"write", "pid 1 reports"},
        {"sendmsg", "pid 1 hands over the notify descriptor and reports"},
        {"recvmsg", "pid 1 hears from the broker"},
        {"sendto", "pid 1 reports"},
        {"recvfrom", "pid 1 hears from the broker"},
        {"close", "the closed descriptor table"},
        {"close_range", "the closed descriptor table"},
        {"dup2", "the closed descriptor table"},
        {"dup3", "the closed descriptor table"},
        {"fcntl", "the closed descriptor table"},
        {"ioctl", "the terminal's foreground group"},
        {"setpgid", "job control"},
        {"getpgid", "job control"},
        {"getpid", "pid 1 checks who it is"},
        {"getppid", "pid 1 checks that its parent lives"},
        {"gettid", "libc after fork"},
        {"set_robust_list", "libc after fork"},
        {"rseq", "libc after fork"},
        {"prctl", "names, dumpability, death signals"},
        {"chdir", "the program's working directory"},
        {"prlimit64", "limits that must not hold for pid 1"},
        {"setrlimit", "limits that must not hold for pid 1"},
        {"getrusage", "pid 1 reports the processor time"},
        {"clock_gettime", "pid 1 reports the processor time"},
};

/* Calls whose absence libc or programs know how to live with, where EPERM would be taken for the answer. */
static const char *const falls_back[] = {
        "clone3",       "openat2",    "statx",        "faccessat2",    "fchmodat2",  "close_range",
        "rseq",         "membarrier", "epoll_pwait2", "pidfd_open",    "renameat2",  "copy_file_range",
        "getrandom",    "execveat",   "memfd_create", "futex_waitv",   "preadv2",    "pwritev2",
        "cachestat",    "mseal",      "file_getattr", "getxattrat",    "setxattrat", "landlock_create_ruleset",
        "memfd_secret", "statmount",  "listmount",    "inotify_init1",
};

enum when { ALWAYS, NATIVE_METADATA, NOT_BROKERED, NAMES, METADATA, NET_IS_NONE, NET_IS_SOME };

struct guard {
        const char *name; /* an ALLOW guard means what the call's own decision is (brokered or not), a NATIVE one the kernel */
        enum when when;
        enum filter_action action;
        unsigned error;
        struct filter_test tests[FILTER_TESTS]; /* mask 0: no test; no test at all: this is the call's last word */
        bool native;
};

#define REFUSE(name, when, error, ...) {name, when, FILTER_ERRNO, error, {__VA_ARGS__}, false}
#define ALLOW(name, when, ...) {name, when, FILTER_ALLOW, 0, {__VA_ARGS__}, false}
#define NATIVE(name, when, ...) {name, when, FILTER_ALLOW, 0, {__VA_ARGS__}, true}
#define IS(arg, value) {arg, UINT32_MAX, value, false}
#define IS_NOT(arg, value) {arg, UINT32_MAX, value, true}
#define ANY_OF(arg, bits) {arg, bits, 0, true}
#define FIELD_IS(arg, bits, value) {arg, bits, value, false}
#define FIELD_IS_NOT(arg, bits, value) {arg, bits, value, true}
#define NOT_NULL(arg) {arg, UINT64_MAX, 0, true}

#define NEW_NAMESPACES                                                                                                 \
        (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define SET_IDS (S_ISUID | S_ISGID)
#define DEVICE_BIT 0020000 /* set in S_IFCHR and S_IFBLK, not in S_IFREG, S_IFIFO, S_IFSOCK */
#define TMPFILE_BIT (O_TMPFILE & ~O_DIRECTORY)
#define SOCKET_TYPE 0xf
#define BTRFS_TYPE_MASK 0xff00 /* where an ioctl's number has the driver */
#define BTRFS_TYPE 0x9400

/* In order, for each name: the first that holds decides; where none does, the call is allowed (or brokered). */
static const struct guard guards[] = {
        REFUSE("clone", ALWAYS, EPERM, ANY_OF(0, NEW_NAMESPACES)),
        REFUSE("clone3", ALWAYS, ENOSYS),

        REFUSE("ioctl", ALWAYS, EPERM, IS(1, TIOCSTI)), /* types into the caller's terminal */
        REFUSE("ioctl", ALWAYS, EPERM, IS(1, 0x541c)), /* TIOCLINUX pastes into it */
        REFUSE("ioctl", ALWAYS, EPERM, IS(1, TIOCSETD)), /* loads line disciplines */
        REFUSE("ioctl", ALWAYS, EPERM, IS(1, TIOCCONS)), /* takes the console's output */
        REFUSE("ioctl", ALWAYS, EPERM, IS(1, TIOCEXCL)), /* locks the caller out of its terminal */

        ALLOW("personality", ALWAYS, IS(0, 0)),
        ALLOW("personality", ALWAYS, IS(0, UINT32_MAX)), /* asks */
        ALLOW("personality", ALWAYS, IS(0, ADDR_NO_RANDOMIZE)),
        REFUSE("personality", ALWAYS, EPERM),

        /* The process group is shared with the caller's processes outside, and no namespace stands between: one's own only. */
        REFUSE("setpriority", ALWAYS, EPERM, IS_NOT(0, PRIO_PROCESS)),
        REFUSE("ioprio_set", ALWAYS, EPERM, IS_NOT(0, IOPRIO_WHO_PROCESS)),

        /* Filters may be added, they only take away. A second listener in the chain the kernel refuses with EBUSY
         * itself; said here, it holds for sandboxes without a broker as well. */
        REFUSE("seccomp", ALWAYS, EBUSY, IS(0, SECCOMP_SET_MODE_FILTER), ANY_OF(1, SECCOMP_FILTER_FLAG_NEW_LISTENER)),

        /* No set-id bits, no device nodes. The mode of an open counts only where it creates. */
        REFUSE("chmod", ALWAYS, EPERM, ANY_OF(1, SET_IDS)),
        REFUSE("fchmod", ALWAYS, EPERM, ANY_OF(1, SET_IDS)),
        REFUSE("fchmodat", ALWAYS, EPERM, ANY_OF(2, SET_IDS)),
        REFUSE("fchmodat2", ALWAYS, EPERM, ANY_OF(2, SET_IDS)),
        REFUSE("mknod", ALWAYS, EPERM, ANY_OF(1, SET_IDS | DEVICE_BIT)),
        REFUSE("mknodat", ALWAYS, EPERM, ANY_OF(2, SET_IDS | DEVICE_BIT)),
        /* O_PATH gives no access to content, only a place: no more than stat does, so it is native where that is, and a
         * descriptor that could not be handed over anyway (ADDFD takes none such). To open what it names is a request. */
        NATIVE("open", NATIVE_METADATA, FIELD_IS(1, O_PATH, O_PATH)),
        NATIVE("openat", NATIVE_METADATA, FIELD_IS(2, O_PATH, O_PATH)),
        REFUSE("creat", NOT_BROKERED, EPERM, ANY_OF(1, SET_IDS)),
        REFUSE("open", NOT_BROKERED, EPERM, ANY_OF(1, O_CREAT | TMPFILE_BIT), ANY_OF(2, SET_IDS)),
        REFUSE("openat", NOT_BROKERED, EPERM, ANY_OF(2, O_CREAT | TMPFILE_BIT), ANY_OF(3, SET_IDS)),
        REFUSE("openat2", NOT_BROKERED, ENOSYS),

        /* What would do natively what the broker has to see. Callers fall back to what it serves; flags of inodes, which anybody
         * who has a file open for reading can set where he owns it, have nothing to fall back to. */
        REFUSE("setxattrat", NAMES, ENOSYS),
        REFUSE("removexattrat", NAMES, ENOSYS),
        REFUSE("file_setattr", NAMES, ENOSYS),
        REFUSE("getxattrat", METADATA, ENOSYS),
        REFUSE("listxattrat", METADATA, ENOSYS),
        REFUSE("file_getattr", METADATA, ENOSYS),
        REFUSE("name_to_handle_at", METADATA, EOPNOTSUPP),
        REFUSE("ioctl", NAMES, EPERM, IS(1, FS_IOC_SETFLAGS)),
        REFUSE("ioctl", NAMES, EPERM, IS(1, FS_IOC_FSSETXATTR)),
        REFUSE("ioctl", NAMES, EPERM, IS(1, FS_IOC_ENABLE_VERITY)),

        /* Snapshots and subvolumes of btrfs are trees with new names, made by whoever has a directory open; they leave what is
         * mounted over a file behind. Sharing content between open files is all that is left of these. */
        ALLOW("ioctl", ALWAYS, IS(1, FICLONE)),
        ALLOW("ioctl", ALWAYS, IS(1, FICLONERANGE)),
        ALLOW("ioctl", ALWAYS, IS(1, FIDEDUPERANGE)),
        REFUSE("ioctl", ALWAYS, ENOTTY, FIELD_IS(1, BTRFS_TYPE_MASK, BTRFS_TYPE)),

        /* Sockets with a name in the file system can't be vetted in this version: the only AF_UNIX ones are pairs,
         * and of those the kinds that cannot send to any name later (SOCK_RAW means SOCK_DGRAM there). */
        ALLOW("socketpair", ALWAYS, IS(0, AF_UNIX), FIELD_IS(1, SOCKET_TYPE, SOCK_STREAM)),
        ALLOW("socketpair", ALWAYS, IS(0, AF_UNIX), FIELD_IS(1, SOCKET_TYPE, SOCK_SEQPACKET)),
        REFUSE("socketpair", ALWAYS, EACCES),
        REFUSE("socket", NET_IS_NONE, EACCES),
        REFUSE("connect", NET_IS_NONE, EACCES),
        REFUSE("sendto", NET_IS_NONE, EACCES, NOT_NULL(4)),
        ALLOW("socket", NET_IS_SOME, IS(0, AF_NETLINK), IS(2, 0)), /* NETLINK_ROUTE: getifaddrs, getaddrinfo */
        REFUSE("socket", NET_IS_SOME, EACCES, IS(0, AF_UNIX)),
        REFUSE("socket", NET_IS_SOME, EAFNOSUPPORT, IS_NOT(0, AF_INET), IS_NOT(0, AF_INET6)),
        REFUSE("socket", NET_IS_SOME, EPERM, FIELD_IS_NOT(1, SOCKET_TYPE, SOCK_STREAM),
               FIELD_IS_NOT(1, SOCKET_TYPE, SOCK_DGRAM)),
        ALLOW("socket", NET_IS_SOME, IS(2, 0)),
        ALLOW("socket", NET_IS_SOME, IS(2, IPPROTO_TCP)),
        ALLOW("socket", NET_IS_SOME, IS(2, IPPROTO_UDP)),
        ALLOW("socket", NET_IS_SOME, IS(2, IPPROTO_MPTCP)),
        ALLOW("socket", NET_IS_SOME, IS(2, IPPROTO_ICMP)),
        ALLOW("socket", NET_IS_SOME, IS(2, IPPROTO_ICMPV6)),
        REFUSE("socket", NET_IS_SOME, EPROTONOSUPPORT),
};

/* ---- what the policy says -------------------------------------------------------------------------------------- */

/* True where `group` is `inner` or has it among its members, at any depth. */
static bool contains(const char *group, const char *inner)
{
        if (strcmp(group, inner) == 0)
                return true;
        for (const char *const *m = syscall_group(group); m && *m; m++)
                if (**m == '@' && contains(*m, inner))
                        return true;
        return false;
}

static bool group_allowed(const struct filter_wish *wish, const char *group)
{
        bool grants = false, allowed = false;

        for (size_t i = 0; i < wish->rule_count; i++) {
                const struct syscall_rule *rule = &wish->rules[i];
                grants = grants || !rule->deny;
                if (rule->name[0] != '@' || !contains(rule->name, group))
                        continue;
                if (rule->deny)
                        return false;
                allowed = true;
        }
        return grants ? allowed : contains("@default", group);
}

/* Where the decision about a call stands while the tables are gone through. */
struct call {
        bool known, named_deny, guarded;
        enum filter_action action;
        unsigned error;
};

struct decision {
        const struct filter_wish *wish;
        struct call calls[CALLS];
        int guard_numbers[COUNT(guards)]; /* the call of each guard that applies to this filter; else -1 */
};

static struct call *call_of(struct decision *d, const char *name)
{
        int number = syscall_number(name);
        return number >= 0 && number < CALLS ? &d->calls[number] : NULL;
}

static void settle(struct call *c, enum filter_action action, unsigned error)
{
        c->action = action;
        c->error = error;
}

/* Every plain group: its calls are known from here on, and allowed or not as the policy's groups have it. */
static void decide_group(void *ctx, const char *name, const char *text)
{
        struct decision *d = ctx;
        const char *const *members = syscall_group(name);
        (void)text;

        if (!members || members[0][0] == '@')
                return;
        bool allowed = group_allowed(d->wish, name);
        for (; *members; members++) {
                struct call *c = call_of(d, *members);
                if (c) {
                        c->known = true;
                        settle(c, allowed ? FILTER_ALLOW : FILTER_ERRNO, EPERM);
                }
        }
}

static void decide_names(struct decision *d)
{
        for (size_t i = 0; i < d->wish->rule_count; i++) {
                const struct syscall_rule *rule = &d->wish->rules[i];
                struct call *c = rule->name[0] == '@' ? NULL : call_of(d, rule->name);
                if (!c)
                        continue;
                c->named_deny = c->named_deny || rule->deny;
                settle(c, c->named_deny ? FILTER_ERRNO : FILTER_ALLOW, EPERM);
                c->known = true;
        }
}

/* The tables that no policy can change, and the errors that go with them. */
static void decide_fixed(struct decision *d)
{
        struct call *c;

        for (size_t i = 0; i < COUNT(needed); i++)
                if ((c = call_of(d, needed[i].name)))
                        settle(c, FILTER_ALLOW, 0);
        for (size_t i = 0; i < COUNT(falls_back); i++)
                if ((c = call_of(d, falls_back[i])) && c->action == FILTER_ERRNO)
                        c->error = ENOSYS;
        for (size_t i = 0; i < COUNT(refused); i++)
                for (const char *const *m = syscall_group(refused[i].group); *m; m++)
                        if ((c = call_of(d, *m)))
                                settle(c, FILTER_ERRNO, refused[i].error);
}

static bool is_brokered(const struct filter_wish *wish, int number)
{
        for (size_t i = 0; i < wish->notify_count; i++)
                if (wish->notify[i] == number)
                        return true;
        return false;
}

/* ---- from decisions to rules ----------------------------------------------------------------------------------- */

static bool guard_applies(const struct guard *g, const struct filter_wish *wish, bool brokered)
{
        switch (g->when) {
        case ALWAYS:
                return true;
        case NATIVE_METADATA: /* of a brokered call */
                return brokered && !wish->metadata;
        case NOT_BROKERED:
                return !brokered;
        case NAMES:
                return wish->names;
        case METADATA:
                return wish->metadata;
        case NET_IS_NONE:
                return wish->net == NET_NONE;
        case NET_IS_SOME:
                return wish->net != NET_NONE;
        }
        return true;
}

static void select_guards(struct decision *d)
{
        for (size_t i = 0; i < COUNT(guards); i++) {
                int number = syscall_number(guards[i].name);
                bool here = number >= 0 && number < CALLS;
                if (here && guard_applies(&guards[i], d->wish, is_brokered(d->wish, number))) {
                        d->guard_numbers[i] = number;
                        d->calls[number].guarded = true;
                } else {
                        d->guard_numbers[i] = -1;
                }
        }
}

static void add_rule(struct filter *f, int number, enum filter_action action, unsigned error,
                     const struct filter_test *tests)
{
        struct filter_rule *rule = &f->rules[f->rule_count++];

        *rule = (struct filter_rule){.number = number, .action = action, .error = action == FILTER_ERRNO ? error : 0};
        for (unsigned i = 0; tests && i < FILTER_TESTS && tests[i].mask != 0; i++)
                rule->tests[rule->test_count++] = tests[i];
        f->notify = f->notify || action == FILTER_NOTIFY;
}

static void add_call(struct filter *f, int number, const struct decision *d)
{
        const struct call *c = &d->calls[number];
        enum filter_action action = c->action;

        if (action == FILTER_ALLOW && is_brokered(d->wish, number))
                action = FILTER_NOTIFY;
        for (size_t i = 0; i < COUNT(guards) && c->guarded && c->action == FILTER_ALLOW; i++) {
                const struct guard *g = &guards[i];
                if (d->guard_numbers[i] != number)
                        continue;
                add_rule(f, number, g->action == FILTER_ALLOW && !g->native ? action : g->action, g->error, g->tests);
                if (g->tests[0].mask == 0)
                        return;
        }
        add_rule(f, number, action, c->error, NULL);
}

/* The rules go into one array with room for every call and every guard. */
static int make_rules(struct filter *f, const struct decision *d)
{
        size_t room = COUNT(guards);
        for (int i = 0; i < CALLS; i++)
                room += d->calls[i].known;
        f->rules = calloc(room, sizeof(*f->rules));
        if (!f->rules)
                return -ENOMEM;
        for (int i = 0; i < CALLS; i++)
                if (d->calls[i].known)
                        add_call(f, i, d);
        return 0;
}

/* ---- outside --------------------------------------------------------------------------------------------------- */

int filter_compile(struct filter *out, const struct filter_wish *wish)
{
        struct decision *d = calloc(1, sizeof(*d));
        int r = -ENOMEM;

        *out = (struct filter){0};
        if (d) {
                d->wish = wish;
                syscall_groups(decide_group, d);
                decide_names(d);
                decide_fixed(d);
                select_guards(d);
                r = make_rules(out, d);
        }
        free(d);
        if (r == 0)
                r = bpf_build(&out->program, out->rules, out->rule_count);
        if (r < 0)
                filter_free(out);
        return r;
}

void filter_free(struct filter *f)
{
        if (!f->borrowed)
                free(f->program.filter);
        free(f->rules);
        *f = (struct filter){0};
}

enum syscall_fate syscall_fate(const char *name)
{
        for (size_t i = 0; i < COUNT(refused); i++) {
                if (strcmp(refused[i].group, name) == 0)
                        return SYSCALL_REFUSED;
                for (const char *const *m = syscall_group(refused[i].group); *m; m++)
                        if (strcmp(*m, name) == 0)
                                return SYSCALL_REFUSED;
        }
        for (size_t i = 0; i < COUNT(needed); i++)
                if (strcmp(needed[i].name, name) == 0)
                        return SYSCALL_NEEDED;
        return SYSCALL_FREE;
}
