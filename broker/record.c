/* JSON lines, as cordon-audit(5) describes them: a key that is added there is a row of the table below, or a line beside it. */
#include "broker/record.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "broker/operations.h"
#include "broker/request.h"
#include "policy/policy.h"

static const char *const kinds[] = {
        [RECORD_VERDICT] = "verdict",
        [RECORD_REPLACED] = "replaced",
        [RECORD_GRANTED] = "granted",
        [RECORD_REVOKED] = "revoked",
        [RECORD_DROPPED] = "dropped",
        [RECORD_TRUNCATED] = "truncated",
};

/* O_RDONLY is 0, and said where neither of the others is; what is made of several bits comes before these. */
static const struct flag {
        uint64_t bits;
        const char *name;
} open_flags[] = {
        {O_RDWR, "O_RDWR"},         {O_WRONLY, "O_WRONLY"},       {O_TMPFILE, "O_TMPFILE"}, {O_DIRECTORY, "O_DIRECTORY"},
        {O_SYNC, "O_SYNC"},         {O_DSYNC, "O_DSYNC"},         {O_CREAT, "O_CREAT"},     {O_EXCL, "O_EXCL"},
        {O_NOCTTY, "O_NOCTTY"},     {O_TRUNC, "O_TRUNC"},         {O_APPEND, "O_APPEND"},   {O_NONBLOCK, "O_NONBLOCK"},
        {O_ASYNC, "O_ASYNC"},       {O_DIRECT, "O_DIRECT"},       {0100000, "O_LARGEFILE"}, {O_NOFOLLOW, "O_NOFOLLOW"},
        {O_NOATIME, "O_NOATIME"},   {O_CLOEXEC, "O_CLOEXEC"},     {O_PATH, "O_PATH"},
};

/* How a question can end; a person's answers are the first four. */
static const char *const ask_ends[] = {
        [CORDON_ASK_ONCE] = "once",       [CORDON_ASK_RUN] = "run",         [CORDON_ASK_REFUSED] = "refused",
        [CORDON_ASK_REFUSED_RUN] = "refused-run", [CORDON_ASK_NOBODY] = "nobody", [CORDON_ASK_UNHEARD] = "unheard",
        [CORDON_ASK_LATE] = "late",       [CORDON_ASK_MANY] = "many",       [CORDON_ASK_CHANGED] = "changed",
        [CORDON_ASK_NEVER] = "never",     [CORDON_ASK_GONE] = "gone",
};

/* ---- pieces ------------------------------------------------------------------------------------------------------- */

/* A path is bytes, JSON is Unicode: what is not plain text is written as cordon_escape() shows it. Mostly there is nothing of
 * that kind; but a program can see to it that there is nothing else, and should not be able to keep us busy. */
static void put_string(struct buf *out, const char *text)
{
        char escaped[4 * PATH_MAX + 1], quoted[2 * sizeof(escaped) + 2];
        size_t length = 1;
        bool plain = true;

        for (const char *p = text; *p && plain; p++)
                plain = *p >= ' ' && *p < 0x7f;
        if (!plain)
                cordon_escape(text, escaped, sizeof(escaped));
        quoted[0] = '"';
        for (const char *p = plain ? text : escaped; *p && length < sizeof(quoted) - 3; p++) {
                if (*p == '"' || *p == '\\')
                        quoted[length++] = '\\';
                quoted[length++] = *p;
        }
        quoted[length++] = '"';
        buf_add(out, quoted, length);
}

/* Lines are made at the rate of opens: no printf. */
static void put_number(struct buf *out, const char *before, uint64_t value)
{
        char digits[20];
        size_t at = sizeof(digits);
        do
                digits[--at] = (char)('0' + value % 10);
        while (value /= 10);
        buf_str(out, before);
        buf_add(out, digits + at, sizeof(digits) - at);
}

static void put_word(struct buf *out, const char *before, const char *word)
{
        buf_str(out, before);
        buf_str(out, word);
        buf_add(out, "\"", 1);
}

static const char *text_of(const struct record *r, enum record_text which)
{
        return r->at[which] == UINT16_MAX ? NULL : r->text + r->at[which];
}

static void put_text(struct buf *out, const struct record *r, const char *key, enum record_text which)
{
        const char *text = text_of(r, which);
        if (!text)
                return;
        put_word(out, ",\"", key);
        buf_add(out, ":", 1);
        put_string(out, text);
}

static void put_digits(char *at, unsigned count, unsigned value)
{
        for (; count > 0; value /= 10)
                at[--count] = (char)('0' + value % 10);
}

