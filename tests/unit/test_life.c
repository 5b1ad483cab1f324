/* How a sandbox starts, lives and dies, and what of that its host notices. Nothing here waits by sleeping: what is waited for
 * is a pipe's end, a process's end or an event. */
#include "tests/unit/directory.h"
#include "tests/unit/inside.h"

#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

/* ---- the program's side ---------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t told;

static void tell(int signal)
{
        told = signal;
}

/* Prints "ready", then waits for SIGTERM. */
static int inside_wait(char **words)
{
        sigset_t mask;
        (void)words;
        sigemptyset(&mask);
        sigaddset(&mask, SIGTERM);
        sigprocmask(SIG_BLOCK, &mask, NULL);
        signal(SIGTERM, tell);
        printf("ready\n");
        fflush(stdout);
        sigemptyset(&mask);
        while (!told)
                sigsuspend(&mask);
        return 40 + told;
}

/* Sends pid 1 a signal, then lets it reap an orphan: once that is gone, the signal has been dealt with, too, for pid 1 takes
 * what came earlier and has the lower number first. */
static int inside_prod(char **words)
{
        int pipes[2];
        pid_t orphan = 0;
        (void)words;
        signal(SIGTERM, tell);
        say("kill", kill(1, SIGTERM));
        if (pipe(pipes) < 0)
                return 1;
        pid_t between = fork();
        if (between == 0) {
                pid_t child = fork();
                if (child > 0 && write(pipes[1], &child, sizeof(child)) < 0)
                        _exit(1);
                _exit(0);
        }
        waitpid(between, NULL, 0);
        if (read(pipes[0], &orphan, sizeof(orphan)) != sizeof(orphan))
                return 1;
        while (kill(orphan, 0) == 0)
                sched_yield();
        return told ? 1 : 0;
}

/* Leaves somebody behind who holds standard output in a session of his own. */
static int inside_daemon(char **words)
{
        (void)words;
        if (fork() == 0) {
                setsid();
                for (;;)
                        pause();
        }
        return 3;
}

static int inside_group(char **words)
{
        (void)words;
        signal(SIGUSR1, SIG_IGN);
        kill(0, SIGUSR1);
        return 0;
}

static int inside_priority(char **words)
{
        (void)words;
        say("getpriority", syscall(SYS_getpriority, 0, 0));
        return 0;
}

static int run_here(char **words)
{
        static const struct {
                const char *name;
                int (*fn)(char **words);
        } more[] = {{"wait", inside_wait},
                    {"prod", inside_prod},
                    {"daemon", inside_daemon},
                    {"group", inside_group},
                    {"priority", inside_priority}};
        for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
                if (strcmp(words[0], more[i].name) == 0)
                        return more[i].fn(words + 1);
        return run_inside(words);
}

/* ---- helpers ----------------------------------------------------------------------------------------------------------------- */

/* Starts `/probe wait` and returns when it is waiting. */
static int start_waiting(struct box *b, struct sandbox *s, struct outcome *o)
{
        int output = box_start(b, (const char *const[]){"probe", "wait", NULL}, s, o);
        assert_true(output >= 0);
        assert_int_equal(read(output, o->out, sizeof(o->out)), strlen("ready\n"));
        memset(o->out, 0, sizeof(o->out));
        return output;
}

static void expect_gone(const struct sandbox *s)
{
        struct pollfd fd = {.fd = s->pidfd, .events = POLLIN};
        assert_int_equal(poll(&fd, 1, 30000), 1);
        assert_int_equal(sandbox_reap(s, false, NULL), 1);
        assert_int_equal(sandbox_reap(s, false, NULL), -ECHILD);
}

static void expect_end_of(int output)
{
        char byte;
        struct pollfd fd = {.fd = output, .events = POLLIN};
        assert_int_equal(poll(&fd, 1, 30000), 1);
        assert_int_equal(read(output, &byte, 1), 0);
}

