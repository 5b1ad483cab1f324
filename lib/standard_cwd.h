/* Where the default policy may be used. It makes the current directory writable, which somebody who types `cordon run make`
 * in a project means, and in "/etc" or at home does not. */
#ifndef LIB_STANDARD_CWD_H
#define LIB_STANDARD_CWD_H

/* NULL where `cwd` may be handed over; else what it is, as the end of a sentence: "holds your home". */
const char *standard_cwd_objection(const char *cwd, const char *home);

#endif