static void put_times(struct buf *out, const struct record *r)
{
        time_t seconds = (time_t)(r->wall / 1000000000u);
        unsigned micro = (unsigned)(r->wall % 1000000000u / 1000), day = (unsigned)(seconds % 86400);
        char text[] = ",\"time\":\"0000-00-00T00:00:00.000000Z\"";
        struct tm tm;

        gmtime_r(&seconds, &tm);
        put_digits(text + 9, 4, (unsigned)tm.tm_year + 1900);
        put_digits(text + 14, 2, (unsigned)tm.tm_mon + 1);
        put_digits(text + 17, 2, (unsigned)tm.tm_mday);
        put_digits(text + 20, 2, day / 3600);
        put_digits(text + 23, 2, day / 60 % 60);
        put_digits(text + 26, 2, day % 60);
        put_digits(text + 29, 6, micro);
        buf_add(out, text, sizeof(text) - 1);
        put_number(out, ",\"monotonic\":", r->monotonic);
}

static void put_flags(struct buf *out, const struct record *r)
{
        uint64_t left = r->flags;
        bool first = true;

        if (r->operation != OPERATION_OPEN) {
                buf_printf(out, ",\"flags\":\"0x%llx\"", (unsigned long long)left);
                return;
        }
        buf_str(out, ",\"flags\":\"");
        if (!(left & (O_ACCMODE | O_PATH))) {
                buf_str(out, "O_RDONLY");
                first = false;
        }
        for (size_t i = 0; i < sizeof(open_flags) / sizeof(*open_flags); i++) {
                if ((left & open_flags[i].bits) != open_flags[i].bits)
                        continue;
                left &= ~open_flags[i].bits;
                buf_str(out, first ? "" : "|");
                buf_str(out, open_flags[i].name);
                first = false;
        }
        if (left)
                buf_printf(out, "%s0x%llx", first ? "" : "|", (unsigned long long)left);
        buf_str(out, "\"");
}

static void put_rule(struct buf *out, const struct record *r)
{
        if (!text_of(r, TEXT_RULE_FILE))
                return;
        buf_str(out, ",\"rule\":{\"file\":");
        put_string(out, text_of(r, TEXT_RULE_FILE));
        put_number(out, ",\"line\":", r->line);
        put_text(out, r, "text", TEXT_RULE);
        put_text(out, r, "because", TEXT_BECAUSE);
        buf_str(out, "}");
}

/* ---- a line ------------------------------------------------------------------------------------------------------- */

static void put_verdict(struct buf *out, const struct record *r)
{
        put_number(out, ",\"pid\":", (uint64_t)r->inside);
        put_number(out, ",\"host_pid\":", (uint64_t)r->outside);
        put_number(out, ",\"host_tid\":", (uint64_t)r->thread);
        put_text(out, r, "comm", TEXT_COMM);
        put_text(out, r, "program", TEXT_PROGRAM);
        put_word(out, ",\"call\":\"", r->system_call ? "syscall" : operation_name(r->operation));
        put_word(out, ",\"op\":\"", r->system_call ? "syscall" : access_name(r->want));
        put_text(out, r, "path", TEXT_PATH);
        put_text(out, r, "asked", TEXT_ASKED);
        if (!r->system_call)
                put_flags(out, r);
        put_word(out, ",\"verdict\":\"", r->error ? "deny" : "allow");
        if (r->error)
                put_word(out, ",\"errno\":\"", error_name(r->error));
        if (r->ask)
                put_word(out, ",\"ask\":\"", ask_ends[r->ask]);
        put_rule(out, r);
        put_text(out, r, "reason", TEXT_REASON);
        put_number(out, ",\"latency\":", r->latency);
}

void record_write(const struct record *r, struct buf *out)
{
        put_number(out, "{\"v\":", AUDIT_VERSION);
        put_word(out, ",\"kind\":\"", kinds[r->kind]);
        put_times(out, r);
        put_text(out, r, "child", TEXT_CHILD);
        if (r->kind == RECORD_VERDICT)
                put_verdict(out, r);
        if (r->kind == RECORD_GRANTED || r->kind == RECORD_REVOKED)
                put_text(out, r, "grant", TEXT_RULE);
        if (r->kind == RECORD_GRANTED && r->number)
                put_number(out, ",\"until\":", r->number);
        if (r->kind == RECORD_DROPPED)
                put_number(out, ",\"dropped\":", r->number);
        if (r->kind == RECORD_TRUNCATED)
                buf_str(out, ",\"truncated\":\"the audit log of this child has reached its limit\"");
        buf_str(out, "}\n");
}
