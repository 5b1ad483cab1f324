/* Policies and paths by chance, over a tree small enough that rules and paths often meet. The same seed gives the same. */
#ifndef TESTS_RANDOM_POLICY_H
#define TESTS_RANDOM_POLICY_H

#include <stdint.h>

#include "base/buf.h"

struct chance {
        uint64_t state;
};

/* xorshift64*: good enough to choose with, and the same everywhere. */
static inline unsigned chance(struct chance *c, unsigned below)
{
        c->state ^= c->state >> 12;
        c->state ^= c->state << 25;
        c->state ^= c->state >> 27;
        return (unsigned)((c->state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % below;
}

#define PICK(c, list) ((list)[chance(c, sizeof(list) / sizeof(*(list)))])

/* What the tree has (see tree.h), and one name that it has not. */
static const char *const random_names[] = {"a", "b", "c", ".d", "f", "g.txt", ".env", "x.pem", "run", "new", "up", "abs", "loop"};

static inline void random_below(struct chance *c, struct buf *out, unsigned most)
{
        for (unsigned i = chance(c, most) + 1; i > 0; i--)
                buf_printf(out, "/%s", PICK(c, random_names));
}

/* A path as a program might write it: one of those that are there, or mostly plain, at times through "..", "." and double slashes. */
static inline void random_path(struct chance *c, struct buf *out, const char *tree, char *const *there, unsigned there_count)
{
        static const char *const odd[] = {"/.", "//", "/..", "/../a", "/./b"};
        static const char *const elsewhere[] = {"/etc/passwd", "/etc/shadow", "/", "/etc", "/usr/bin/env", "/var"};
        if (chance(c, 60) == 0) {
                buf_str(out, PICK(c, elsewhere));
                return;
        }
        if (there_count > 0 && chance(c, 5) < 3) {
                buf_printf(out, "%s%s", there[chance(c, there_count)], chance(c, 30) ? "" : "/");
                return;
        }
        buf_str(out, tree);
        for (unsigned i = chance(c, 4) + (chance(c, 20) != 0); i > 0; i--)
                buf_printf(out, "%s/%s", chance(c, 12) ? "" : PICK(c, odd), PICK(c, random_names));
        if (chance(c, 25) == 0)
                buf_str(out, "/");
}

static inline void random_pattern(struct chance *c, struct buf *out, const char *tree, bool restricts)
{
        static const char *const wild[] = {"/*", "/**", "/**/.env", "/**/*.pem", "/*.txt", "/{f,.env}", "/[ab]", "/*/f", "/?",
                                           "/**/a/*", "/.*", "/[!a]*"};
        if (restricts && chance(c, 6) == 0) {
                buf_printf(out, "**/%s", PICK(c, random_names));
                return;
        }
        buf_str(out, tree);
        if (chance(c, 3))
                random_below(c, out, 2);
        buf_str(out, PICK(c, wild));
}

/* One line about files. */
static inline void random_rule(struct chance *c, struct buf *out, const char *tree)
{
        static const char *const grants[] = {"read", "read", "read", "read", "write", "write", "write", "list", "create", "exec", "exec",
                                             "write exec", "list create", "overlay", "overlay exec"};
        static const char *const restricts[] = {"deny", "deny", "deny", "hide", "never", "mask", "ask read", "ask write", "ask list create"};
        bool grant = chance(c, 3) != 0;
        buf_printf(out, "%s ", grant ? PICK(c, grants) : PICK(c, restricts));
        if (chance(c, 4) == 0) {
                random_pattern(c, out, tree, !grant);
        } else {
                buf_str(out, tree);
                if (chance(c, 5))
                        random_below(c, out, 3);
        }
        buf_str(out, "\n");
}

static inline void random_rules(struct chance *c, struct buf *out, const char *tree)
{
        for (unsigned i = chance(c, 10) + 1; i > 0; i--)
                random_rule(c, out, tree);
}

static inline void random_policy(struct chance *c, struct buf *out, const char *tree)
{
        static const char *const worlds[] = {"tmp none\n", "proc none\n", "audit none\n", "audit none\nproc none\n", "", "", ""};
        static const char *const bases[] = {"read", "read", "write", "write", "exec", "write exec", "list", "deny", "overlay", "overlay exec"};
        buf_printf(out, "cordon 1\nexec $PROG\n%s", PICK(c, worlds));
        if (chance(c, 3))
                buf_printf(out, "%s %s\n", PICK(c, bases), tree);
        random_rules(c, out, tree);
}

#endif