static void release(const struct sandbox *s, int output)
{
        close(s->pidfd);
        fd_close(s->control);
        close(output);
}

/* ---- ends ---------------------------------------------------------------------------------------------------------------------- */

static void exit_status(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        struct outcome o = box_shell(&b, "exit 0");
        expect_run(&o, 0, "");
        o = box_shell(&b, "exit 7");
        expect_run(&o, 7, "");
}

static void death_by_signal(void **state)
{
        static const int signals[] = {SIGKILL, SIGSEGV, SIGTERM, SIGPIPE};
        struct box b;
        char script[32];
        (void)state;
        box_init(&b);
        for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
                snprintf(script, sizeof(script), "kill -%d $$", signals[i]);
                struct outcome o = box_shell(&b, script);
                assert_true(o.exited && !o.failed);
                assert_true(WIFSIGNALED(o.end.wait_status));
                assert_int_equal(WTERMSIG(o.end.wait_status), signals[i]);
        }
}

static void program_cannot_run(void **state)
{
        static const struct {
                const char *program;
                int error;
        } cases[] = {{"/usr/bin/no-such-program", ENOENT}, {"/usr", EACCES}, {"/plain/file", EACCES}, {"/plain/text", ENOEXEC}};
        struct box b;
        (void)state;
        box_init(&b);
        box_tree(&b, "plain", RX);
        put("plain/file", "");
        put("plain/text", "no program\n");
        assert_int_equal(chmod("plain/text", 0755), 0);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                b.options.program = cases[i].program;
                struct outcome o = box_run(&b, (const char *const[]){"x", NULL});
                expect_failure(&o, STAGE_EXEC, cases[i].error);
                assert_true(o.failure.exec_failed && o.ready);
                assert_string_equal(o.failure.detail, cases[i].program);
        }
}

static void orphans_die(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        /* finish() waits for the end of the pipe, which the daemon holds. */
        struct outcome o = PROBE(&b, "daemon");
        expect_run(&o, 3, "");
}

static void broker_death_kills(void **state)
{
        struct box b;
        struct sandbox s;
        struct outcome o;
        (void)state;
        box_init(&b);
        int output = start_waiting(&b, &s, &o);
        s.control = fd_close(s.control);
        expect_gone(&s);
        expect_end_of(output);
        release(&s, output);
}

/* pid 1 never execs, so close-on-exec means nothing to it: a later sandbox must not hold an earlier one's control socket. */
static void siblings_hold_nothing(void **state)
{
        struct box b;
        struct sandbox one, two;
        struct outcome o;
        (void)state;
        box_init(&b);
        int first = start_waiting(&b, &one, &o), second = start_waiting(&b, &two, &o);
        one.control = fd_close(one.control);
        expect_gone(&one);
        expect_end_of(first);
        assert_int_equal(sandbox_reap(&two, false, NULL), 0);
        sandbox_kill(&two);
        expect_gone(&two);
        release(&one, first);
        release(&two, second);
}

/* How many descriptors of a process are of this file; -errno where that can't be seen. */
static int count_of(pid_t pid, const char *file)
{
        char name[64], target[PATH_MAX];
        int count = 0;
        snprintf(name, sizeof(name), "/proc/%d/fd", (int)pid);
        DIR *dir = opendir(name);
        if (!dir)
                return -errno;
        for (struct dirent *entry; (entry = readdir(dir));) {
                ssize_t length = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
                target[length < 0 ? 0 : length] = '\0';
                count += strcmp(target, file) == 0;
        }
        closedir(dir);
        return count;
}

