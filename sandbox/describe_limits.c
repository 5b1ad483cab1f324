/* What holds each limit here: limits.c sets what begins with RLIMIT_, leaf.c what has a point in it; pid 1 has the clock, and the
 * host process counts what goes to the output. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "policy/describe.h"
#include "sandbox/setup.h"

enum unit { UNIT_MS, UNIT_S, UNIT_BYTES, UNIT_RATE, UNIT_SHARE, UNIT_NONE };

/* The second way is the cgroup's, which is used where it is there. */
static const struct row {
        const char *name;
        size_t value, at; /* in struct limits */
        enum unit unit;
        const char *by, *of; /* without a cgroup; `by` NULL: by nothing */
        unsigned controller;
        const char *file; /* NULL: no matter for a cgroup */
} rows[] = {
#define FIELD(value, at) offsetof(struct limits, value), offsetof(struct limits, at)
        {"time", FIELD(time_ms, time_at), UNIT_MS, "clock", "all of the sandbox", 0, NULL},
        {"grace", FIELD(grace_ms, grace_at), UNIT_MS, "clock", "all of the sandbox", 0, NULL},
        {"cpu", FIELD(cpu_s, cpu_at), UNIT_S, "RLIMIT_CPU", "each process", 0, "cpu.stat"},
        {"cpus", FIELD(cpus_m, cpus_at), UNIT_SHARE, NULL, NULL, CGROUP_CPU, "cpu.max"},
        {"memory", FIELD(memory, memory_at), UNIT_BYTES, "RLIMIT_DATA", "each process", CGROUP_MEMORY, "memory.max"},
        {"swap", FIELD(swap, swap_at), UNIT_BYTES, NULL, NULL, CGROUP_MEMORY, "memory.swap.max"},
        {"procs", FIELD(procs, procs_at), UNIT_NONE, "RLIMIT_NPROC", "all of the sandbox", CGROUP_PIDS, "pids.max"},
        {"files", FIELD(files, files_at), UNIT_NONE, "RLIMIT_NOFILE", "each process", 0, NULL},
        {"fsize", FIELD(fsize, fsize_at), UNIT_BYTES, "RLIMIT_FSIZE", "each file", 0, NULL},
        {"output", FIELD(output, output_at), UNIT_BYTES, "pipes", "all of the sandbox", 0, NULL},
        {"io-read", FIELD(io_read, io_read_at), UNIT_RATE, NULL, NULL, CGROUP_IO, "io.max"},
        {"io-write", FIELD(io_write, io_write_at), UNIT_RATE, NULL, NULL, CGROUP_IO, "io.max"},
};

/* People read the unit that fits; programs always get the same one. */
static void put_value(struct listing *l, uint64_t value, enum unit unit)
{
        static const char *const names[] = {"ms", "s", "bytes", "bytes/s", "thousandths", NULL};
        char text[48];

        if (unit == UNIT_BYTES) {
                listing_size(l, "value", DESCRIBE_SECOND, value);
        } else if (unit == UNIT_RATE) {
                listing_size(l, "value", DESCRIBE_SECOND, value);
                listing_text(l, NULL, LISTING_ADJOINING, "/s");
        } else if (unit == UNIT_SHARE) {
                snprintf(text, sizeof(text), "%g", (double)value / 1000);
                listing_number(l, "value", LISTING_HIDDEN, value, NULL);
                listing_text(l, NULL, DESCRIBE_SECOND, text);
        } else {
                bool seconds = unit == UNIT_MS && value % 1000 == 0;
                listing_number(l, "value", LISTING_HIDDEN, value, NULL);
                const char *name = seconds ? "s" : names[unit];
                listing_number(l, NULL, DESCRIBE_SECOND, seconds ? value / 1000 : value, name ? name : "");
        }
        listing_text(l, "unit", LISTING_HIDDEN, names[unit]);
}

/* Whether a cgroup would do better, and there is none. To count processes the rlimit is as good. */
static bool describe_row(struct listing *l, const struct row *r, const char *base, const struct cgroup_place *place)
{
        uint64_t value = *(const uint64_t *)(const void *)(base + r->value);
        bool grouped = r->file && *place->path && (r->controller & ~place->possible) == 0;

        if (value == 0)
                return false;
        listing_row(l);
        listing_text(l, "name", DESCRIBE_FIRST, r->name);
        put_value(l, value, r->unit);
        listing_text(l, "enforced_by", DESCRIBE_SECOND + 12, grouped ? r->file : r->by ? r->by : "nothing");
        listing_text(l, "of", DESCRIBE_SECOND + 26, grouped ? "all of the sandbox" : r->by ? r->of : "cannot be run");
        describe_at(l, DESCRIBE_PLACE, (const struct origin *)(const void *)(base + r->at));
        bool less = r->file && !grouped && r->controller != CGROUP_PIDS;
        listing_text(l, "why", LISTING_HIDDEN, less ? place->why : NULL);
        return less;
}

void limits_describe(struct listing *l, const struct limits *limits, const struct cgroup_place *place)
{
        char remark[sizeof(place->why) + 32];
        bool less = false;

        listing_section(l, "limits", "Limits", "none");
        for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
                less |= describe_row(l, &rows[i], (const char *)limits, place);
        if (!less)
                return;
        snprintf(remark, sizeof(remark), "  no cgroup holds these: %s", place->why);
        listing_remark(l, remark);
}

void sandbox_describe_limits(struct listing *l, const struct policy *policy)
{
        const struct limits *limits = &policy_world(policy)->limits;
        struct cgroup_place place = {0};

        if (cgroup_useful(limits))
                cgroup_find(cgroup_wanted(limits), &place);
        limits_describe(l, limits, &place);
}
