/* Limits in both policies: each is one value, and 0, where there is none, grants most. */
#include <inttypes.h>

#include "policy/diff_build.h"

static const char *time_text(struct differ *d, uint64_t ms)
{
        static const struct {
                uint64_t ms;
                const char *unit;
        } units[] = {{3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
        size_t i = 0;
        while (ms % units[i].ms != 0)
                i++;
        return arena_printf(&d->arena, "%" PRIu64 "%s", ms / units[i].ms, units[i].unit);
}

static const char *number_text(struct differ *d, uint64_t value)
{
        return arena_printf(&d->arena, "%" PRIu64, value);
}

static const char *seconds_text(struct differ *d, uint64_t s)
{
        return time_text(d, s * 1000);
}

static const char *share_text(struct differ *d, uint64_t thousandths)
{
        unsigned part = (unsigned)(thousandths % 1000);
        return !part ? number_text(d, thousandths / 1000)
                     : arena_printf(&d->arena, "%" PRIu64 ".%.*u", thousandths / 1000,
                                    part % 100 == 0 ? 1 : part % 10 == 0 ? 2 : 3,
                                    part % 100 == 0 ? part / 100 : part % 10 == 0 ? part / 10 : part);
}

static const char *rate_text(struct differ *d, uint64_t bytes)
{
        return arena_printf(&d->arena, "%s/s", diff_size(d, bytes));
}

/* One more than there is, so that none can be told from no limit. Where neither policy speaks of it, `memory` says it all. */
static uint64_t swap_of(const struct limits *l, const struct limits *other)
{
        return l->swap ? l->swap + 1 : l->memory && other->swap ? 1 : 0;
}

static const struct origin *swap_at(const struct limits *l)
{
        return l->swap ? &l->swap_at : &l->memory_at;
}

static const char *swap_text(struct differ *d, uint64_t more)
{
        return more == 1 ? "0" : diff_size(d, more - 1);
}

int diff_limits(struct differ *d, const struct limits *a, const struct limits *b)
{
        const struct {
                const char *name;
                uint64_t values[2];
                const struct origin *at[2];
                const char *(*text)(struct differ *d, uint64_t value);
        } rows[] = {
                {"time", {a->time_ms, b->time_ms}, {&a->time_at, &b->time_at}, time_text},
                {"cpu", {a->cpu_s, b->cpu_s}, {&a->cpu_at, &b->cpu_at}, seconds_text},
                {"memory", {a->memory, b->memory}, {&a->memory_at, &b->memory_at}, diff_size},
                {"procs", {a->procs, b->procs}, {&a->procs_at, &b->procs_at}, number_text},
                {"files", {a->files, b->files}, {&a->files_at, &b->files_at}, number_text},
                {"fsize", {a->fsize, b->fsize}, {&a->fsize_at, &b->fsize_at}, diff_size},
                {"grace", {limit_grace_ms(a), limit_grace_ms(b)}, {&a->grace_at, &b->grace_at}, time_text},
                {"swap", {swap_of(a, b), swap_of(b, a)}, {swap_at(a), swap_at(b)}, swap_text},
                {"cpus", {a->cpus_m, b->cpus_m}, {&a->cpus_at, &b->cpus_at}, share_text},
                {"io-read", {a->io_read, b->io_read}, {&a->io_read_at, &b->io_read_at}, rate_text},
                {"io-write", {a->io_write, b->io_write}, {&a->io_write_at, &b->io_write_at}, rate_text},
                {"output", {a->output, b->output}, {&a->output_at, &b->output_at}, diff_size},
        };
        int r = 0;
        for (size_t i = 0; r == 0 && i < sizeof(rows) / sizeof(*rows); i++) {
                const char *text[2];
                for (unsigned side = 0; side < 2; side++)
                        text[side] = rows[i].values[side] ? rows[i].text(d, rows[i].values[side]) : "none";
                /* unsigned: 0 - 1 is larger than any limit */
                int sign = diff_sign(rows[i].values[0] - 1, rows[i].values[1] - 1);
                r = diff_value(d, "limit", rows[i].name, sign, text, rows[i].at);
        }
        return r;
}
