/* cordon, the command: finds the row of the table that is meant, and lets it run. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static void help(FILE *to)
{
        fprintf(to, "cordon: run programs that can reach nothing but what a policy names\n\n"
                    "Usage: cordon COMMAND [OPTION]...\n\n"
                    "Commands:\n");
        for (size_t i = 0; i < command_count; i++)
                fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].summary);
        fprintf(to, "  %-10s %s\n\n", "help", "show the help of a command");
        fprintf(to, "Examples:\n"
                    "  cordon run make\n"
                    "      contained by the default policy\n"
                    "  cordon run -p ./my.policy -- python3 job.py\n"
                    "      contained by your own\n"
                    "  cordon check ./my.policy\n"
                    "      find its errors\n\n"
                    "Read on: cordon run --help, cordon(1), cordon-policy(5).\n");
}

static const struct command *command_find(const char *name)
{
        for (size_t i = 0; i < command_count; i++)
                if (!strcmp(commands[i].name, name))
                        return &commands[i];
        return NULL;
}

static int unknown(const char *word)
{
        static const char *const own[] = {"--help", "--version", "help"};
        const char *kind = *word == '-' ? "option" : "command";
        const char *near = nearest(word, &commands[0].name, sizeof(commands[0]), command_count);

        if (!near)
                near = nearest(word, own, sizeof(own[0]), sizeof(own) / sizeof(own[0]));
        if (near)
                say("unknown %s '%s', did you mean '%s'? (see cordon --help)", kind, word, near);
        else if (*word == '-')
                say("unknown option '%s' (see cordon --help)", word);
        else
                say("unknown command '%s'; to run a program: cordon run -- %s (see cordon --help)", word, word);
        return STATUS_CORDON;
}

static int help_main(const char *about)
{
        const struct command *command = about ? command_find(about) : NULL;

        if (about && !command && strcmp(about, "--help") != 0 && strcmp(about, "-h") != 0 && strcmp(about, "help") != 0)
                return unknown(about);
        if (command)
                command_help(command);
        else
                help(stdout);
        return 0;
}

static int command_main(const struct command *command, int argc, char **argv)
{
        struct settings settings;
        int status = 0;

        switch (options_parse(command, argc, argv, &settings)) {
        case PARSED_RUN:
                status = command->fn(&settings);
                break;
        case PARSED_MISUSED:
                status = command->misused;
                break;
        case PARSED_DONE:
                break;
        }
        settings_free(&settings);
        return status;
}

/* Output that did not arrive is a failure too: `cordon explain > /dev/full`. */
static int finish(int status, int failed)
{
        if (fflush(stdout) == 0 && !ferror(stdout))
                return status;
        say("cannot write the output");
        return status ? status : failed;
}

/* Where 0, 1 or 2 is closed, the next file to be opened would take its place, and messages would end in it. */
static bool fill_stdio(void)
{
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
                        return false;
        return true;
}

int main(int argc, char **argv)
{
        const char *word = argc > 1 ? argv[1] : NULL;

        if (!fill_stdio())
                return STATUS_CORDON;
        if (!word) {
                help(stderr);
                return STATUS_CORDON;
        }
        if (!strcmp(word, "--help") || !strcmp(word, "-h"))
                return finish(help_main(NULL), STATUS_CORDON);
        if (!strcmp(word, "help"))
                return finish(help_main(argv[2]), STATUS_CORDON);
        if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
                version_print();
                return finish(0, STATUS_CORDON);
        }
        const struct command *command = command_find(word);
        if (!command)
                return unknown(word);
        return finish(command_main(command, argc - 1, argv + 1), command->misused);
}
