/* Single files that somebody outside replaces: an editor that saves writes another file and gives it the name. In the view the
 * old one is mounted; what has the name now is found in a directory that is in no view. Only names that the plan has are ever
 * looked up there, no symlink is followed, and only a regular file is taken: the directory has the flags that the file has in
 * the view, and nothing leads on from a file. */
#ifndef BROKER_FOLLOW_H
#define BROKER_FOLLOW_H

#include <stdint.h>

#include "broker/view.h"
#include "policy/plan.h"

struct follow;
struct follow *follow_new(const struct plan *plan); /* NULL: no memory. `plan` may be NULL */
struct follow *follow_free(struct follow *f);       /* takes NULL; returns NULL */
void follow_source(struct follow *f, unsigned number, int directory); /* taken */

/* FOLLOW_CURRENT: the view has what is to be had at this canonical path. Else what has the name now, opened with `flags` as
 * openat2 takes them, or -errno. */
enum { FOLLOW_CURRENT = -10000 };
int follow_open(const struct follow *f, const struct view *v, const char *path, uint64_t flags);

/* The path in the view of a file that was opened so, though the descriptor itself does not tell it. False: it was not. */
bool follow_path(const struct follow *f, const struct view *v, int fd, char *out, size_t size);

#endif
