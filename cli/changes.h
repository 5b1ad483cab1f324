/* What `run` and `changes` share about what a program changed in overlays. */
#ifndef CLI_CHANGES_H
#define CLI_CHANGES_H

#include <limits.h>

#include "cli/options.h"
#include "cordon.h"

/* One line, through say() or tell(). */
void change_put(const cordon_change *change, void (*out)(const char *format, ...));

/* Before a run: makes the directory that --keep names, or one for this run; "" where nothing is to be kept. 0, or the exit status
 * after having said why. */
int kept_begin(const struct settings *settings, char directory[PATH_MAX]);
/* Afterwards: lists, applies, keeps or throws away, as the options say. Returns `status`, which is that of the run, or one of
 * its own. `policy` NULL: nothing ran. */
int kept_end(const struct settings *settings, const char *directory, const cordon_policy *policy, int status);
/* The directories that earlier runs have left, one a line. 0, or a negative errno after having said why. */
int kept_list(void);

#endif