/* The same for any file, below and above the numbers that the launch itself uses. */
static void init_holds_nothing_of_the_hosts(void **state)
{
        struct box b;
        struct sandbox s;
        struct outcome o;
        (void)state;
        box_init(&b);
        int low = open("/etc/passwd", O_RDONLY | O_CLOEXEC), high = fcntl(low, F_DUPFD_CLOEXEC, 300);
        assert_true(low >= 0 && high >= 300);
        assert_int_equal(count_of(getpid(), "/etc/passwd"), 2);
        int output = start_waiting(&b, &s, &o);
        /* It is undumpable: not for a user to see. */
        assert_int_equal(count_of(s.pid, "/etc/passwd"), as_root() ? 0 : -EACCES);
        sandbox_kill(&s);
        expect_gone(&s);
        release(&s, output);
        close(low);
        close(high);
}

static void kill_is_final(void **state)
{
        struct box b;
        struct sandbox s;
        struct outcome o;
        int status = 0;
        (void)state;
        box_init(&b);
        int output = start_waiting(&b, &s, &o);
        assert_int_equal(sandbox_reap(&s, false, &status), 0);
        sandbox_kill(&s);
        assert_int_equal(sandbox_reap(&s, true, &status), 1);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        assert_int_equal(sandbox_signal(&s, SIGTERM), -ESRCH);
        expect_end_of(output);
        release(&s, output);
}

/* ---- signals -------------------------------------------------------------------------------------------------------------------- */

static void signals_are_passed_on(void **state)
{
        struct box b;
        struct sandbox s;
        struct outcome o;
        (void)state;
        box_init(&b);
        int output = start_waiting(&b, &s, &o);
        assert_int_equal(sandbox_signal(&s, SIGSTOP), -EINVAL);
        assert_int_equal(sandbox_signal(&s, SIGTERM), 0);
        finish(&s, output, &o);
        close(output);
        expect_run(&o, 40 + SIGTERM, "");
}

/* The next event that says that the program has stopped, or goes on. */
static int next_stop(const struct sandbox *s)
{
        struct pollfd fd = {.fd = s->control, .events = POLLIN};
        struct sandbox_event event;
        for (;;) {
                assert_int_equal(poll(&fd, 1, 30000), 1);
                assert_int_equal(sandbox_next_event(s->control, &event), 1);
                if (event.kind == SANDBOX_STOPPED)
                        return event.stop_signal;
                fd_close(event.view);
                fd_close(event.notify);
        }
}

static const char *const with_tty[] = {"tty", NULL};

static void stops_are_told(void **state)
{
        struct box b;
        struct sandbox s;
        struct outcome o;
        int in[2];
        (void)state;
        for (int own = 0; own < 2; own++) {
                box_init(&b);
                b.world.devices = own ? NULL : with_tty;
                b.options.program = "/bin/sh";
                assert_int_equal(pipe2(in, O_CLOEXEC), 0);
                b.options.stdio[0] = in[0];
                int output = box_start(&b, (const char *const[]){"sh", "-c", "kill -STOP $$; echo on; read x", NULL}, &s, &o);
                close(in[0]);
                assert_int_equal(s.own_session, own);
                assert_int_equal(next_stop(&s), SIGSTOP);
                assert_int_equal(sandbox_signal(&s, SIGCONT), 0);
                assert_int_equal(next_stop(&s), 0);
                close(in[1]); /* before, it cannot end: what ends is not told to go on */
                o.ready = true; /* next_stop() has seen it */
                finish(&s, output, &o);
                close(output);
                expect_run(&o, 1, "on\n");
        }
}

/* In a session without a terminal SIGTSTP has no effect: what acts for the terminal stops the program all the same. Once it is
 * told that it is stopped, the program does nothing until it is let go on: SIGTERM has to wait. */
