/* What `why` says is what the kernel does: policies by chance over a real tree with symlinks, hard links and dotfiles; for each a
 * sandbox in which a program really tries; the errno it gets is compared with the one that `why` gave, operation by operation.
 *
 *   differential ASKER DIRECTORY [TRIPLES [SEED]]
 *
 * Where `why` says that the policy does not stand in the way, the same is tried outside as well, and must give the same. Every verdict
 * is also found a second time, by looking at each rule by itself. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cordon.h"
#include "lib/host.h"
#include "lib/policy.h"
#include "policy/rivals.h"
#include "policy/why.h"
#include "tests/differential/random_policy.h"

#define PER_POLICY 500
#define SHOWN_MOST 20

static const char *const ops[] = {"read", "write", "create", "list", "exec"};

/* A program that answers questions: in a sandbox, or outside. */
struct asker {
        int to, from;
        FILE *answers;
        pid_t pid; /* outside */
        cordon_broker *broker;
        cordon_child *child;
};

struct run {
        const char *program, *tree;
        struct chance chance;
        struct asker outside;
        unsigned long asked, allowed, denied, missing, policies, refused, native, wrong, public;
};

static _Noreturn void die(const char *what)
{
        fprintf(stderr, "differential: %s: %s\n", what, strerror(errno));
        exit(2);
}

/* Every path of the tree. */
enum { THERE_MOST = 4096 };
static char *there[THERE_MOST];
static unsigned there_count;

static void remember(const char *path)
{
        if (there_count < THERE_MOST && !(there[there_count++] = strdup(path)))
                die("strdup");
}

/* ---- the tree --------------------------------------------------------------------------------------------------- */

/* The same program under another name, so that it can be opened for writing while the asker runs. */
static void copy_program(const char *from, const char *to)
{
        char data[65536];
        ssize_t length;
        int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0777);
        while (in >= 0 && (length = read(in, data, sizeof(data))) > 0)
                if (write(out, data, (size_t)length) != length)
                        die(to);
        if (in < 0 || out < 0 || fchmod(out, 0777) < 0)
                die(to);
        close(in);
        close(out);
}

static void make_file(const char *directory, const char *name, const char *copy_of)
{
        char path[PATH_MAX];
        snprintf(path, sizeof(path), "%s/%s", directory, name);
        remember(path);
        if (copy_of) {
                if (link(copy_of, path) < 0)
                        die(path);
                return;
        }
        FILE *f = fopen(path, "we");
        if (!f || fprintf(f, "%s\n", path) < 0 || fclose(f) != 0 || chmod(path, 0666) < 0)
                die(path);
}

static void make_link(const char *directory, const char *name, const char *target)
{
        char path[PATH_MAX];
        snprintf(path, sizeof(path), "%s/%s", directory, name);
        remember(path);
        if (symlink(target, path) < 0)
                die(path);
}

/* Every directory has the same names, of which some are missing: links up, across, to themselves, to nothing and out of the tree; a
 * name that is a second one for a file elsewhere; and a program. */
static void make_tree(const char *top, const char *directory, const char *program, struct chance *c, unsigned depth)
{
        static const char *const directories[] = {"a", "b", "c", ".d"}, *const files[] = {"f", "g.txt", ".env", "x.pem"};
        static const char *const targets[] = {"..", "../..", "a", "f", "../b/f", "nowhere", "/etc", "/etc/shadow", "loop", "./.env", "/"};
        char path[PATH_MAX], other[PATH_MAX];
        if (mkdir(directory, 0777) < 0 || chmod(directory, 0777) < 0)
                die(directory);
        remember(directory);
        for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
                snprintf(other, sizeof(other), "%s/%s", top, files[i]);
                if (chance(c, 4))
                        make_file(directory, files[i], depth > 0 && chance(c, 8) == 0 && access(other, F_OK) == 0 ? other : NULL);
        }
        if (chance(c, 3))
                make_file(directory, "run", program);
        if (chance(c, 2))
                make_link(directory, "up", PICK(c, targets));
        if (chance(c, 2)) {
                snprintf(other, sizeof(other), "%s/%s", top, PICK(c, directories));
                make_link(directory, "abs", other);
        }
        if (chance(c, 4) == 0)
                make_link(directory, "loop", chance(c, 2) ? "loop" : "up");
        for (size_t i = 0; depth < 3 && i < sizeof(directories) / sizeof(*directories); i++) {
                if (chance(c, 4) == 0)
                        continue;
                snprintf(path, sizeof(path), "%s/%s", directory, directories[i]);
                make_tree(top, path, program, c, depth + 1);
        }
}

/* ---- askers ----------------------------------------------------------------------------------------------------- */

static void make_pipes(int in[2], int out[2])
{
        if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
                die("pipe");
}

