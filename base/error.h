/* Errors: negative is fatal and propagates, zero is success, positive is a documented condition.
 *
 * A function that fails says so twice: to the program by its negative errno, to a person by one line of text in a
 * cordon_error. The first text stays: whoever is nearest to the cause knows most. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "cordon.h"

/* Sets code and text unless `err` is NULL or already set; returns -code, so that `return error_set(...)` works. */
int error_set(cordon_error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The symbolic name ("ENOENT") and the sentence of an errno; never NULL. Thread-safe. */
const char *error_name(int code);
const char *error_text(int code);

#endif
