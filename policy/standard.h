/* Filters that are made when cordon is built: most policies have no `syscalls` line, and those that have mostly say @basic. What
 * filter_compile() makes of such a wish is known then, and making it anew for each launch would cost a twentieth of it. In all of
 * them the broker serves what it has to see of sockets (FAMILY_SOCKETS). */
#ifndef POLICY_STANDARD_H
#define POLICY_STANDARD_H

#include "policy/syscalls.h"

struct standard_wish {
        bool basic; /* `syscalls @basic`; else no line */
        enum net_mode net;
        bool brokered; /* the open family */
        bool names; /* and what changes names and metadata */
};

struct standard_filter {
        struct standard_wish wish;
        const struct sock_filter *code;
        unsigned short length;
        bool notify, sockets; /* as in struct filter */
};

/* Made by tools/gen-filters; ends with length 0. */
extern const struct standard_filter standard_filters[];

/* The system calls of the families (enum plan_family), as far as this architecture has them; returns how many. */
#define BROKERED_CALLS_MOST 64
size_t standard_calls(int numbers[BROKERED_CALLS_MOST], unsigned families);

/* The wish as filter_compile() takes it. `numbers` is room for what it points to. */
struct filter_wish standard_expand(const struct standard_wish *wish, int numbers[BROKERED_CALLS_MOST]);

/* As filter_compile(), but takes the program that was made at build time where there is one; `out->rules` is NULL then. */
int filter_get(struct filter *out, const struct filter_wish *wish);

#endif
