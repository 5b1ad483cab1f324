#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(cordon_error *err, int code, const char *format, ...)
{
        if (err && err->code == 0) {
                char raw[sizeof(err->text)];
                va_list args;
                va_start(args, format);
                vsnprintf(raw, sizeof(raw), format, args);
                va_end(args);
                err->code = code;
                cordon_escape(raw, err->text, sizeof(err->text));
        }
        return -code;
}

const char *error_name(int code)
{
        const char *name = strerrorname_np(code);
        return name ? name : "E?";
}

const char *error_text(int code)
{
        const char *text = strerrordesc_np(code);
        return text ? text : "unknown error";
}
