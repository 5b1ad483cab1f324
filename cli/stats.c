/* What a run used, as a table of a name and a figure on each line. A figure that nobody knows has no line. Made in memory and
 * written at once, so that it isn't torn apart by what others write. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"

static double seconds(uint64_t ns)
{
        return (double)ns / 1e9;
}

/* Three figures are enough for people. */
static void put_size(FILE *to, uint64_t bytes)
{
        static const char units[] = "KMGT";
        double value = (double)bytes;
        size_t unit = 0;

        if (bytes < 1024) {
                fprintf(to, "%" PRIu64, bytes);
                return;
        }
        for (value /= 1024; value >= 1024 && units[unit + 1]; unit++)
                value /= 1024;
        fprintf(to, value < 100 ? "%.1f%c" : "%.0f%c", value, units[unit]);
}

static void put_memory(FILE *to, const cordon_exit *end)
{
        if (!end->memory_peak)
                return;
        fputs("cordon: memory     ", to);
        put_size(to, end->memory_peak);
        fputs(end->together & CORDON_TOGETHER_MEMORY ? " (at most, all together)\n" : " (at most, in one process)\n", to);
}

static void put_bytes(FILE *to, const cordon_exit *end)
{
        if (end->bytes_read || end->bytes_written) {
                fputs("cordon: bytes      ", to);
                put_size(to, end->bytes_read);
                fputs(" read, ", to);
                put_size(to, end->bytes_written);
                fputs(" written\n", to);
        }
        if (end->oom_kills)
                fprintf(to, "cordon: killed     %" PRIu64 " for memory\n", end->oom_kills);
        if (end->output)
                fprintf(to, "cordon: output     %" PRIu64 " bytes\n", end->output);
}

void report_stats(const cordon_child *child, const cordon_exit *end)
{
        char *text = NULL;
        size_t length = 0;
        FILE *to = open_memstream(&text, &length);

        if (!to)
                return;
        fprintf(to, "cordon: pid        %d\n", (int)cordon_child_program(child));
        fprintf(to, "cordon: wall       %.3f s\n", seconds(end->wall_ns));
        fprintf(to, "cordon: cpu        %.3f s (user %.3f, system %.3f)%s\n", seconds(end->cpu_ns), seconds(end->user_ns),
                seconds(end->system_ns), end->together & CORDON_TOGETHER_CPU ? " (all together)" : "");
        put_memory(to, end);
        if (end->processes)
                fprintf(to, "cordon: processes  %" PRIu64 " (with threads)\n", end->processes);
        fprintf(to, "cordon: requests   %" PRIu64 " (%" PRIu64 " opens; %" PRIu64 " denied)\n", end->requests, end->opens,
                end->denied);
        put_bytes(to, end);
        if (fclose(to) == 0)
                fwrite(text, 1, length, stderr);
        free(text);
}
