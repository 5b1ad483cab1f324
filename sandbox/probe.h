/* What this host lets us do. */
#ifndef SANDBOX_PROBE_H
#define SANDBOX_PROBE_H

#include <stddef.h>

/* Makes one, as this user, and looks whether it gives any rights: 0 or -errno. */
int probe_userns(void);
/* In words, what keeps this user from making user namespaces; "" where nothing known does. */
void probe_userns_blocker(char *out, size_t size);

#endif
