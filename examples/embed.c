/* libcordon in an event loop of one's own. Starts two sandboxes under one policy, watches both through the broker's one
 * descriptor together with standard input, and tells how each ended and what it was refused. A line on standard input
 * ends it early.
 *
 *   embed POLICY PROGRAM [ARGUMENT]...          cc embed.c $(pkg-config --cflags --libs cordon)
 *
 * Everything is an object of the caller's: there is nothing global, and nothing is printed by the library. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cordon.h"

enum { CHILDREN = 2 };

struct app {
        cordon_policy *policy;
        cordon_broker *broker;
        cordon_child *children[CHILDREN];
        int running;
};

/* Findings about the policy: errors and warnings, formatted as compilers do. */
static void show_diag(void *ctx, const cordon_diag *diag)
{
        char text[4096];

        (void)ctx;
        cordon_diag_format(diag, text, sizeof(text));
        fputs(text, stderr);
}

static void show_denial(void *ctx, const cordon_denial *denial)
{
        char path[4096];

        cordon_escape(denial->path, path, sizeof(path)); /* names come from outside: never print them raw */
        printf("  child %d was refused: %s %s\n", *(const int *)ctx, denial->op, path);
}

static int start(struct app *app, const char *policy, char **argv)
{
        cordon_error error = {0};
        cordon_policy_options load = {
                .size = sizeof(load),
                .files = (const char *const[]){policy, NULL},
                .program = argv[0],
                .diag = show_diag,
        };
        cordon_child_options child = {
                .size = sizeof(child),
                .program = argv[0],
                .argv = (const char *const *)argv,
        };
        int r = cordon_policy_load(&app->policy, &load, &error);

        if (r == 0)
                r = cordon_broker_new(&app->broker, &error);
        for (int i = 0; r == 0 && i < CHILDREN; i++) {
                r = cordon_child_spawn(&app->children[i], app->broker, app->policy, &child, &error);
                app->running += r == 0;
        }
        if (r < 0)
                fprintf(stderr, "embed: %s\n", *error.text ? error.text : strerror(-r));
        return r;
}

/* Tells about the children that have ended, and lets go of them. */
static void reap(struct app *app)
{
        for (int i = 0; i < CHILDREN; i++) {
                cordon_exit end;
                if (!app->children[i] || cordon_child_exit(app->children[i], &end) < 0)
                        continue;
                printf("child %d ended: reason %d, status %d, %llu requests\n", i, end.reason, end.status,
                       (unsigned long long)end.requests);
                if (*end.error.text)
                        printf("  %s\n", end.error.text);
                cordon_child_denials(app->children[i], show_denial, &i, NULL);
                app->children[i] = cordon_child_free(app->children[i]);
                app->running--;
        }
}

static int loop(struct app *app)
{
        struct pollfd fds[] = {{cordon_broker_fd(app->broker), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
        int r = 0;

        while (r >= 0 && app->running > 0) {
                if (poll(fds, 2, cordon_broker_next_timeout(app->broker)) < 0 && errno != EINTR)
                        return -errno;
                if (fds[1].revents & POLLIN && getchar() != EOF)
                        return 0; /* freeing the broker kills what still runs */
                if (fds[1].revents)
                        fds[1].fd = -1;
                r = cordon_broker_dispatch(app->broker);
                reap(app);
        }
        return r;
}

int main(int argc, char **argv)
{
        struct app app = {0};

        if (argc < 3 || argv[2][0] != '/') {
                fprintf(stderr, "usage: embed POLICY /PATH/TO/PROGRAM [ARGUMENT]...\n");
                return 2;
        }
        int r = start(&app, argv[1], argv + 2);
        if (r == 0)
                r = loop(&app);
        for (int i = 0; i < CHILDREN; i++)
                cordon_child_free(app.children[i]);
        cordon_broker_free(app.broker);
        cordon_policy_unref(app.policy);
        return r < 0 ? 1 : 0;
}