static void a_terminal_can_be_acted_for(void **state)
{
        struct box b;
        struct sandbox s;
        struct outcome o;
        (void)state;
        box_init(&b);
        int output = start_waiting(&b, &s, &o);
        assert_int_equal(sandbox_terminal_signal(&s, SIGTSTP), 0);
        assert_int_equal(next_stop(&s), SIGTSTP);
        assert_int_equal(sandbox_signal(&s, SIGTERM), 0);
        struct pollfd fd = {.fd = s.control, .events = POLLIN};
        assert_int_equal(poll(&fd, 1, 0), 0);
        assert_int_equal(sandbox_signal(&s, SIGCONT), 0);
        o.ready = true;
        finish(&s, output, &o);
        close(output);
        expect_run(&o, 40 + SIGTERM, "");
        /* anything else is sent to its group */
        output = start_waiting(&b, &s, &o);
        assert_int_equal(sandbox_terminal_signal(&s, SIGTERM), 0);
        finish(&s, output, &o);
        close(output);
        expect_run(&o, 40 + SIGTERM, "");
}

static void signals_from_inside_are_not(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        struct outcome o = PROBE(&b, "prod");
        expect_run(&o, 0, "kill ok\n");
}

/* The program shares the caller's process group, for job control. It must not be able to signal it for that. */
static void group_is_out_of_reach(void **state)
{
        struct box b;
        struct sigaction old, count = {.sa_handler = tell};
        (void)state;
        box_init(&b);
        b.world.devices = with_tty; /* with the terminal goes the caller's session */
        assert_int_equal(setpgid(0, 0), 0); /* whoever runs the tests is spared the control below */
        sigaction(SIGUSR1, &count, &old);
        told = 0;
        struct outcome o = PROBE(&b, "group");
        expect_run(&o, 0, "");
        assert_int_equal(told, 0);

        if (fork() == 0)
                _exit(inside_group(NULL));
        while (wait(NULL) < 0)
                ;
        assert_int_equal(told, SIGUSR1);
        sigaction(SIGUSR1, &old, NULL);
}

/* What the test itself was started with: a shell ignores SIGINT for what it runs in the background, and some programs leave
 * libc's own signals (32, 33) ignored, which sigaction(3) does not show. */
static unsigned long long ignored_by_us(void)
{
        char text[4096] = "";
        FILE *file = fopen("/proc/self/status", "re");
        assert_non_null(file);
        assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
        fclose(file);
        const char *line = strstr(text, "SigIgn:");
        assert_non_null(line);
        return strtoull(line + strlen("SigIgn:"), NULL, 16);
}

static void dispositions_are_inherited(void **state)
{
        struct box b;
        struct sigaction old_hup, old_usr1, old_chld, handler = {.sa_handler = tell}, ignore = {.sa_handler = SIG_IGN};
        sigset_t block, old;
        char expected[256];
        (void)state;
        box_init(&b);
        sigaction(SIGHUP, &ignore, &old_hup);
        sigaction(SIGUSR1, &handler, &old_usr1);
        sigaction(SIGCHLD, &ignore, &old_chld);
        sigemptyset(&block);
        sigaddset(&block, SIGUSR2);
        sigprocmask(SIG_SETMASK, &block, &old);
        struct outcome o = PROBE(&b, "status", "SigPnd", "SigBlk", "SigIgn", "SigCgt");
        sigprocmask(SIG_SETMASK, &old, NULL);
        sigaction(SIGHUP, &old_hup, NULL);
        sigaction(SIGUSR1, &old_usr1, NULL);
        sigaction(SIGCHLD, &old_chld, NULL);
        snprintf(expected, sizeof(expected), "SigBlk:\t%016x\nSigIgn:\t%016llx\n", 1u << (SIGUSR2 - 1),
                 ignored_by_us() | 1u << (SIGHUP - 1) | 1u << (SIGCHLD - 1));
        if (!strstr(o.out, expected))
                fail_msg("got %s, not %s", o.out, expected);
#ifndef __SANITIZE_ADDRESS__ /* which catches some itself */
        assert_non_null(strstr(o.out, "SigCgt:\t0000000000000000\n"));
#endif
        assert_true(o.exited && o.end.wait_status == 0);
}

/* ---- what the host notices --------------------------------------------------------------------------------------------------- */

