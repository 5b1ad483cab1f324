/* Texts of files: reading them whole, putting a new one in the place of the old one, showing what differs. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stddef.h>
#include <sys/stat.h>

struct textfile {
        char *text; /* terminated; may have any byte in it */
        size_t length;
        char *path; /* canonical; NULL for standard input */
        struct stat as_read;
};

/* Negative errnos; textfile_error() has words for those that mean something of their own here. Free in every case. */
int textfile_read(struct textfile *out, const char *name);
int textfile_read_stdin(struct textfile *out);
/* The file has either its old or its new text, with its old mode, owner and access list, whatever happens. Where it is
 * another one than was read, it stays: -ESTALE. */
int textfile_replace(const struct textfile *file, const char *text, size_t length);
void textfile_free(struct textfile *file);
const char *textfile_error(int error);

/* To standard output; escaped line by line where that is a terminal. The text has no NUL in it. */
void put_text(const char *text, size_t length);
/* The same for what makes `now` out of `was`, as diff -u has it. `what` stands behind the second name. */
void put_difference(const char *name, const char *what, const char *was, size_t was_length, const char *now, size_t now_length);

#endif
