/* The terminal that a person is asked at: cordon's controlling one, opened by cordon, whatever the program has as its standard
 * input. It may be the program's, too, which then can write to it, change its modes and read what is typed. So a question begins
 * with what was typed before thrown away and with modes of its own, and is only asked while cordon's process group is in the
 * foreground: reading in the background would stop a job, or take input from whoever is meant. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "cli/ask.h"

enum { PATIENCE_MS = 1000 }; /* with a terminal that takes no output, as after Ctrl-S */

static const char BACKGROUND[] = "cordon was in the background";

bool prompt_is_ours(const struct prompt *p)
{
        return tcgetpgrp(p->tty) == getpgrp();
}

const char *prompt_begin(struct prompt *p)
{
        if (p->tty < 0)
                p->tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        if (p->tty < 0)
                return "there was no terminal";
        if (!prompt_is_ours(p))
                return BACKGROUND;
        if (tcgetattr(p->tty, &p->before) < 0)
                return "the terminal was gone";
        p->ours = p->before;
        p->ours.c_iflag |= ICRNL;
        p->ours.c_iflag &= (tcflag_t) ~(IGNCR | INLCR);
        p->ours.c_oflag |= OPOST | ONLCR;
        p->ours.c_lflag |= ICANON | ECHO | ECHOE | ISIG;
        p->changed = tcsetattr(p->tty, TCSANOW, &p->ours) == 0;
        if (!p->changed || tcflush(p->tty, TCIFLUSH) < 0) {
                prompt_end(p);
                return "the terminal was gone";
        }
        p->length = 0;
        p->too_long = false;
        return NULL;
}

void prompt_write(struct prompt *p, const char *text)
{
        size_t left = strlen(text);

        while (left > 0) {
                struct pollfd fd = {p->tty, POLLOUT, 0};
                ssize_t got = write(p->tty, text, left);
                if (got < 0 && errno == EAGAIN && poll(&fd, 1, PATIENCE_MS) > 0)
                        continue;
                if (got < 0 && errno != EINTR)
                        return;
                text += got > 0 ? got : 0;
                left -= got > 0 ? (size_t)got : 0;
        }
}

/* The program may have taken the terminal out of its line mode meanwhile: then a line comes in parts, and ends in what Return
 * sends. */
const char *prompt_read(struct prompt *p, bool *more)
{
        char byte;

        *more = false;
        for (;;) {
                ssize_t got = read(p->tty, &byte, 1);
                if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
                        *more = true;
                        return "";
                }
                if (got <= 0 || byte == 4) /* Ctrl-D */
                        return NULL;
                if (byte == '\n' || byte == '\r')
                        break;
                if (p->length + 1 < sizeof(p->line))
                        p->line[p->length++] = byte;
                else
                        p->too_long = true;
        }
        p->line[p->too_long ? 0 : p->length] = '\0';
        const char *line = p->too_long ? "?" : p->line;
        p->length = 0;
        p->too_long = false;
        return line;
}

/* Somebody who has changed it after us wants it so. */
void prompt_end(struct prompt *p)
{
        struct termios now;

        if (p->changed && tcgetattr(p->tty, &now) == 0 && now.c_lflag == p->ours.c_lflag && now.c_iflag == p->ours.c_iflag &&
            now.c_oflag == p->ours.c_oflag)
                tcsetattr(p->tty, TCSANOW, &p->before);
        p->changed = false;
}