static void take_ends(struct asker *a, int in[2], int out[2])
{
        close(in[0]);
        close(out[1]);
        a->to = in[1];
        a->from = out[0];
        a->answers = fdopen(a->from, "r");
        if (!a->answers)
                die("fdopen");
}

static void asker_outside(struct asker *a, const char *program)
{
        int in[2], out[2];
        make_pipes(in, out);
        a->pid = fork();
        if (a->pid == 0) {
                dup2(in[0], 0);
                dup2(out[1], 1);
                /* Root's programs are nobody in a sandbox: so is the one they are compared with. */
                if (getuid() == 0 && (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0))
                        _exit(126);
                execl(program, program, (char *)NULL);
                _exit(127);
        }
        take_ends(a, in, out);
}

static void asker_inside(struct asker *a, cordon_policy *policy, const char *program)
{
        int in[2], out[2];
        cordon_error error = {0};
        make_pipes(in, out);
        cordon_child_options options = {
                .size = sizeof(options), .program = program, .stdio = (const int[]){in[0], out[1], 2}};
        if (cordon_broker_new(&a->broker, &error) < 0 ||
            cordon_child_spawn(&a->child, a->broker, policy, &options, &error) < 0) {
                fprintf(stderr, "differential: cannot start: %s\n", error.text);
                exit(2);
        }
        take_ends(a, in, out);
}

static void asker_end(struct asker *a)
{
        close(a->to);
        fclose(a->answers);
        if (a->pid)
                waitpid(a->pid, NULL, 0);
        cordon_child_free(a->child);
        cordon_broker_free(a->broker);
        *a = (struct asker){0};
}

/* Serves the sandbox until the answer is there. False where the policy lets the asker itself not be executed: `never /`. */
static bool wait_for_answer(struct asker *a)
{
        cordon_exit end;
        while (a->broker) {
                struct pollfd fds[] = {{a->from, POLLIN, 0}, {cordon_broker_fd(a->broker), POLLIN, 0}};
                if (poll(fds, 2, -1) < 0 && errno != EINTR)
                        die("poll");
                if (fds[0].revents & POLLIN)
                        return true;
                cordon_broker_dispatch(a->broker);
                if (cordon_child_exit(a->child, &end) != 0)
                        continue;
                if (end.reason == CORDON_EXIT_EXEC)
                        return false;
                fprintf(stderr, "differential: the sandbox ended, reason %d: %s\n", end.reason, end.error.text);
                exit(2);
        }
        return true;
}

static int ask(struct asker *a, const char *op, const char *path)
{
        char line[8192], answer[32];
        int length = snprintf(line, sizeof(line), "%s %s\n", op, path);
        if (write(a->to, line, (size_t)length) != length)
                die("asking");
        if (!wait_for_answer(a))
                return -1;
        if (!fgets(answer, sizeof(answer), a->answers))
                die("no answer");
        return atoi(answer);
}

/* ---- comparing -------------------------------------------------------------------------------------------------- */

static void show(struct run *r, const char *text, const char *op, const char *path, const struct why *why, int got,
                 const char *what)
{
        if (r->wrong++ >= SHOWN_MOST)
                return;
        printf("---- %s\n%s%s %s (reached %s): why says %s %s, the kernel %s\n    rule: %s; plan: %s\n", what, text, op, path,
               why->look.path, why->allow ? "allowed" : "denied", why->error ? strerrorname_np(why->error) : "0",
               got ? strerrorname_np(got) : "0", why->verdict.rule ? why->verdict.rule->text : "none",
               why->note ? why->note : "");
}

/* Each rule by itself must come to the same as the walk through all of them at once. */
static void check_rivals(struct run *r, const struct policy *p, const char *text, const char *op, const char *path,
                         const struct why *why)
{
        struct rival *rivals;
        size_t count;
        if (policy_rivals(p, why->look.path, &rivals, &count) < 0)
                die("rivals");
        const struct rule *first = count > 0 ? rivals[0].rule : NULL, *winner = why->verdict.rule;
        bool same = first == winner || (first && winner && first->class == winner->class && first->access == winner->access &&
                                        strcmp(first->text, winner->text) == 0);
        if (!same && !(why->verdict.ancestor && !first) && why->verdict.error + why->verdict.allow + why->verdict.ancestor > 0)
                show(r, text, op, path, why, 0, first ? first->text : "rivals differ: none");
        free(rivals);
}

static void compare_public(void *ctx, const cordon_why *public)
{
        const struct why *why = ctx;
        if (public->allowed == why->allow && public->error == why->error && strcmp(public->reached, why->look.path) == 0)
                return;
        fprintf(stderr, "differential: in public: %s %s (reached %s): %d, errno %d, not %d, %d\n", public->op, public->target,
                public->reached, public->allowed, public->error, why->allow, why->error);
        exit(2);
}

