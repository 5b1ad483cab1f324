/* Questions, one after the other, in the order in which they came.
 *
 * The program may share the terminal and write what looks like a question, or over one. What it cannot do is know the number that
 * stands in cordon's own: every yes has to end with it. So an answer that was typed for somebody else, that the terminal was made
 * to send, or that was given to a question of the program's own making, is never a yes. A no needs no number. */
#include "cli/ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/run.h"

enum { QUEUE_MOST = 64 };

struct asked {
        uint64_t id;
        char *text;   /* what it is about, in lines */
        char *always; /* the rule to be saved, or NULL */
};

struct asks {
        const struct settings *settings;
        unsigned timeout_ms;
        struct prompt prompt;
        struct asked queue[QUEUE_MOST];
        size_t count;
        bool shown; /* the first of them is */
        bool paused;
        unsigned number;
        const char *nobody;
};

static const struct choice {
        const char *word; /* its first letter will do */
        int end;
        bool numbered, saves;
        const char *help; /* NULL: not shown, it is what people type */
} choices[] = {
        {"once", CORDON_ASK_ONCE, true, false, "allow it this once"},
        {"run", CORDON_ASK_RUN, true, false, "allow this on this path as long as the program runs"},
        {"always", CORDON_ASK_RUN, true, true, "the same, and add to"},
        {"deny", CORDON_ASK_REFUSED, false, false, "as Return alone"},
        {"no", CORDON_ASK_REFUSED, false, false, NULL},
        {"quiet", CORDON_ASK_REFUSED_RUN, false, false, "deny all that this rule asks for as long as the program runs"},
};

/* ---- settings ------------------------------------------------------------------------------------------------------- */

/* 0 seconds: nobody is asked. */
static bool read_timeout(const char *text, unsigned *ms)
{
        static const struct {
                const char *unit;
                unsigned ms;
        } units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
        char *end;

        errno = 0;
        unsigned long value = strtoul(text, &end, 10);
        for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
                if (strcmp(end, units[i].unit) != 0 || value > 86400000u / units[i].ms)
                        continue;
                *ms = (unsigned)value * units[i].ms;
                return *text >= '0' && *text <= '9' && errno == 0;
        }
        return false;
}

bool asks_new(struct asks **out, const struct settings *settings)
{
        unsigned ms = 60000;

        *out = NULL;
        if (settings->ask_timeout && !read_timeout(settings->ask_timeout, &ms)) {
                say("run: --ask-timeout wants a time up to a day, as 30s or 5m, and not '%s'", settings->ask_timeout);
                return false;
        }
        if (settings->ask_save && !*settings->ask_save) {
                say("run: --ask-save wants the name of a file");
                return false;
        }
        if (ms == 0)
                return true;
        struct asks *a = calloc(1, sizeof(*a));
        if (!a) {
                say("%s", strerror(ENOMEM));
                return false;
        }
        a->settings = settings;
        a->timeout_ms = ms;
        a->prompt.tty = -1;
        *out = a;
        return true;
}

const char *asks_nobody(const struct asks *a)
{
        return a && a->nobody ? a->nobody : "nobody could be asked";
}

/* ---- the queue -------------------------------------------------------------------------------------------------------- */

static void drop(struct asks *a, size_t which)
{
        free(a->queue[which].text);
        free(a->queue[which].always);
        a->count--;
        memmove(&a->queue[which], &a->queue[which + 1], (a->count - which) * sizeof(*a->queue));
}

static void hide(struct asks *a)
{
        if (a->shown)
                prompt_end(&a->prompt);
        a->shown = false;
}

void asks_free(struct asks *a)
{
        if (!a)
                return;
        hide(a);
        while (a->count > 0)
                drop(a, 0);
        if (a->prompt.tty >= 0)
                close(a->prompt.tty);
        free(a);
}

/* ---- one question ----------------------------------------------------------------------------------------------------- */

static void put(FILE *to, const char *text)
{
        size_t size = cordon_escape(text, NULL, 0) + 1;
        char *safe = malloc(size);

        if (!safe)
                return;
        cordon_escape(text, safe, size);
        fputs(safe, to);
        free(safe);
}

static char *describe(const cordon_ask *ask)
{
        char *text = NULL;
        size_t length;
        FILE *to = open_memstream(&text, &length);

        if (!to)
                return NULL;
        fputs("cordon: ", to);
        put(to, ask->comm);
        fprintf(to, " (pid %d", (int)ask->pid);
        if (*ask->program) {
                fputs(", ", to);
                put(to, ask->program);
        }
        fprintf(to, ") asks to %s ", ask->op);
        put(to, ask->path);
        if (ask->on_host) {
                fputs(", which is ", to);
                put(to, ask->on_host);
        }
        fputs("\n        ", to);
        put(to, ask->file);
        fprintf(to, ":%u  ", ask->line);
        put(to, ask->rule);
        if (ask->because) {
                fputs("  because \"", to);
                put(to, ask->because);
                fputs("\"", to);
        }
        fputs("\n", to);
        if (fclose(to) == 0)
                return text;
        free(text);
        return NULL;
}

static bool is_offered(const struct asks *a, const struct choice *c)
{
        return !c->saves || (a->settings->ask_save && a->queue[0].always);
}