static void nothing_is_left(void **state)
{
        struct box b;
        (void)state;
        box_init(&b);
        int before = fd_count();
        for (int i = 0; i < 200; i++) {
                struct outcome o = PROBE(&b, "nothing");
                assert_true(o.exited && WEXITSTATUS(o.end.wait_status) == 99);
        }
        assert_int_equal(fd_count(), before);
        assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
        assert_int_equal(errno, ECHILD);
}

static atomic_int deaths;

static void count_death(int signal)
{
        (void)signal;
        atomic_fetch_add(&deaths, 1);
}

static void host_hears_no_sigchld(void **state)
{
        struct box b;
        struct sigaction old, count = {.sa_handler = count_death};
        (void)state;
        box_init(&b);
        sigaction(SIGCHLD, &count, &old);
        struct outcome o = PROBE(&b, "nothing");
        assert_true(o.exited);
        assert_int_equal(deaths, 0);

        if (fork() == 0)
                _exit(0);
        while (wait(NULL) < 0)
                ;
        assert_int_equal(deaths, 1);
        sigaction(SIGCHLD, &old, NULL);
}

static atomic_bool stop;

static void *allocate(void *unused)
{
        unsigned size = 1;
        setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 19); /* the launches shall not queue for the processor */
        while (!stop) {
                void *p = malloc(size);
                assert_non_null(p);
                *(volatile char *)p = 1;
                free(p);
                size = size * 7 % 100003;
        }
        return unused;
}

/* Were a lock of malloc's or stdio's taken between clone and exec, some thread would hold it at some clone. */
static void threads_do_not_matter(void **state)
{
        enum { THREADS = 20, LAUNCHES = 500 };
        pthread_t threads[THREADS];
        struct box b;
        (void)state;
        box_init(&b);
        mallopt(M_ARENA_MAX, 1);
        stop = false;
        for (int i = 0; i < THREADS; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, allocate, NULL), 0);
        for (int i = 0; i < LAUNCHES; i++) {
                struct sandbox s;
                struct outcome o;
                int output = box_start(&b, (const char *const[]){"probe", "nothing", NULL}, &s, &o);
                assert_true(output >= 0);
                finish(&s, output, &o);
                close(output);
                assert_true(o.exited);
        }
        stop = true;
        for (int i = 0; i < THREADS; i++)
                pthread_join(threads[i], NULL);
}

/* ---- what is handed over ------------------------------------------------------------------------------------------------------- */

static struct sandbox_event wait_ready(const struct sandbox *s)
{
        struct sandbox_event event;
        struct pollfd fd = {.fd = s->control, .events = POLLIN};
        assert_int_equal(poll(&fd, 1, 30000), 1);
        assert_int_equal(sandbox_next_event(s->control, &event), 1);
        assert_int_equal(event.kind, SANDBOX_READY);
        return event;
}

static int open_in(int view, const char *path, uint64_t resolve)
{
        struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = resolve};
        int fd = (int)syscall(SYS_openat2, view, path, &how, sizeof(how));
        return fd < 0 ? -errno : fd;
}

/* The view leads nowhere else, not even when the sandbox is dead and its mounts are gone from it. */
static void view_is_handed_over(void **state)
{
        struct box b;
        struct sandbox s;
        struct outcome o;
        char link[64], path[PATH_MAX] = "";
        (void)state;
        box_init(&b);
        int output = start_waiting(&b, &s, &o);
        struct sandbox_event ready = wait_ready(&s);
        assert_int_equal(ready.notify, -1);
        int usr = open_in(ready.view, "/usr/bin/../../usr", RESOLVE_IN_ROOT);
        assert_true(usr >= 0);
        snprintf(link, sizeof(link), "/proc/self/fd/%d", usr);
        assert_int_equal(readlink(link, path, sizeof(path) - 1), 4);
        assert_string_equal(path, "/usr");
        for (int dead = 0; dead < 2; dead++) {
                assert_int_equal(open_in(usr, "../etc/passwd", 0), -ENOENT);
                assert_int_equal(open_in(ready.view, "../../etc/passwd", 0), -ENOENT);
                if (dead)
                        break;
                sandbox_kill(&s);
                expect_gone(&s);
        }
        close(usr);
        close(ready.view);
        release(&s, output);
}

