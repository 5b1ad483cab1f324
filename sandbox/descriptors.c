/* The closed table: the program's descriptors to their numbers, the control socket to a number that none of them has, the
 * trees that root opened where they are, and nothing else. Done first, in pid 1 already: it lives as long as the sandbox, and
 * must not keep anything of the host's alive, a sibling's control socket least of all.
 *
 * What is where is a table, made before clone3:
 *
 *   0, 1, 2   the standard descriptors; those that stay closed are held until execve by a copy of the control socket, or a
 *             descriptor of the set-up would come to lie there
 *   3         the channel, or held in the same way
 *   N         what the policy keeps: the caller's own N, so it is in its place, and nothing of ours ever lies there
 *   N         what the caller passes in its options: any of his, so what lies at N has to get out of the way first
 *   the first number from 4 on that is none of these: the control socket
 *
 * A descriptor that a policy keeps has to be inheritable. What the library, or any careful program, opened for itself is
 * close-on-exec, so nothing of that is handed over because it happened to get the number. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/setup.h"
#include "sandbox/sys.h"

#define CHANNEL 3
#define FIXED (CHANNEL + 1)
#define TARGET_MOST 1023
#define SPARE 64 /* numbers above the targets, for what has to get out of the way */

/* ---- before clone3 ------------------------------------------------------------------------------------------------- */

/* A datagram socket of this family can send to any socket's path, connected or not, and no filter sees where to. */
static bool sends_anywhere(int fd)
{
        int domain = 0, type = 0;
        socklen_t size = sizeof(int);
        if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
                return false;
        return domain == AF_UNIX && type == SOCK_DGRAM;
}

/* What no program gets, standard descriptor or not; NULL where it may have it. */
static const char *objection(int fd, int *error)
{
        struct stat info;

        *error = 0;
        if (fstat(fd, &info) < 0) {
                *error = errno;
                return "is not open";
        }
        if (S_ISDIR(info.st_mode)) {
                *error = EISDIR;
                return "is a directory: it would lead out of the sandbox";
        }
        if (S_ISSOCK(info.st_mode) && sends_anywhere(fd)) {
                *error = EACCES;
                return "is a datagram socket of the AF_UNIX family: it could send to any socket by its path";
        }
        return NULL;
}

static int check_standard(const struct sandbox_options *options, cordon_error *err)
{
        for (int i = 0; i < 3; i++) {
                int error;
                const char *why = options->stdio[i] < 0 ? NULL : objection(options->stdio[i], &error); /* stays closed */
                if (why)
                        return error_set(err, error, "descriptor %d of the program %s", i, why);
        }
        return 0;
}

/* An access mode and what a policy calls it. */
static unsigned access_of(int flags)
{
        int mode = flags & O_ACCMODE;
        return mode == O_RDWR ? ACCESS_READ | ACCESS_WRITE : mode == O_WRONLY ? ACCESS_WRITE : ACCESS_READ;
}

static const char *access_words(unsigned access)
{
        static const char *const words[] = {"reading", "writing", "reading and writing"};
        return words[!(access & ACCESS_WRITE) ? 0 : !(access & ACCESS_READ) ? 1 : 2];
}

static int check_kept(const struct fd_rule *rule, cordon_error *err)
{
        const struct origin *at = &rule->origin;
        int fd = rule->number, error;
        const char *why = objection(fd, &error);
        int inherited = fcntl(fd, F_GETFD), flags = fcntl(fd, F_GETFL);

        if (why && error != EBADF)
                return error_set(err, error, "%s:%u: descriptor %d, which `fd keep` names, %s", at->file, at->line, fd, why);
        if (why || inherited < 0 || flags < 0 || (inherited & FD_CLOEXEC))
                return error_set(err, EBADF,
                                 "%s:%u: descriptor %d, which `fd keep` names, is not handed over: open it for cordon, as a "
                                 "shell does with %d<FILE; in a program, without O_CLOEXEC",
                                 at->file, at->line, fd, fd);
        if (flags & O_PATH)
                return error_set(err, EACCES, "%s:%u: descriptor %d, which `fd keep` names, is open as a path only (O_PATH)",
                                 at->file, at->line, fd);
        if (rule->access && rule->access != access_of(flags))
                return error_set(err, EACCES, "%s:%u: descriptor %d is open for %s, but the policy keeps it for %s", at->file,
                                 at->line, fd, access_words(access_of(flags)), access_words(rule->access));
        return 0;
}

