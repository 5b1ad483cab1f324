/* The words a line can begin with, as a table. Data verbs can stand side by side: "write exec $DIR". */
#include <errno.h>
#include <string.h>

#include "policy/compile.h"

#define LIST ACCESS_LIST
#define READ (LIST | ACCESS_READ)
#define CREATE (LIST | ACCESS_CREATE)
#define WRITE (READ | ACCESS_CREATE | ACCESS_WRITE)
#define EXEC (READ | ACCESS_EXEC)

static const struct verb verbs[] = {
        {"list", run_rule, LIST, CLASS_GRANT, true},
        {"read", run_rule, READ, CLASS_GRANT, true},
        {"create", run_rule, CREATE, CLASS_GRANT, true},
        {"write", run_rule, WRITE, CLASS_GRANT, true},
        {"exec", run_rule, EXEC, CLASS_GRANT, true},
        {"unix", run_unix, LIST | ACCESS_UNIX, CLASS_GRANT, true},
        {"overlay", run_rule, WRITE, CLASS_GRANT, true},
        {"ask", run_rule, 0, CLASS_ASK, false},
        {"mask", run_rule, READ, CLASS_MASK, false},
        {"deny", run_rule, 0, CLASS_DENY, false},
        {"hide", run_rule, 0, CLASS_HIDE, false},
        {"never", run_rule, 0, CLASS_NEVER, false},
        {"file", run_file, READ, CLASS_GRANT, false},
        {"symlink", run_nothing, 0, CLASS_GRANT, false},
        {"use", run_nothing, 0, CLASS_GRANT, false},
        {"use?", run_nothing, 0, CLASS_GRANT, false},
        {"param", run_nothing, 0, CLASS_GRANT, false},
        {"let", run_nothing, 0, CLASS_GRANT, false},
        {"tmp", run_tmp, 0, CLASS_GRANT, false},
        {"dev", run_dev, 0, CLASS_GRANT, false},
        {"proc", run_proc, 0, CLASS_GRANT, false},
        {"env", run_env, 0, CLASS_GRANT, false},
        {"cwd", run_cwd, 0, CLASS_GRANT, false},
        {"fd", run_fd, 0, CLASS_GRANT, false},
        {"caps", run_caps, 0, CLASS_GRANT, false},
        {"user", run_user, 0, CLASS_GRANT, false},
        {"hostname", run_hostname, 0, CLASS_GRANT, false},
        {"net", run_net, 0, CLASS_GRANT, false},
        {"connect", run_endpoint, 0, CLASS_GRANT, false},
        {"bind", run_endpoint, 0, CLASS_GRANT, false},
        {"limit", run_limit, 0, CLASS_GRANT, false},
        {"syscalls", run_syscalls, 0, CLASS_GRANT, false},
        {"require", run_require, 0, CLASS_GRANT, false},
        {"expect", run_expect, 0, CLASS_GRANT, false},
        {"audit", run_audit, 0, CLASS_GRANT, false},
};

const struct verb *verb_find(const char *name)
{
        for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
                if (!strcmp(verbs[i].name, name))
                        return &verbs[i];
        }
        return NULL;
}

const char *policy_verb(size_t index)
{
        return index < sizeof(verbs) / sizeof(*verbs) ? verbs[index].name : NULL;
}

int verb_missing(struct compile *c, const struct source *s, struct line *l)
{
        const struct word *w = &l->words[0];
        struct place at = place_word(s, l, w);
        l->bad = true;
        if (!strcmp(w->text, "cordon"))
                return report(c, &at, "it stands at the top, once", "'cordon' can only be the first line");
        if (!strcmp(w->text, "because"))
                return report(c, &at, "write it at the end of a rule: deny PATH because \"…\"",
                              "'because' is no line of its own");
        struct nearest n = nearest_begin(c, w->text);
        for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
                nearest_offer(&n, verbs[i].name);
        const char *hint = nearest_hint(c, &n, "");
        return report(c, &at, hint ? hint : "cordon-policy(5) lists the verbs", "unknown verb '%s'", w->text);
}

int line_run(struct compile *c, struct source *s, struct line *l)
{
        if (l->bad || !l->verb)
                return 0;
        for (size_t i = 1; i < l->count && l->verb->run != run_rule && l->verb->run != run_unix; i++) {
                if (strcmp(l->words[i].text, "because") != 0 || l->words[i].marks[0] != MARK_PLAIN)
                        continue;
                struct place at = place_word(s, l, &l->words[i]);
                return report(c, &at, "it belongs to read, write, deny, …", "'%s' takes no 'because'", l->verb->name);
        }
        return l->verb->run(c, s, l);
}

int run_nothing(struct compile *c, struct source *s, struct line *l)
{
        (void)c, (void)s, (void)l;
        return 0;
}

/* ---- accesses by name, for expect and for messages -------------------------------------------------------------- */

static const struct {
        const char *name;
        unsigned access;
} accesses[] = { /* those that say most come first */
        {"write", ACCESS_WRITE}, {"create", ACCESS_CREATE}, {"exec", ACCESS_EXEC},
        {"read", ACCESS_READ},   {"unix", ACCESS_UNIX},     {"list", ACCESS_LIST},
};

unsigned access_from_name(const char *name)
{
        for (size_t i = 0; i < sizeof(accesses) / sizeof(*accesses); i++) {
                if (!strcmp(accesses[i].name, name))
                        return accesses[i].access;
        }
        return 0;
}

const char *access_name(unsigned access)
{
        for (size_t i = 0; i < sizeof(accesses) / sizeof(*accesses); i++) {
                if (access & accesses[i].access)
                        return accesses[i].name;
        }
        return "nothing";
}