static struct sock_filter notify_getpriority[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpriority, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static void listener_is_handed_over(void **state)
{
        struct box b;
        struct sandbox s;
        struct outcome o;
        (void)state;
        box_init(&b);
        b.plan.filter.program = (struct sock_fprog){.len = 4, .filter = notify_getpriority};
        b.plan.filter.notify = true;
        int output = box_start(&b, (const char *const[]){"probe", "priority", NULL}, &s, &o);
        struct sandbox_event ready = wait_ready(&s);
        assert_true(ready.notify >= 0);
        o.ready = true;
        struct seccomp_notif request = {0};
        assert_int_equal(ioctl(ready.notify, SECCOMP_IOCTL_NOTIF_RECV, &request), 0);
        assert_int_equal(request.data.nr, SYS_getpriority);
        struct seccomp_notif_resp answer = {.id = request.id, .error = -ETIME};
        assert_int_equal(ioctl(ready.notify, SECCOMP_IOCTL_NOTIF_SEND, &answer), 0);
        finish(&s, output, &o);
        expect_run(&o, 0, "getpriority ETIME\n");
        close(ready.notify);
        close(ready.view);
        close(output);
}

/* A broker that dies takes the sandbox along before a trapped call could be answered by the kernel. */
static void nobody_answers_for_the_broker(void **state)
{
        struct box b;
        struct sandbox s;
        struct outcome o;
        (void)state;
        box_init(&b);
        b.plan.filter.program = (struct sock_fprog){.len = 4, .filter = notify_getpriority};
        b.plan.filter.notify = true;
        for (int i = 0; i < 50; i++) {
                int output = box_start(&b, (const char *const[]){"probe", "priority", NULL}, &s, &o);
                struct sandbox_event ready = wait_ready(&s);
                struct pollfd asked = {.fd = ready.notify, .events = POLLIN};
                assert_int_equal(poll(&asked, 1, 30000), 1);
                close(ready.notify);
                s.control = fd_close(s.control);
                expect_gone(&s);
                expect_end_of(output); /* it printed nothing: its call never returned */
                close(ready.view);
                release(&s, output);
        }
}

static void filter_is_in_force(void **state)
{
        static struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
        struct box b;
        (void)state;
        box_init(&b);
        struct outcome o = PROBE(&b, "status", "Seccomp:");
        expect_run(&o, 0, "Seccomp:\t0\n");
        b.plan.filter.program = (struct sock_fprog){.len = 1, .filter = allow};
        o = PROBE(&b, "status", "Seccomp:");
        expect_run(&o, 0, "Seccomp:\t2\n");
}

/* An exec by a user who is not root drops capabilities by itself: pid 1, which never execs, shows whether we do. */
static void init_is_held_too(void **state)
{
        static const char *const wanted[] = {"CapInh:\t0000000000000000\n", "CapPrm:\t0000000000000000\n",
                                             "CapEff:\t0000000000000000\n", "CapAmb:\t0000000000000000\n",
                                             "NoNewPrivs:\t1\n", "Seccomp:\t2\n", "Name:\tcordon-init\n"};
        struct box b;
        struct sandbox s;
        struct outcome o;
        char path[64], text[4096] = "";
        (void)state;
        box_init(&b);
        b.plan.filter.program = (struct sock_fprog){.len = 4, .filter = notify_getpriority};
        int output = start_waiting(&b, &s, &o);
        snprintf(path, sizeof(path), "/proc/%d/status", (int)s.pid);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
        close(fd);
        for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
                assert_non_null(strstr(text, wanted[i]));
        /* And the user himself may not look into it: it is undumpable. */
        snprintf(path, sizeof(path), "/proc/%d/mem", (int)s.pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(as_root() ? fd >= 0 : fd < 0 && errno == EACCES);
        fd_close(fd);
        sandbox_kill(&s);
        expect_gone(&s);
        release(&s, output);
}

/* What comes over the control socket and is not of the right shape is refused whole. */
static void malformed_events(void **state)
{
        static const struct {
                unsigned char bytes[64];
                size_t length;
        } cases[] = {
                {{0}, 1},                             /* too short */
                {{9, 0, 0, 0}, 4},                    /* no such kind */
                {{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 12}, /* ready, without the view */
                {{1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0}, 12}, /* ready, and a number that is no truth value */
                {{1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, 12}, /* the same for the empty directory */
                {{1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}, 12}, /* ready, without the empty directory that it names */
                {{1, 0, 0, 0, 0, 0, 0, 0}, 8},              /* ready, cut short */
                {{2, 0, 0, 0, 99, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, 16}, /* no such stage */
                {{2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 16},  /* failed with success */
                {{2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0}, 16},  /* a detail that is not there */
                {{3, 0, 0, 0, 1, 0, 0, 0}, 8},        /* exited, cut short */
                {{3, 0, 0, 0, 0, 0, 0, 0, 3}, 60},    /* exited, ended by nobody who could */
        };
        int pair[2], extra[2];
        struct sandbox_event event;
        (void)state;
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        assert_int_equal(pipe2(extra, O_CLOEXEC), 0);
        assert_int_equal(sandbox_next_event(pair[0], &event), 0);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                for (unsigned fds = 0; fds < 2; fds++) {
                        if (i == 2 && fds == 1)
                                continue; /* that one is good */
                        assert_int_equal(fd_send(pair[1], cases[i].bytes, cases[i].length, extra, fds), 0);
                        assert_int_equal(sandbox_next_event(pair[0], &event), -EBADMSG);
                }
        const unsigned char exited[60] = {3, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 5}; /* and this one */
        assert_int_equal(fd_send(pair[1], exited, sizeof(exited), NULL, 0), 0);
        assert_int_equal(sandbox_next_event(pair[0], &event), 1);
        assert_int_equal(event.ended, SANDBOX_TOLD);
        assert_int_equal(event.wait_status, 256);
        assert_int_equal(event.usage.user_ns, 5);
        assert_int_equal(fd_send(pair[1], cases[2].bytes, cases[2].length, extra, 1), 0);
        assert_int_equal(sandbox_next_event(pair[0], &event), 1);
        close(event.view);
        close(pair[1]);
        assert_int_equal(sandbox_next_event(pair[0], &event), -EPIPE);
        close(pair[0]);
        close(extra[0]);
        close(extra[1]);
}

int main(int argc, char **argv)
{
        if (argc > 1)
                return run_here(argv + 1);
        const struct CMUnitTest tests[] = {
                counted_test(exit_status),
                counted_test(death_by_signal),
                counted_test(program_cannot_run),
                counted_test(orphans_die),
                counted_test(broker_death_kills),
                counted_test(siblings_hold_nothing),
                counted_test(init_holds_nothing_of_the_hosts),
                counted_test(kill_is_final),
                counted_test(signals_are_passed_on),
                counted_test(stops_are_told),
                counted_test(a_terminal_can_be_acted_for),
                counted_test(signals_from_inside_are_not),
                counted_test(group_is_out_of_reach),
                counted_test(dispositions_are_inherited),
                counted_test(nothing_is_left),
                counted_test(host_hears_no_sigchld),
                counted_test(threads_do_not_matter),
                counted_test(view_is_handed_over),
                counted_test(listener_is_handed_over),
                counted_test(nobody_answers_for_the_broker),
                counted_test(filter_is_in_force),
                counted_test(init_is_held_too),
                counted_test(malformed_events),
        };
        signal(SIGPIPE, SIG_DFL); /* whoever started us */
        return cmocka_run_group_tests_name("life", tests, directory_enter, directory_leave);
}
