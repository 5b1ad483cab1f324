/* One line of the audit log, as it waits to be written: fixed numbers, and texts behind them. */
#ifndef BROKER_RECORD_H
#define BROKER_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

enum { AUDIT_VERSION = 2 };

enum record_kind { RECORD_VERDICT, RECORD_REPLACED, RECORD_GRANTED, RECORD_REVOKED, RECORD_DROPPED, RECORD_TRUNCATED };

enum record_text { TEXT_CHILD, TEXT_COMM, TEXT_PROGRAM, TEXT_ASKED, TEXT_PATH, TEXT_RULE_FILE, TEXT_RULE, TEXT_BECAUSE,
                   TEXT_REASON, TEXTS };

struct record {
        uint32_t size;   /* of all of it, a multiple of 8 */
        uint32_t kind;   /* enum record_kind */
        uint64_t wall, monotonic, latency; /* nanoseconds */
        uint64_t flags;  /* as they were asked with */
        uint64_t number; /* DROPPED: how many; GRANTED: until when, as `monotonic`, or 0 */
        bool system_call; /* refused by the filter; `operation`, `flags` and `want` mean nothing */
        int operation;    /* enum operation */
        unsigned want;
        int error;
        int ask;          /* enum cordon_ask_end; 0: nobody was to be asked */
        pid_t inside, outside, thread;
        unsigned line;         /* of the rule; with TEXT_RULE_FILE "": there is none */
        uint16_t at[TEXTS];    /* of each text, from `text` on, terminated; 0xffff: none */
        char text[];
};

/* Appends the line, with its newline. */
void record_write(const struct record *r, struct buf *out);

#endif
