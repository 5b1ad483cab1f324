#include "broker/hosted.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/within.h"
#include "broker/caller.h"
#include "policy/compiled.h"
#include "policy/policy.h"

enum { GENERATIONS_MOST = 256 }; /* between a process and pid 1 of the sandbox */

/* ---- places of the sandbox's own -------------------------------------------------------------------------------------- */

/* What `dev` lines grant and is the sandbox's own: the host has these, too, and they are others. */
static const char *const owned[] = {"/dev/pts", "/dev/ptmx", "/dev/shm"};
/* What leads on to the caller's descriptors. */
static const char *const links[] = {"/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr"};

static bool is_one_of(const char *path, const char *const *list, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (strcmp(path, list[i]) == 0)
                        return true;
        return false;
}

#define ONE_OF(path, list) is_one_of(path, list, sizeof(list) / sizeof(*(list)))

static struct verdict eval(const struct view *v, const struct policy *policy, const char *path, size_t length, unsigned want)
{
        struct verdict verdict = policy_eval(policy, path, length, want);
        const struct rule *rule = v->hosted ? verdict.rule : NULL;
        struct eval_options options = {.without = rule};
        bool private = rule && rule->implied && rule->literal && strcmp(rule->pattern, "/tmp") == 0;

        return private ? policy_eval_with(policy, path, length, want, &options) : verdict;
}

struct verdict hosted_eval(const struct server *s, const struct edition *e, const char *path, size_t length, unsigned want)
{
        return s->view.hosted ? eval(&s->view, e->policy, path, length, want) : edition_eval(e, path, length, want);
}

/* What comes by a `dev` line. */
static bool is_device(const struct view *v, const char *path)
{
        const char *const *names = policy_world(v->hosted)->devices;

        for (size_t i = 0; path_within(path, "/dev") && path[4] && names[i]; i++)
                if (strcmp(path + strlen("/dev/"), names[i]) == 0)
                        return true;
        return false;
}

/* In /dev also what a rule on more than that would grant: a view of the sandbox's own has nothing of the host's there. */
static bool is_absent(const struct view *v, const char *path)
{
        if (path_within(path, "/dev"))
                return path[4] && !ONE_OF(path, links) && (!is_device(v, path) || ONE_OF(path, owned));
        return path_within(path, "/tmp") && eval(v, v->hosted, path, strlen(path), ACCESS_LIST).error == ENOENT;
}

/* ---- processes -------------------------------------------------------------------------------------------------------- */

/* A descendant of pid 1. Each parent is asked for twice: a number that somebody else had got meanwhile would not be the parent
 * of the same process again, which has another one as soon as its parent is gone. */
static bool is_inside(const struct view *v, pid_t pid)
{
        pid_t line[GENERATIONS_MOST];
        size_t count = 0;

        for (pid_t at = pid; at != v->keeper; at = caller_parent(v->proc, at)) {
                if (at <= 1 || count == GENERATIONS_MOST)
                        return false;
                line[count++] = at;
        }
        for (size_t i = 0; i < count; i++)
                if (caller_parent(v->proc, line[i]) != (i + 1 < count ? line[i + 1] : v->keeper))
                        return false;
        return count > 0;
}

/* /proc/PID/net, and the same again for each thread. */
static bool is_network(const char *rest)
{
        const char *thread = strncmp(rest, "/task/", 6) == 0 ? strchr(rest + 6, '/') : NULL;
        return path_within(rest, "/net") || (thread && path_within(thread, "/net"));
}

static int admit_process(const struct view *v, pid_t pid, const char *rest, int *process)
{
        if (is_network(rest)) /* it is the host's */
                return -ENOENT;
        int fd = (int)syscall(SYS_pidfd_open, pid, 0);
        if (fd < 0)
                return -ENOENT;
        if (!is_inside(v, pid)) {
                fd_close(fd);
                return -ENOENT;
        }
        *process = fd;
        return 0;
}

bool hosted_lives(int process)
{
        struct pollfd ended = {.fd = process, .events = POLLIN};
        return poll(&ended, 1, 0) == 0;
}

/* What namespaces of its own would have of the sandbox's: the host's network and locks. */
static bool is_of_namespaces(const char *path)
{
        return path_within(path, "/proc/sys/net") || path_within(path, "/proc/locks");
}

/* `proc self` is processes alone, `proc none` nothing. */
static int admit_proc(const struct view *v, const char *path, int *process)
{
        static const char *const own[] = {"/proc/self", "/proc/thread-self"};
        const char *name = path + strlen("/proc/");
        enum proc_mode mode = policy_world(v->hosted)->proc;

        if (mode == PROC_NONE || is_of_namespaces(path))
                return -ENOENT;
        if (!isdigit((unsigned char)*name))
                return mode == PROC_SELF && !ONE_OF(path, own) ? -ENOENT : 0;
        char *end;
        long pid = strtol(name, &end, 10);
        if ((*end && *end != '/') || pid > INT32_MAX)
                return -ENOENT;
        return admit_process(v, (pid_t)pid, end, process);
}

/* ---- outside ---------------------------------------------------------------------------------------------------------- */

int hosted_admit(const struct view *v, const char *path, int *process)
{
        if (is_absent(v, path))
                return -ENOENT;
        return path_within(path, "/proc") && path[strlen("/proc")] ? admit_proc(v, path, process) : 0;
}

bool hosted_opens(const struct view *v, const char *path, int fd)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return false;
        return (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode)) || is_device(v, path);
}

bool hosted_lists(const struct view *v, const char *path)
{
        return !v->hosted || (strcmp(path, "/proc") != 0 && strcmp(path, "/dev") != 0);
}

bool hosted_leads(const struct view *v, const char *path)
{
        size_t count = 0;
        const struct alias *aliases = v->hosted ? policy_aliases(v->hosted, &count) : NULL;

        for (size_t i = 0; i < count; i++)
                if (strcmp(aliases[i].path, path) == 0)
                        return true;
        return false;
}

bool hosted_fixed(const struct view *v, const char *path)
{
        const struct rule *rule = v->hosted ? eval(v, v->hosted, path, strlen(path), ACCESS_LIST).rule : NULL;
        return rule && rule->literal && strcmp(rule->pattern, path) == 0;
}
