/* Help, from the same rows that are parsed. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/options.h"

enum { HELP_COLUMN = 29 };

static void indent(const char *text, int column)
{
        for (const char *line = text; line && *line;) {
                size_t length = strcspn(line, "\n");
                printf("%*s%.*s\n", line == text ? 0 : column, "", (int)length, line);
                line += length + (line[length] == '\n');
        }
}

static void option_help(const struct option_row *row)
{
        char left[80], letter[] = {'-', row->letter, ',', ' ', '\0'};

        snprintf(left, sizeof(left), "  %s--%s%s%s", row->letter ? letter : "    ", row->name, row->value ? " " : "",
                 row->value ? row->value : "");
        printf("%-*s", HELP_COLUMN, left);
        indent(row->help, HELP_COLUMN);
}

/* No empty line before it: completions read the options up to the first. */
static void group_help(const struct option_group *groups, const char *name)
{
        for (; groups && groups->first; groups++)
                if (!strcmp(groups->first, name))
                        printf(" %s:\n", groups->title);
}

static void section(const char *title, const char *text)
{
        if (text)
                printf("\n%s:\n%s", title, text);
}

void command_help(const struct command *command)
{
        printf("cordon %s: %s\n\nUsage: %s\n\n%s\nOptions:\n", command->name, command->summary, command->usage,
               command->about);
        for (const struct option_row *row = command->options; row->name; row++) {
                group_help(command->groups, row->name);
                option_help(row);
        }
        section("Examples", command->examples);
        section("Exit status", command->exits);
}

void version_print(void)
{
        printf("cordon %s\n", cordon_version());
}
