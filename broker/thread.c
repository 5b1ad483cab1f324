/* The broker's threads: each acts for one sandbox, and with no more rights than that sandbox has. */
#include "broker/server.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STACK_SIZE = 256 * 1024 };

struct boot {
        struct server *server;
        void *(*fn)(void *);
        void *arg;
        sem_t ready;
        int result;
};

/* True in a thread that was started by one that has given all up already, and has it from there. Before, root has at least the
 * capabilities that starting a sandbox takes. */
static bool has_given_up(const struct server *s)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2] = {0};

        return (uid_t)setfsuid((uid_t)-1) == s->uid && syscall(SYS_capget, &header, data) == 0 &&
               !(data[0].effective & 1u << CAP_SETGID);
}

#define CAPABILITY(name) (1u << (name))

enum {
        IN_FORCE = CAPABILITY(CAP_SYS_PTRACE),
        AT_HAND = CAPABILITY(CAP_SYS_ADMIN) | CAPABILITY(CAP_SYS_CHROOT) | CAPABILITY(CAP_SETUID) | CAPABILITY(CAP_SETGID),
};

/* What root itself does not have, in a container say, stays out. */
static bool set_capabilities(unsigned effective, unsigned permitted)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2] = {{0}};

        if (syscall(SYS_capget, &header, data) < 0)
                return false;
        data[0].permitted &= permitted;
        data[0].effective = data[0].permitted & effective;
        data[0].inheritable = 0;
        data[1] = (struct __user_cap_data_struct){0};
        return syscall(SYS_capset, &header, data) == 0;
}

static bool may_trace(void)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2] = {{0}};

        return syscall(SYS_capget, &header, data) == 0 && (data[0].permitted & CAPABILITY(CAP_SYS_PTRACE));
}

/* Root in a container often has no CAP_SYS_PTRACE, without which only the same user reads a program's memory. (Then that user's
 * other processes can signal us, as they can the program.) Without namespaces nothing is done that would take root's ids. */
static void become_wholly(const struct server *s)
{
        syscall(SYS_setresgid, s->gid, s->gid, s->gid);
        syscall(SYS_setresuid, s->uid, s->uid, s->uid);
}

/* Root's broker must not lend root's eyes: what the kernel would refuse to the sandbox's own id, it refuses to this thread. No
 * capability is in force but one; others are at hand, see thread_raise(). Where that id is root's own, it is root without
 * capabilities.
 * The raw calls change this thread alone, where glibc's would change the whole process. */
static int become(const struct server *s)
{
        if (has_given_up(s))
                return 0;
        if (getgroups(0, NULL) != 0 && syscall(SYS_setgroups, 0, NULL) < 0)
                return -errno;
        if (s->view.hosted && !may_trace())
                become_wholly(s);
        setfsgid(s->gid);
        setfsuid(s->uid);
        if ((gid_t)setfsgid((gid_t)-1) != s->gid || (uid_t)setfsuid((uid_t)-1) != s->uid)
                return -EPERM;

        return set_capabilities(IN_FORCE, IN_FORCE | AT_HAND) ? 0 : -EPERM;
}

void thread_raise(const struct server *s, bool on)
{
        if (s->privileged)
                set_capabilities(on ? IN_FORCE | AT_HAND : IN_FORCE, IN_FORCE | AT_HAND);
}

/* The kernel itself takes what is in force away as the effective user ceases to be root, and gives it back. It sets the
 * file-system ids as well. Root's real ids stay, and with them what is at hand. */
bool thread_show(const struct server *s, bool on)
{
        if (!s->privileged || s->uid == 0)
                return true;
        if (on) {
                thread_raise(s, true);
                return syscall(SYS_setresgid, -1, s->gid, -1) == 0 && syscall(SYS_setresuid, -1, s->uid, -1) == 0;
        }
        syscall(SYS_setresuid, -1, 0, -1);
        syscall(SYS_setresgid, -1, getgid(), -1);
        setfsgid(s->gid);
        setfsuid(s->uid);
        thread_raise(s, false);
        return true;
}

/* Here the real ids change as well; the saved ones stay root's, and lead back. */
bool thread_be(const struct server *s, bool on)
{
        gid_t real, effective, saved;

        if (!s->privileged || s->uid == 0)
                return true;
        if (on) {
                thread_raise(s, true);
                return syscall(SYS_setresgid, s->gid, s->gid, -1) == 0 && syscall(SYS_setresuid, s->uid, s->uid, -1) == 0;
        }
        syscall(SYS_setresuid, 0, 0, -1);
        getresgid(&real, &effective, &saved);
        syscall(SYS_setresgid, saved, saved, -1);
        setfsgid(s->gid);
        setfsuid(s->uid);
        thread_raise(s, false);
        return true;
}

static int prepare(struct server *s)
{
        struct sched_param param = {0};
        if (unshare(CLONE_FS) == 0)
                umask(0);
        else if (s->view.hosted) /* nothing is done there that would take a working directory of one's own */
                s->shares_umask = true;
        else
                return -errno;
        /* A batch thread does not preempt the child that it has just woken: the round trip is a quarter shorter. */
        sched_setscheduler(0, SCHED_BATCH, &param);
        return s->privileged ? become(s) : 0;
}

static void *thread_main(void *arg)
{
        struct boot *boot = arg;
        void *(*fn)(void *) = boot->fn;
        void *fn_arg = boot->arg;
        int result = prepare(boot->server);
        boot->result = result;
        sem_post(&boot->ready); /* `boot` is the starter's: not ours from here on */
        return result < 0 ? NULL : fn(fn_arg);
}

int thread_start(struct server *s, pthread_t *out, void *(*fn)(void *), void *arg)
{
        struct boot boot = {.server = s, .fn = fn, .arg = arg};
        pthread_attr_t attr;
        sigset_t all, old;

        pthread_attr_init(&attr);
        pthread_attr_setstacksize(&attr, STACK_SIZE);
        sem_init(&boot.ready, 0, 0);
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &old); /* the thread inherits the mask */
        int r = pthread_create(out, &attr, thread_main, &boot);
        pthread_sigmask(SIG_SETMASK, &old, NULL);
        pthread_attr_destroy(&attr);
        if (r == 0) {
                while (sem_wait(&boot.ready) < 0 && errno == EINTR)
                        ;
                if (boot.result < 0) {
                        pthread_join(*out, NULL);
                        r = -boot.result;
                }
        }
        sem_destroy(&boot.ready);
        return -r;
}
