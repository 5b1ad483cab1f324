/* The program's side of the tests of a sandbox: `/probe NAME WORDS...` does one thing and prints what came of it. */
#ifndef TESTS_INSIDE_H
#define TESTS_INSIDE_H

#include "tests/unit/launch.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

static void say(const char *what, long result)
{
        printf("%s %s\n", what, result < 0 ? error_name(errno) : "ok");
}

static int inside_fds(char **words)
{
        struct stat info;
        (void)words;
        for (int fd = 0; fd < 256; fd++)
                if (fstat(fd, &info) == 0)
                        printf("%d%s%s\n", fd, S_ISDIR(info.st_mode) ? " directory" : "",
                               fcntl(fd, F_GETFD) & FD_CLOEXEC ? " cloexec" : "");
        return 0;
}

static int inside_status(char **words)
{
        FILE *f = fopen("/proc/self/status", "re");
        char line[256];
        while (f && fgets(line, sizeof(line), f))
                for (char **w = words; *w; w++)
                        if (strncmp(line, *w, strlen(*w)) == 0)
                                fputs(line, stdout);
        return f ? 0 : 1;
}

/* Does to each path what the letter before it says. */
static int inside_files(char **words)
{
        for (; words[0] && words[1]; words += 2) {
                const char *path = words[1];
                int fd = -1;
                switch (words[0][0]) {
                case 'r':
                        say(path, fd = open(path, O_RDONLY | O_CLOEXEC));
                        break;
                case 'w':
                        say(path, fd = open(path, O_WRONLY | O_CLOEXEC));
                        break;
                case 'c':
                        say(path, fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
                        break;
                case 't':
                        say(path, truncate(path, 0));
                        break;
                case 'u':
                        say(path, unlink(path));
                        break;
                case 's':
                        say(path, access(path, F_OK));
                        break;
                case 'm':
                        say(path, chmod(path, 0755));
                        break;
                case 'd':
                        say(path, mkdir(path, 0755));
                        break;
                }
                if (fd >= 0)
                        close(fd);
        }
        return 0;
}

static int inside_fill(char **words)
{
        static char block[65536];
        int fd = open(words[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        long most = atol(words[1]), done = 0;
        ssize_t n = 0;
        while (done < most && (n = write(fd, block, sizeof(block))) > 0)
                done += n;
        say("fill", n);
        return 0;
}

static int inside_proc(char **words)
{
        DIR *dir = opendir("/proc");
        struct dirent *entry;
        (void)words;
        while (dir && (entry = readdir(dir)))
                if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
                        printf("%s%s\n", entry->d_name, atoi(entry->d_name) == getpid() ? " self" : "");
        return dir ? 0 : 1;
}

static int inside_ids(char **words)
{
        (void)words;
        printf("%d %d %d %d %d\n", (int)getuid(), (int)geteuid(), (int)getgid(), (int)getegid(), getgroups(0, NULL));
        return 0;
}

static int inside_net(char **words)
{
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t length = sizeof(to);
        int one = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), two = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        (void)words;
        if (bind(one, (struct sockaddr *)&to, sizeof(to)) < 0 || listen(one, 1) < 0 ||
            getsockname(one, (struct sockaddr *)&to, &length) < 0)
                return 1;
        say("connect", connect(two, (struct sockaddr *)&to, sizeof(to)));
        return 0;
}

/* PORT [port PORT]...: binds each. */
static int inside_port(char **words)
{
        for (; words[0]; words += words[1] ? 2 : 1) {
                struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                         .sin_port = htons((uint16_t)atoi(words[0]))};
                int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
                say(words[0], bind(fd, (struct sockaddr *)&to, sizeof(to)));
                close(fd);
        }
        return 0;
}

static int inside_limits(char **words)
{
        struct rlimit l;
        int most = atoi(words[0]), made = 0;
        getrlimit(RLIMIT_NOFILE, &l);
        printf("files %llu\n", (unsigned long long)l.rlim_cur);
        getrlimit(RLIMIT_FSIZE, &l);
        printf("fsize %llu\n", (unsigned long long)l.rlim_cur);
        getrlimit(RLIMIT_CPU, &l);
        printf("cpu %llu\n", (unsigned long long)l.rlim_cur);
        getrlimit(RLIMIT_CORE, &l);
        printf("core %llu\n", (unsigned long long)l.rlim_cur);
        fflush(stdout);
        pid_t pid = 0;
        while (made < most && (pid = fork()) > 0)
                made++;
        if (pid == 0 && made < most)
                for (;;)
                        pause();
        printf("forks %d\n", made);
        say("fork", pid);
        return 0;
}

static int inside_memory(char **words)
{
        size_t size = (size_t)atol(words[0]);
        void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        say("mmap", p == MAP_FAILED ? -1 : 0);
        return 0;
}

static int inside_sees(char **words)
{
        char name[64] = "", cwd[64] = "";
        (void)words;
        gethostname(name, sizeof(name));
        printf("%s %s pid %d parent %d\n", name, getcwd(cwd, sizeof(cwd)), getpid(), getppid());
        printf("session %d group %d\n", getsid(0), getpgid(0));
        printf("umask %03o\n", (unsigned)umask(0));
        return 0;
}

static int inside_exec(char **words)
{
        execv(words[0], words);
        say("exec", -1);
        return 0;
}

static const struct {
        const char *name;
        int (*fn)(char **words);
} inside[] = {
        {"fds", inside_fds},       {"status", inside_status}, {"files", inside_files}, {"fill", inside_fill},
        {"proc", inside_proc},     {"ids", inside_ids},       {"net", inside_net},     {"limits", inside_limits},
        {"memory", inside_memory}, {"sees", inside_sees},     {"exec", inside_exec},
        {"port", inside_port},
};

static inline int run_inside(char **words)
{
        for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
                if (strcmp(words[0], inside[i].name) == 0)
                        return inside[i].fn(words + 1);
        return 99;
}

#endif
