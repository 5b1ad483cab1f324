/* What this host lets us do. */
#ifndef SANDBOX_PROBE_H
#define SANDBOX_PROBE_H

#include <stddef.h>

/* In words, what keeps this user from making user namespaces; "" where nothing known does. */
void probe_userns_blocker(char *out, size_t size);

#endif