static void show(struct asks *a)
{
        char *text = NULL;
        size_t length;
        FILE *to = open_memstream(&text, &length);

        if (!to)
                return;
        fprintf(to, "\r\n%s", a->queue[0].text);
        for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++) {
                const struct choice *c = &choices[i];
                char words[32];
                if (!is_offered(a, c) || !c->help)
                        continue;
                snprintf(words, sizeof(words), c->numbered ? "%s %u" : "%s", c->word, a->number);
                fprintf(to, "        %-12s%s", words, c->help);
                if (c->saves) {
                        fputs(" ", to);
                        put(to, a->settings->ask_save);
                        fputs(": ", to);
                        put(to, a->queue[0].always);
                }
                fputs("\n", to);
        }
        fputs("cordon: your answer? ", to);
        if (fclose(to) == 0)
                prompt_write(&a->prompt, text);
        free(text);
}

static void give(struct asks *a, cordon_child *child, int end)
{
        (void)cordon_ask_answer(child, a->queue[0].id, end); /* -ESRCH: it has just ended, and we shall be told */
        drop(a, 0);
}

/* Not to be guessed: three digits that nobody but the terminal is told. */
static bool choose_number(struct asks *a)
{
        unsigned value;

        if (getrandom(&value, sizeof(value), 0) != (ssize_t)sizeof(value))
                return false;
        a->number = 100 + value % 900;
        return true;
}

static void next(struct asks *a, cordon_child *child)
{
        while (a->count > 0 && !a->shown && !a->paused) {
                const char *nobody = prompt_begin(&a->prompt);
                if (!nobody && !choose_number(a))
                        nobody = "there were no random numbers";
                if (nobody) {
                        prompt_end(&a->prompt);
                        a->nobody = nobody;
                        give(a, child, CORDON_ASK_NOBODY);
                        continue;
                }
                a->shown = true;
                show(a);
        }
}

/* ---- from the child ----------------------------------------------------------------------------------------------------- */

static void hear(void *ctx, cordon_child *child, const cordon_ask *ask)
{
        struct asks *a = ctx;
        struct asked *q = &a->queue[a->count];

        *q = (struct asked){ask->id, describe(ask), ask->always ? strdup(ask->always) : NULL};
        a->count++;
        if (!q->text || (ask->always && !q->always) || a->count == QUEUE_MOST) {
                (void)cordon_ask_answer(child, ask->id, CORDON_ASK_NOBODY);
                drop(a, a->count - 1);
                return;
        }
        next(a, child);
}

static void hear_over(void *ctx, cordon_child *child, uint64_t id, int end)
{
        struct asks *a = ctx;

        for (size_t i = 0; i < a->count; i++) {
                if (a->queue[i].id != id)
                        continue;
                if (i == 0 && a->shown) {
                        prompt_write(&a->prompt, end == CORDON_ASK_LATE ? "\r\ncordon: no answer in time: denied\r\n"
                                                                        : "\r\ncordon: nobody waits for it any more\r\n");
                        hide(a);
                }
                drop(a, i);
                break;
        }
        next(a, child);
}

void asks_options(struct asks *a, cordon_child_options *options)
{
        if (!a)
                return;
        options->ask = hear;
        options->ask_over = hear_over;
        options->ask_ctx = a;
        options->ask_timeout_ms = a->timeout_ms;
}

/* ---- answers ------------------------------------------------------------------------------------------------------------ */

/* A word or its first letter, and where it is a yes, the number. Return alone is a no. */
static const struct choice *understand(const struct asks *a, const char *line)
{
        char word[PROMPT_LINE_MOST] = "deny", rest[PROMPT_LINE_MOST] = "", number[16];

        snprintf(number, sizeof(number), "%u", a->number);
        if (*line && sscanf(line, " %63[a-z] %63[^\n]", word, rest) < 1)
                return NULL;
        for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++) {
                const struct choice *c = &choices[i];
                bool named = strcmp(word, c->word) == 0 || (word[0] == c->word[0] && !word[1]);
                if (named && is_offered(a, c) && strcmp(rest, c->numbered ? number : "") == 0)
                        return c;
        }
        return NULL;
}

static void settle(struct asks *a, cordon_child *child, const struct choice *c)
{
        char *text = NULL;
        int r = c->saves ? rule_save(a->settings->ask_save, a->queue[0].always) : 0;

        if (r < 0 && asprintf(&text, "cordon: cannot write to the file: %s: allowed for this run alone\n", strerror(-r)) >= 0) {
                prompt_write(&a->prompt, text);
                free(text);
        }
        hide(a);
        give(a, child, c->end);
}

struct pollfd asks_poll(const struct asks *a)
{
        return (struct pollfd){a && a->shown ? a->prompt.tty : -1, POLLIN, 0};
}

void asks_input(struct asks *a, cordon_child *child)
{
        bool more = false, ours = prompt_is_ours(&a->prompt);
        const char *line = ours ? prompt_read(&a->prompt, &more) : NULL;

        if (more)
                return;
        const struct choice *c = line ? understand(a, line) : NULL;
        if (!line) {
                a->nobody = ours ? "there was an end of file in place of an answer" : "cordon had gone to the background";
                hide(a);
                give(a, child, CORDON_ASK_NOBODY);
        } else if (c) {
                settle(a, child, c);
        } else {
                prompt_write(&a->prompt, "cordon: that is none of the answers: type a word, and the number where there is one\n");
                show(a);
        }
        next(a, child);
}

void asks_pause(struct asks *a)
{
        if (!a)
                return;
        a->paused = true;
        hide(a);
}

void asks_resume(struct asks *a, cordon_child *child)
{
        if (!a)
                return;
        a->paused = false;
        next(a, child);
}
