/* make bench, its part about policies: what compiling costs by the number of rules, and what a verdict costs by the number of rules
 * and by the depth of the path. The same question put to each rule by itself is what a verdict would cost without the trie. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cordon.h"
#include "lib/policy.h"
#include "policy/rivals.h"

enum { ROUNDS = 7, VERDICTS = 20000, LINEAR = 20 };

static uint64_t now_ns(void)
{
        struct timespec t;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* others may be busy, too */
        return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static _Noreturn void die(const char *what)
{
        fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
        exit(1);
}

/* The path of rule `i`: `depth` components, of which the second spreads. */
static void path_of(unsigned i, unsigned depth, char out[512])
{
        size_t length = (size_t)snprintf(out, 512, "/srv/d%u/e%u", i / 100, i % 100);
        for (unsigned d = 3; d < depth; d++)
                length += (size_t)snprintf(out + length, 512 - length, "/sub%u", d);
}

/* Nine literal rules and a pattern for each ten. */
static cordon_policy *make(unsigned rules, uint64_t *took)
{
        char name[] = "/tmp/bench-policy-XXXXXX", path[512];
        int fd = mkstemp(name);
        FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
        cordon_policy *policy = NULL;
        cordon_error error = {0};
        if (!f)
                die(name);
        fputs("cordon 1\n", f);
        for (unsigned i = 0; i < rules; i++) {
                path_of(i, 3 + i % 4, path);
                fprintf(f, i % 10 == 9 ? "deny %s/*.key\n" : "read %s\n", path);
        }
        if (fclose(f) != 0)
                die(name);
        cordon_policy_options options = {.size = sizeof(options), .files = (const char *const[]){name, NULL}};
        uint64_t start = now_ns();
        if (cordon_policy_load(&policy, &options, &error) < 0) {
                fprintf(stderr, "bench: %s\n", error.text);
                exit(1);
        }
        *took = now_ns() - start;
        unlink(name);
        return policy;
}

static int by_value(const void *a, const void *b)
{
        const double *x = a, *y = b;
        return (*x > *y) - (*x < *y);
}

/* Nanoseconds for a verdict, and with `linear` for asking each rule by itself. */
static double verdict_ns(const struct policy *p, unsigned rules, unsigned depth, int linear)
{
        static char paths[1024][512];
        double rounds[ROUNDS];
        unsigned times = linear ? LINEAR : VERDICTS, allowed = 0;
        for (unsigned i = 0; i < 1024; i++)
                path_of(i * 2654435761u % rules, depth, paths[i]);
        for (unsigned round = 0; round < ROUNDS; round++) {
                uint64_t start = now_ns();
                for (unsigned i = 0; i < times; i++) {
                        const char *path = paths[i % 1024];
                        struct rival *rivals = NULL;
                        size_t count = 0;
                        if (!linear)
                                allowed += policy_eval(p, path, strlen(path), ACCESS_READ).allow;
                        else if (policy_rivals(p, path, &rivals, &count) < 0)
                                die("rivals");
                        free(rivals);
                }
                rounds[round] = (double)(now_ns() - start) / times;
        }
        qsort(rounds, ROUNDS, sizeof(*rounds), by_value);
        return allowed || linear ? rounds[ROUNDS / 2] : rounds[0];
}

int main(void)
{
        static const unsigned sizes[] = {10, 1000, 100000}, depths[] = {3, 6, 12};
        double first[3] = {0};
        printf("policies: rules, to compile, a verdict at depth 3, 6, 12 (and against 10 rules), at depth 6 rule by rule\n");
        for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
                uint64_t took;
                cordon_policy *policy = make(sizes[s], &took);
                printf("  %6u  %8.1f ms ", sizes[s], (double)took / 1e6);
                for (size_t d = 0; d < sizeof(depths) / sizeof(*depths); d++) {
                        double ns = verdict_ns(policy_of(policy), sizes[s], depths[d], 0);
                        if (s == 0)
                                first[d] = ns;
                        printf("  %6.0f ns (%.1f)", ns, ns / first[d]);
                }
                printf("  %10.0f ns\n", verdict_ns(policy_of(policy), sizes[s], 6, 1));
                cordon_policy_unref(policy);
        }
        return 0;
}