/* What was made in an overlay is there, and not on the host. */
static void remove_made(struct run *r, struct asker *inside, const char *text, const char *path, const struct why *why)
{
        bool overlay = why->verdict.rule && why->verdict.rule->overlay;
        if (overlay && ask(inside, "remove", why->look.path) != 0)
                show(r, text, "create", path, why, 0, "what was made is not there");
        if ((unlink(why->look.path) == 0) == overlay)
                show(r, text, "create", path, why, 0, "what was made is not where it should be");
}

static void one_triple(struct run *r, const struct plan *plan, cordon_policy *policy, struct asker *inside, const char *text)
{
        struct policy_host host = host_real(NULL);
        struct buf path = {0};
        struct why why;
        const char *op = PICK(&r->chance, ops);

        random_path(&r->chance, &path, r->tree, there, there_count);
        policy_why(policy_of(policy), plan, &host, op, path.data, &why);
        int got = ask(inside, op, path.data);
        int wanted = why.error;
        /* The host's permissions come before a mount's: of those `why` knows nothing. */
        if (got == EACCES && wanted == EROFS && ask(&r->outside, op, path.data) == EACCES)
                wanted = EACCES;
        if (!wanted && got) {
                wanted = ask(&r->outside, op, path.data);
                if (wanted == 0 && !strcmp(op, "create"))
                        unlink(why.look.path);
        }
        if (got == 0 && !strcmp(op, "create"))
                remove_made(r, inside, text, path.data, &why);
        if (got != wanted)
                show(r, text, op, path.data, &why, got, "different");
        check_rivals(r, policy_of(policy), text, op, path.data, &why);
        if (r->asked % 101 == 0) {
                cordon_policy_why(policy, op, path.data, compare_public, &why, NULL);
                r->public++;
        }
        r->asked++;
        r->allowed += why.allow && !why.error;
        r->denied += !why.allow;
        r->missing += why.allow && why.error;
        buf_free(&path);
}

/* ---- one policy ------------------------------------------------------------------------------------------------- */

static int load(struct run *r, const char *text, cordon_policy **out)
{
        char file[PATH_MAX];
        snprintf(file, sizeof(file), "%s.policy", r->tree);
        FILE *f = fopen(file, "we");
        if (!f || fputs(text, f) < 0 || fclose(f) != 0)
                die(file);
        cordon_policy_options options = {
                .size = sizeof(options), .files = (const char *const[]){file, NULL}, .program = r->program, .cwd = "/"};
        return cordon_policy_load(out, &options, NULL);
}

static void one_policy(struct run *r, unsigned long most)
{
        struct policy_host host = host_real(NULL);
        struct asker inside = {0};
        cordon_policy *policy = NULL;
        struct buf text = {0};
        struct plan plan;

        random_policy(&r->chance, &text, r->tree);
        if (load(r, text.data, &policy) < 0 || plan_compile(&plan, policy_of(policy), &host, NULL, NULL) < 0) {
                r->refused++;
        } else {
                asker_inside(&inside, policy, r->program);
                bool starts = ask(&inside, "list", "/") >= 0;
                r->policies += starts;
                r->refused += !starts;
                r->native += starts && !(plan.brokered & FAMILY_OPEN);
                for (unsigned i = 0; i < PER_POLICY && r->asked < most && starts; i++)
                        one_triple(r, &plan, policy, &inside, text.data);
                asker_end(&inside);
                plan_free(&plan);
        }
        cordon_policy_unref(policy);
        buf_free(&text);
}

int main(int argc, char **argv)
{
        char tree[PATH_MAX], program[PATH_MAX], runner[PATH_MAX + 16];
        unsigned long most = argc > 3 ? strtoul(argv[3], NULL, 10) : 100000;
        uint64_t seed = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
        struct run r = {.program = program, .tree = tree, .chance = {seed * 2654435761u + 88172645463325252u}};

        if (argc < 3 || most == 0) {
                fprintf(stderr, "usage: differential ASKER DIRECTORY [TRIPLES [SEED]]\n");
                return 2;
        }
        if (!realpath(argv[1], program) || !realpath(argv[2], tree))
                die(argv[1]);
        umask(0);
        snprintf(runner, sizeof(runner), "%s/runner", tree);
        copy_program(program, runner);
        strncat(tree, "/tree", sizeof(tree) - strlen(tree) - 1);
        make_tree(tree, tree, runner, &r.chance, 0);
        asker_outside(&r.outside, program);
        while (r.asked < most && r.refused < 100 * (r.policies + 10))
                one_policy(&r, most);
        asker_end(&r.outside);
        while (there_count > 0)
                free(there[--there_count]);
        printf("differential: seed %llu: %lu triples under %lu policies (%lu of these with no broker; %lu more were refused): %lu allowed, "
               "%lu denied, %lu allowed and not there; %lu asked in public; %lu wrong\n",
               (unsigned long long)seed, r.asked, r.policies, r.native, r.refused, r.allowed, r.denied, r.missing, r.public, r.wrong);
        return r.wrong > 0 || r.asked < most;
}
