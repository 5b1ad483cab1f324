/* Parsing. getopt_long does the work, from tables made of the command's rows; it stays silent (opterr), since our
 * messages name the command, the nearest option and where to read on. */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum { MAX_ROWS = 48, LONG_ONLY = 256 }; /* getopt's value of a row is LONG_ONLY + its index, or its letter */

static size_t row_count(const struct command *command)
{
        size_t n = 0;

        while (command->options[n].name)
                n++;
        return n < MAX_ROWS ? n : MAX_ROWS;
}

static const struct option_row *row_find(const struct command *command, int value)
{
        for (size_t i = 0; i < row_count(command); i++) {
                const struct option_row *row = &command->options[i];
                if (value == LONG_ONLY + (int)i || (row->letter && value == row->letter))
                        return row;
        }
        return NULL;
}

static void tables(const struct command *command, struct option *longs, char *shorts)
{
        *shorts++ = command->words == WORDS_PROGRAM ? '+' : ':';
        if (command->words == WORDS_PROGRAM)
                *shorts++ = ':';
        for (size_t i = 0; i < row_count(command); i++) {
                const struct option_row *row = &command->options[i];
                longs[i] = (struct option){row->name, row->value ? required_argument : no_argument, NULL,
                                           LONG_ONLY + (int)i};
                if (row->letter)
                        *shorts++ = row->letter;
                if (row->letter && row->value)
                        *shorts++ = ':';
        }
        *shorts = '\0';
}

static void say_unknown(const struct command *command, const char *given)
{
        size_t length = strcspn(given + 2, "=");
        char word[64];
        const char *prefixes[2] = {NULL, NULL};

        snprintf(word, sizeof(word), "%.*s", (int)(length < 60 ? length : 60), given + 2);
        for (size_t i = 0, found = 0; i < row_count(command) && found < 2; i++)
                if (*word && !strncmp(command->options[i].name, word, strlen(word)))
                        prefixes[found++] = command->options[i].name;
        const char *near = nearest(word, &command->options[0].name, sizeof(command->options[0]), row_count(command));
        if (prefixes[1])
                say("%s: option '--%s' could be --%s or --%s (see cordon %s --help)", command->name, word, prefixes[0],
                    prefixes[1], command->name);
        else if (near)
                say("%s: unknown option '--%s', did you mean '--%s'? (see cordon %s --help)", command->name, word, near,
                    command->name);
        else
                say("%s: unknown option '--%s' (see cordon %s --help)", command->name, word, command->name);
}

static void say_misuse(const struct command *command, int result, char **argv)
{
        const struct option_row *row = row_find(command, optopt);

        if (result == ':' && row)
                say("%s: option --%s needs a value: --%s %s (see cordon %s --help)", command->name, row->name,
                    row->name, row->value, command->name);
        else if (optopt >= LONG_ONLY && row)
                say("%s: option --%s takes no value (see cordon %s --help)", command->name, row->name, command->name);
        else if (optopt)
                say("%s: unknown option '-%c' (see cordon %s --help)", command->name, optopt, command->name);
        else
                say_unknown(command, argv[optind - 1]);
}

static void list_add(const char **list, const char *text)
{
        while (*list)
                list++;
        *list = text;
}

static void given_add(struct given *list, const struct option_row *row, const char *value)
{
        while (list->name)
                list++;
        *list = (struct given){row->name, value};
}

static enum parsed take(const struct command *command, const struct option_row *row, struct settings *out)
{
        void *field = (char *)out + row->offset;

        switch (row->kind) {
        case OPTION_FLAG:
                *(bool *)field = true;
                break;
        case OPTION_TEXT:
                *(const char **)field = optarg;
                break;
        case OPTION_LIST:
                list_add(*(const char ***)field, optarg);
                break;
        case OPTION_ORDERED:
                given_add(*(struct given **)field, row, row->value ? optarg : NULL);
                break;
        case OPTION_HELP:
                command_help(command);
                return PARSED_DONE;
        case OPTION_VERSION:
                version_print();
                return PARSED_DONE;
        }
        return PARSED_RUN;
}

static bool settings_init(struct settings *s, int argc)
{
        size_t room = (size_t)argc + 1;

        *s = (struct settings){0};
        s->policies = calloc(room, sizeof(*s->policies));
        s->defines = calloc(room, sizeof(*s->defines));
        s->words = calloc(room, sizeof(*s->words));
        s->passed = calloc(room, sizeof(*s->passed));
        s->rules = calloc(room, sizeof(*s->rules));
        s->changes = calloc(room, sizeof(*s->changes));
        s->accepts = calloc(room, sizeof(*s->accepts));
        return s->accepts && s->policies && s->defines && s->words && s->passed && s->rules && s->changes;
}

void settings_free(struct settings *s)
{
        free(s->policies);
        free(s->defines);
        free(s->accepts);
        free(s->words);
        free(s->program);
        free(s->passed);
        free(s->rules);
        free(s->changes);
        *s = (struct settings){0};
}

/* For WORDS_SPLIT: takes "-- PROGRAM…" off the end and returns how many arguments come before it. */
static int split(const struct command *command, int argc, char **argv, struct settings *out)
{
        if (command->words != WORDS_SPLIT)
                return argc;
        for (int i = 1; i < argc; i++) {
                if (strcmp(argv[i], "--"))
                        continue;
                out->program = calloc((size_t)(argc - i), sizeof(*out->program));
                for (int j = i + 1; out->program && j < argc; j++)
                        out->program[j - i - 1] = argv[j];
                argv[i] = NULL;
                return i;
        }
        return argc;
}

static enum parsed defines_check(const struct command *command, const struct settings *s)
{
        for (const char **define = s->defines; *define; define++) {
                if (strchr(*define, '=') > *define)
                        continue;
                say("%s: -D wants NAME=VALUE, not '%s' (see cordon %s --help)", command->name, *define, command->name);
                return PARSED_MISUSED;
        }
        return PARSED_RUN;
}

enum parsed options_parse(const struct command *command, int argc, char **argv, struct settings *out)
{
        struct option longs[MAX_ROWS + 1] = {{0}};
        char shorts[2 * MAX_ROWS + 3];
        int result;

        if (!settings_init(out, argc)) {
                say("%s", strerror(ENOMEM));
                return PARSED_MISUSED;
        }
        argc = split(command, argc, argv, out);
        tables(command, longs, shorts);
        opterr = 0;
        optind = 0; /* a new scan, forgetting what main() looked at */
        while ((result = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
                const struct option_row *row = result == '?' || result == ':' ? NULL : row_find(command, result);
                if (!row) {
                        say_misuse(command, result, argv);
                        return PARSED_MISUSED;
                }
                if (take(command, row, out) == PARSED_DONE)
                        return PARSED_DONE;
        }
        for (int i = optind; i < argc; i++)
                out->words[i - optind] = argv[i];
        return defines_check(command, out);
}
