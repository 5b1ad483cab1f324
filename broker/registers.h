/* Which register of a call means what: one table for the broker, which gets registers from the kernel, and for the client, which
 * gets them with SIGSYS. */
#ifndef BROKER_REGISTERS_H
#define BROKER_REGISTERS_H

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/request.h"

/* 0: the call has nothing of the kind. */
enum reg { NONE, FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH };

enum time_format { TIME_NONE, TIME_SECONDS, TIME_MICROSECONDS, TIME_NANOSECONDS };

struct registers {
        int number;
        enum operation operation;
        enum reg dirfd, path; /* without a path, the descriptor itself is meant */
        enum reg other_dirfd, other;
        enum reg numbers[3];
        enum reg flags;
        uint32_t implied, known; /* flags */
        enum time_format format; /* of what the register `times` points to */
        enum reg times;
        bool nullable; /* the path may be no pointer at all: the descriptor is meant then */
        enum reg address, address_length;
};

/* The open family. */
struct open_registers {
        int number;
        enum reg dirfd, path, flags, mode, how, size; /* struct open_how and its size, instead of flags and mode */
        uint64_t implied;                             /* flags */
};

/* By the number of the call; NULL for those that are none of these. */
const struct registers *registers_of(int number);
const struct open_registers *registers_of_open(int number);

/* All of them, one after the other; NULL behind the last. */
const struct registers *registers_at(size_t i);
const struct open_registers *registers_of_open_at(size_t i);

static inline uint64_t register_value(enum reg reg, const uint64_t *args)
{
        return reg == NONE ? 0 : args[reg - FIRST];
}

/* A directory's descriptor; where the call has none, the working directory. */
static inline int register_directory(enum reg reg, const uint64_t *args)
{
        return reg == NONE ? AT_FDCWD : (int)(uint32_t)args[reg - FIRST];
}

#endif