/* ---- what the options pass --------------------------------------------------------------------------------------- */

/* Why this one cannot be given for reading alone; NULL: it can. Inside, what is no file of a file system (a pipe, memory) could
 * be opened for writing again, since Landlock is about file systems only. */
static const char *reader_objection(int fd, const char *self)
{
        char target[32];
        struct stat info;
        ssize_t length = readlink(self, target, sizeof(target));

        if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
                return "cannot be read-only, since it is no regular file: pass it as it is";
        if (length < 8 || memcmp(target, "/memfd:", 7) != 0)
                return NULL;
        int seals = fcntl(fd, F_GET_SEALS);
        return seals >= 0 && (seals & F_SEAL_WRITE) ? NULL
                                                    : "cannot be read-only, since it is a file in memory that could be opened "
                                                      "for writing again: seal it (F_SEAL_WRITE)";
}

/* One that is read-only stays what it is. Another is opened again, and begins where the caller is in the file. */
static int open_reader(struct fd_place *place, cordon_error *err)
{
        char self[32];
        int fd = place->source;
        off_t at = lseek(fd, 0, SEEK_CUR);

        snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
        const char *why = reader_objection(fd, self);
        if (why)
                return error_set(err, EACCES, "descriptor %d %s", fd, why);
        if (access_of(fcntl(fd, F_GETFL)) == ACCESS_READ)
                return 0;
        cleanup_fd int again = open(self, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (again < 0)
                return error_set(err, errno, "descriptor %d cannot be opened again for reading: %s", fd, error_text(errno));
        if (at > 0 && lseek(again, at, SEEK_SET) != at)
                return error_set(err, errno, "descriptor %d cannot be set to where it was: %s", fd, error_text(errno));
        place->source = fd_take(&again);
        place->caller = fd;
        place->opened = true;
        return 0;
}

static int check_passed(const struct setup *s, const struct cordon_child_fd *passed, cordon_error *err)
{
        struct rlimit limit = {0};
        int error;

        if (passed->target < CHANNEL || passed->target > TARGET_MOST)
                return error_set(err, EINVAL, "the program cannot have descriptor %d as its %d: that is a number from %d to %d",
                                 passed->source, passed->target, CHANNEL, TARGET_MOST);
        if (passed->flags & ~(unsigned)CORDON_FD_READONLY)
                return error_set(err, EINVAL, "descriptor %d is to be passed with flags that are not known", passed->source);
        if (passed->target == CHANNEL && s->options->channel >= 0)
                return error_set(err, EINVAL, "the program is to have its channel as descriptor %d: pass %d as another number",
                                 CHANNEL, passed->source);
        const char *why = objection(passed->source, &error);
        if (why)
                return error_set(err, error, "descriptor %d, which is to be passed, %s", passed->source, why);
        if (fcntl(passed->source, F_GETFL) & O_PATH)
                return error_set(err, EACCES, "descriptor %d, which is to be passed, is open as a path only (O_PATH)",
                                 passed->source);
        bool moves = passed->source != passed->target;
        if (moves && getrlimit(RLIMIT_NOFILE, &limit) == 0 && (rlim_t)passed->target + SPARE >= limit.rlim_cur)
                return error_set(err, EINVAL,
                                 "descriptor %d cannot become %d: only %llu may be open; choose a smaller number, or raise the "
                                 "limit (ulimit -n)",
                                 passed->source, passed->target, (unsigned long long)limit.rlim_cur);
        return 0;
}

/* ---- the table ------------------------------------------------------------------------------------------------------ */

static void place_add(struct setup *s, struct fd_place place)
{
        s->places[s->place_count++] = place;
        if (place.source != place.target && place.target > s->above)
                s->above = place.target;
}

static struct fd_place *place_find(const struct setup *s, int target)
{
        for (size_t i = 0; i < s->place_count; i++)
                if (s->places[i].target == target)
                        return &s->places[i];
        return NULL;
}

/* Where the policy keeps the same one under its own number, nothing is to be added. */
static int add_passed(struct setup *s, const struct cordon_child_fd *passed, cordon_error *err)
{
        const struct fd_place *there = place_find(s, passed->target);
        int result = check_passed(s, passed, err);

        if (result < 0)
                return result;
        if (there && there->source == passed->source && passed->source == passed->target && !passed->flags)
                return 0;
        if (there)
                return error_set(err, EINVAL, "descriptor %d cannot become %d: the program has another one there",
                                 passed->source, passed->target);
        struct fd_place place = {.source = passed->source, .target = passed->target};
        place.reader = (passed->flags & CORDON_FD_READONLY) != 0;
        result = place.reader ? open_reader(&place, err) : 0;
        if (result == 0)
                place_add(s, place);
        return result;
}

static int by_target(const void *a, const void *b)
{
        const struct fd_place *left = a, *right = b;
        return (left->target > right->target) - (left->target < right->target);
}

static int make_table(struct setup *s, cordon_error *err)
{
        const struct world *w = s->world;
        const struct sandbox_options *o = s->options;
        int result = 0;

        s->places = calloc(FIXED + w->fd_count + o->fd_count, sizeof(*s->places));
        if (!s->places)
                return error_set(err, ENOMEM, "out of memory");
        for (size_t i = 0; i < w->fd_count; i++)
                place_add(s, (struct fd_place){.source = w->fds[i].number, .target = w->fds[i].number});
        for (size_t i = 0; i < o->fd_count && result == 0; i++)
                result = add_passed(s, &o->fds[i], err);
        if (result < 0)
                return result;
        for (int i = 0; i < 3; i++)
                place_add(s, (struct fd_place){.source = o->stdio[i], .target = i});
        if (!place_find(s, CHANNEL))
                place_add(s, (struct fd_place){.source = o->channel, .target = CHANNEL});
        qsort(s->places, s->place_count, sizeof(*s->places), by_target);
        for (s->control_at = FIXED; place_find(s, s->control_at);)
                s->control_at++;
        if (s->above < s->control_at)
                s->above = s->control_at;
        return 0;
}

int descriptors_prepare(struct setup *s, cordon_error *err)
{
        const struct world *w = s->world;
        int result = check_standard(s->options, err);

        for (size_t i = 0; i < w->fd_count && result == 0; i++) {
                if (w->fds[i].number == CHANNEL && s->options->channel >= 0)
                        return error_set(err, EINVAL,
                                         "%s:%u: `fd keep %d`, but the program is to have its channel there: keep another "
                                         "number, or start it without a channel",
                                         w->fds[i].origin.file, w->fds[i].origin.line, CHANNEL);
                result = check_kept(&w->fds[i], err);
        }
        return result < 0 ? result : make_table(s, err);
}

int descriptors_tell(const struct setup *s, void (*fn)(void *ctx, const struct cordon_child_fd *fds, size_t count), void *ctx,
                     cordon_error *err)
{
        struct cordon_child_fd *fds = calloc(s->place_count + 1, sizeof(*fds));
        size_t count = 0;

        if (!fds)
                return error_set(err, ENOMEM, "out of memory");
        for (size_t i = 0; i < s->place_count; i++) {
                const struct fd_place *place = &s->places[i];
                if (place->target < CHANNEL || place->source < 0)
                        continue;
                fds[count].source = place->opened ? place->caller : place->source;
                fds[count].target = place->target;
                fds[count++].flags = place->reader ? CORDON_FD_READONLY : 0;
        }
        fn(ctx, fds, count);
        free(fds);
        return 0;
}

void descriptors_release(struct setup *s)
{
        for (size_t i = 0; i < s->place_count; i++)
                if (s->places[i].opened)
                        fd_close(s->places[i].source);
        s->place_count = 0;
}

/* ---- in pid 1 ------------------------------------------------------------------------------------------------------ */

static bool is_target(const struct setup *s, int fd)
{
        return place_find(s, fd) || fd == s->control_at;
}

/* A source that lies where another one belongs moves out of the way. */
static int clear_the_way(const struct setup *s)
{
        for (size_t i = 0; i < s->place_count; i++) {
                struct fd_place *place = &s->places[i];
                if (place->source < 0 || place->source == place->target || !is_target(s, place->source))
                        continue;
                place->source = SYS_CALL(fcntl, place->source, F_DUPFD_CLOEXEC, s->above + 1);
                if (place->source < 0)
                        return place->source;
        }
        return 0;
}

/* The same for the control socket, in a host that has 0, 1 or 2 closed. */
static int clear_control(struct setup *s)
{
        if (s->control < s->control_at)
                s->control = SYS_CALL(fcntl, s->control, F_DUPFD_CLOEXEC, s->control_at);
        return s->control < 0 ? s->control : 0;
}

static int place_control(struct setup *s)
{
        if (s->control == s->control_at)
                return 0;
        s->control = SYS_CALL(dup3, s->control, s->control_at, O_CLOEXEC);
        return s->control < 0 ? s->control : 0;
}

static int put_in_place(const struct setup *s, const struct fd_place *place)
{
        int source = place->source, target = place->target;

        if (source < 0)
                return SYS_CALL(dup3, s->control, target, O_CLOEXEC);
        return source == target ? SYS_CALL(fcntl, target, F_SETFD, 0) : SYS_CALL(dup3, source, target, 0);
}

/* The trees and the kept descriptors lie above the control socket, or right below it without a gap. Both are ascending. */
static int close_the_rest(const struct setup *s)
{
        int next = s->control_at + 1;
        size_t tree = 0, place = 0;

        while (tree < s->keep_count || place < s->place_count) {
                bool of_trees = place == s->place_count || (tree < s->keep_count && s->keep[tree] < s->places[place].target);
                int spared = of_trees ? s->keep[tree++] : s->places[place++].target;
                if (spared < next)
                        continue;
                int result = spared > next ? sys_close_range((unsigned)next, (unsigned)spared - 1) : 0;
                if (result < 0)
                        return result;
                next = spared + 1;
        }
        return sys_close_range((unsigned)next, ~0u);
}

int descriptors_arrange(struct setup *s)
{
        int result = clear_control(s);
        if (result == 0)
                result = clear_the_way(s);
        if (result == 0)
                result = place_control(s);
        for (size_t i = 0; i < s->place_count && result >= 0; i++)
                result = put_in_place(s, &s->places[i]);
        return result < 0 ? result : close_the_rest(s);
}

/* The program's side, right before execve, which would close the rest as well: from the control socket on, but for what is
 * kept. */
int descriptors_leave(const struct setup *s)
{
        int next = FIXED;

        for (size_t i = 0; i < s->place_count; i++) {
                int kept = s->places[i].target;
                if (kept < next)
                        continue;
                int result = kept > next ? sys_close_range((unsigned)next, (unsigned)kept - 1) : 0;
                if (result < 0)
                        return result;
                next = kept + 1;
        }
        return sys_close_range((unsigned)next, ~0u);
}

/* pid 1's copies, once the program has its own: or whoever reads the other end would wait for us, too. */
void descriptors_drop(const struct setup *s)
{
        for (size_t i = 0; i < s->place_count; i++)
                SYS_CALL(close, s->places[i].target);
}
