/* Overlays: a tree of the host that the program may change, while the host's stays as it is. What is changed goes to an upper
 * layer: in memory, gone with the sandbox, or in a directory on disk that somebody looks at afterwards (lib/changes.h).
 *
 *   KEPT/0/lower   a symlink: whose changes these are
 *   KEPT/0/seen    another one: where the sandbox has them, which is another place after `overlay X as Y`
 *   KEPT/0/upper   what the kernel keeps of them; belongs to the sandbox's id, as `work` does
 *   KEPT/0/work    the kernel's own, on the same file system
 *
 * The kernel finds layers by their names. Ours are given from a directory of our own, so that no path of the host's, with
 * whatever colon or comma in it, is ever a part of an option. */
#ifndef SANDBOX_OVERLAY_H
#define SANDBOX_OVERLAY_H

#include "sandbox/setup.h"

struct overlay_step {
        char name[24];
        char lower[40], upper[40], work[40]; /* relative to the directory of layers */
        char path[PATH_MAX];                 /* KEPT/N; empty: in memory */
        struct plan_mount kept;              /* the same, as something to be mounted */
        int tree;                            /* the same, opened by the parent when it is root; else FD_NONE */
};

/* In the parent. Makes what is kept on disk, and refuses a tree that no overlay can show as it is. */
int overlays_prepare(struct setup *s, cordon_error *err);
void overlays_release(struct setup *s);

/* In the child. The directory of layers, where there are overlays; it lies below the view's root and goes with the host. */
int overlays_begin(struct setup *s);
/* The detached mount for a step whose tree of the host is `lower`, or -errno. */
int overlay_mount(struct setup *s, struct view_step *step, int lower);

/* Makes one in memory, as this user: 0 or -errno. */
int probe_overlay(void);
/* What its error means, in words. */
const char *probe_overlay_text(int error);

#endif
