#include "broker/made.h"

#include <stdint.h>
#include <stdlib.h>

enum { SETS = 1024, WAYS = 8 }; /* a set holds the files whose numbers are alike */

struct entry {
        uint64_t number;
        uint32_t major, minor, birth_ns;
        uint32_t used; /* when, counted in uses; 0: free */
        int64_t birth;
};

struct made {
        struct entry *entries; /* made at the first need: most programs make no socket files */
        uint32_t uses;
};

struct made *made_new(void)
{
        return calloc(1, sizeof(struct made));
}

struct made *made_free(struct made *m)
{
        if (m)
                free(m->entries);
        free(m);
        return NULL;
}

static struct entry *set_of(const struct made *m, const struct statx *file)
{
        uint64_t hash = file->stx_ino * UINT64_C(11400714819323198485);
        return &m->entries[(hash >> 32) % SETS * WAYS];
}

static struct entry entry_of(const struct statx *file)
{
        return (struct entry){
                .number = file->stx_ino,
                .major = file->stx_dev_major,
                .minor = file->stx_dev_minor,
                .birth = file->stx_btime.tv_sec,
                .birth_ns = file->stx_btime.tv_nsec,
        };
}

static bool same(const struct entry *a, const struct entry *b)
{
        return a->number == b->number && a->major == b->major && a->minor == b->minor && a->birth == b->birth &&
               a->birth_ns == b->birth_ns;
}

static bool is_known_for_good(const struct statx *file)
{
        return (file->stx_mask & MADE_WANTED) == MADE_WANTED;
}

bool made_add(struct made *m, const struct statx *file)
{
        if (!is_known_for_good(file))
                return false;
        if (!m->entries)
                m->entries = calloc((size_t)SETS * WAYS, sizeof(*m->entries));
        if (!m->entries)
                return false;
        struct entry *set = set_of(m, file), *oldest = set;
        for (unsigned i = 1; i < WAYS; i++)
                if (set[i].used < oldest->used)
                        oldest = &set[i];
        *oldest = entry_of(file);
        oldest->used = ++m->uses;
        return true;
}

bool made_has(struct made *m, const struct statx *file)
{
        struct entry wanted = entry_of(file), *set;

        if (!m->entries || !is_known_for_good(file))
                return false;
        set = set_of(m, file);
        for (unsigned i = 0; i < WAYS; i++) {
                if (set[i].used == 0 || !same(&set[i], &wanted))
                        continue;
                set[i].used = ++m->uses;
                return true;
        }
        return false;
}
