/* Messages. Everything that leaves through here is escaped as a whole: no message has a line break or a control
 * character of its own, so whatever looks like one came from outside. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

__attribute__((format(printf, 3, 0))) static void line(FILE *to, const char *prefix, const char *format, va_list args)
{
        char *text = NULL;

        if (vasprintf(&text, format, args) < 0)
                return;
        size_t size = cordon_escape(text, NULL, 0) + 1;
        char *safe = malloc(size);
        if (safe) {
                cordon_escape(text, safe, size);
                fprintf(to, "%s%s\n", prefix, safe);
        }
        free(safe);
        free(text);
}

void say(const char *format, ...)
{
        va_list args;

        va_start(args, format);
        line(stderr, "cordon: ", format, args);
        va_end(args);
}

void say_below(const char *format, ...)
{
        va_list args;

        va_start(args, format);
        line(stderr, "        ", format, args);
        va_end(args);
}

void tell(const char *format, ...)
{
        va_list args;

        va_start(args, format);
        line(stdout, "", format, args);
        va_end(args);
}

bool colour_on(int fd)
{
        const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

        return isatty(fd) && (!none || !*none) && term && strcmp(term, "dumb") != 0;
}
