/* Makes a program that knows nothing of the channel use it: a filter has the kernel raise SIGSYS for the calls that the
 * channel carries, and the handler asks the broker, puts the result where the call's would be, and goes back. It is for
 * functions that run in a forked child: a program that is executed loses the handler and keeps the filter.
 *
 * A handler is told nothing but the registers, so this keeps the one piece of state that the library has. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "broker/registers.h"
#include "lib/client.h"

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1 /* si_code; not in glibc's headers */
#endif

/* ---- the machine --------------------------------------------------------------------------------------------------- */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
static void read_registers(const ucontext_t *u, uint64_t args[6])
{
        static const int order[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9};
        for (int i = 0; i < 6; i++)
                args[i] = (uint64_t)u->uc_mcontext.gregs[order[i]];
}
static void write_result(ucontext_t *u, int result)
{
        u->uc_mcontext.gregs[REG_RAX] = result;
}
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
static void read_registers(const ucontext_t *u, uint64_t args[6])
{
        for (int i = 0; i < 6; i++)
                args[i] = u->uc_mcontext.regs[i];
}
static void write_result(ucontext_t *u, int result)
{
        u->uc_mcontext.regs[0] = (uint64_t)(int64_t)result;
}
#else
#define ARCHITECTURE 0 /* not known here: nothing is installed */
static void read_registers(const ucontext_t *u, uint64_t args[6])
{
        (void)u;
        memset(args, 0, 6 * sizeof(args[0]));
}
static void write_result(ucontext_t *u, int result)
{
        (void)u;
        (void)result;
}
#endif

/* ---- from registers to a question ------------------------------------------------------------------------------------ */

/* What the channel calls what a call is; 0: it does not carry it. */
static enum channel_operation carried(enum operation operation)
{
        static const enum channel_operation by[OPERATIONS] = {
                [OPERATION_STAT] = CHANNEL_STAT,     [OPERATION_STATX] = CHANNEL_STATX,
                [OPERATION_ACCESS] = CHANNEL_ACCESS, [OPERATION_READLINK] = CHANNEL_READLINK,
                [OPERATION_MKDIR] = CHANNEL_MKDIR,   [OPERATION_REMOVE] = CHANNEL_REMOVE,
                [OPERATION_RENAME] = CHANNEL_RENAME,
        };
        return by[operation];
}

static const void *pointer(uint64_t value)
{
        return (const void *)(uintptr_t)value;
}

/* As copy_struct_from_user() takes it, older and newer sizes included. */
static int read_how(struct client_ask *ask, const void *from, uint64_t size)
{
        unsigned char bytes[512];
        struct open_how how;
        if (size < sizeof(how))
                return -EINVAL;
        if (size > sizeof(bytes))
                return -E2BIG;
        int bad = client_copy(bytes, from, size);
        for (size_t i = sizeof(how); bad == 0 && i < size; i++)
                bad = bytes[i] ? -E2BIG : 0;
        memcpy(&how, bytes, sizeof(how));
        ask->operation = CHANNEL_OPEN2;
        ask->flags = how.flags;
        ask->number = how.mode;
        ask->resolve = how.resolve;
        return bad;
}

static int open_asks(struct client_ask *ask, const struct open_registers *call, const uint64_t *args)
{
        *ask = (struct client_ask){
                .operation = CHANNEL_OPEN,
                .dirfd = register_directory(call->dirfd, args),
                .path = pointer(register_value(call->path, args)),
                .flags = call->implied | (uint32_t)register_value(call->flags, args),
                .number = register_value(call->mode, args),
        };
        return call->how == NONE ? 0 : read_how(ask, pointer(register_value(call->how, args)), register_value(call->size, args));
}

/* Where its result goes, and the number that is no address. */
static void read_numbers(struct client_ask *ask, const struct registers *call, const uint64_t *args)
{
        uint64_t first = register_value(call->numbers[0], args), second = register_value(call->numbers[1], args);
        uint32_t room = (uint32_t)second;

        switch (call->operation) {
        case OPERATION_STAT:
                *ask = (struct client_ask){.data = (void *)(uintptr_t)first, .room = sizeof(struct stat), .whole = true};
                break;
        case OPERATION_STATX:
                *ask = (struct client_ask){.number = (uint32_t)first, .data = (void *)(uintptr_t)second,
                                           .room = sizeof(struct statx), .whole = true};
                break;
        case OPERATION_READLINK:
                *ask = (struct client_ask){.number = room, .data = (void *)(uintptr_t)first};
                ask->room = (int)room <= 0 ? 0 : room < PATH_MAX ? room : PATH_MAX;
                break;
        default:
                *ask = (struct client_ask){.number = (uint32_t)first};
        }
}

static int call_asks(struct client_ask *ask, const struct registers *call, const uint64_t *args)
{
        uint32_t flags = (uint32_t)register_value(call->flags, args);
        bool stats = call->operation == OPERATION_STAT || call->operation == OPERATION_STATX;

        read_numbers(ask, call, args);
        ask->operation = carried(call->operation);
        ask->dirfd = register_directory(call->dirfd, args);
        ask->path = pointer(register_value(call->path, args));
        ask->flags = call->operation == OPERATION_READLINK ? 0 : flags | call->implied;
        if (!ask->path && stats && (flags & AT_EMPTY_PATH) && ask->dirfd != AT_FDCWD)
                ask->path = ""; /* since Linux 6.11 */
        if (call->other != NONE) {
                ask->other_dirfd = register_directory(call->other_dirfd, args);
                ask->other = pointer(register_value(call->other, args));
        }
        return flags & ~call->known ? -EINVAL : 0;
}

/* ---- the handler ----------------------------------------------------------------------------------------------------- */

static cordon_client trapped;

static int serve(int number, const uint64_t *args)
{
        const struct open_registers *opens = registers_of_open(number);
        const struct registers *call = registers_of(number);
        struct client_ask ask;

        if (!opens && (!call || !carried(call->operation)))
                return -ENOSYS;
        int bad = opens ? open_asks(&ask, opens, args) : call_asks(&ask, call, args);
        if (bad < 0)
                return bad;
        int r = client_ask(&trapped, &ask);
        return r > 0 && ask.whole ? 0 : r;
}

static void on_sigsys(int signal, siginfo_t *info, void *context)
{
        struct sigaction deadly = {.sa_handler = SIG_DFL};
        int saved = errno;
        uint64_t args[6];

        if (info->si_code == SYS_SECCOMP) {
                read_registers(context, args);
                write_result(context, serve(info->si_syscall, args));
        } else { /* somebody sends the signal itself, which ends a program */
                sigaction(signal, &deadly, NULL);
                syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), signal);
        }
        errno = saved;
}

int cordon_client_install_sigsys(int channel)
{
        /* A handler that interrupts this one may make such calls as well. */
        struct sigaction action = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART};

        if (ARCHITECTURE == 0)
                return -ENOSYS;
        cordon_client_init(&trapped, channel);
        return sigaction(SIGSYS, &action, NULL) < 0 ? -errno : 0;
}

/* ---- the filter ------------------------------------------------------------------------------------------------------ */

enum { PROGRAM_MOST = 256 };

struct program {
        struct sock_filter code[PROGRAM_MOST];
        unsigned short length;
};

static void add(struct program *p, uint16_t code, uint8_t yes, uint8_t no, uint32_t k)
{
        if (p->length < PROGRAM_MOST)
                p->code[p->length++] = (struct sock_filter){code, yes, no, k};
}

static void trap(struct program *p, int number)
{
        add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)number);
        add(p, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRAP);
}

/* A path's descriptor shows no more than stat, and stays native, as with the broker's own filter. */
static void trap_open(struct program *p, const struct open_registers *call)
{
        if (call->flags == NONE) {
                trap(p, call->number);
                return;
        }
        const size_t low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4;
        const size_t flags = offsetof(struct seccomp_data, args) + 8 * (size_t)(call->flags - FIRST) + low;
        add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, (uint32_t)call->number);
        add(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)flags);
        add(p, BPF_JMP | BPF_JSET | BPF_K, 0, 1, O_PATH);
        add(p, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
        add(p, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRAP);
}

int cordon_client_trap_calls(void)
{
        const struct open_registers *opens;
        const struct registers *call;
        struct program p = {.length = 0};

        if (ARCHITECTURE == 0)
                return -ENOSYS;
        add(&p, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
        add(&p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ARCHITECTURE);
        add(&p, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW); /* the sandbox's own filter knows what to do with it */
        add(&p, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
        for (size_t i = 0; (opens = registers_of_open_at(i)); i++)
                trap_open(&p, opens);
        for (size_t i = 0; (call = registers_at(i)); i++) {
                if (carried(call->operation))
                        trap(&p, call->number);
        }
        add(&p, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
        if (p.length == PROGRAM_MOST)
                return -E2BIG;
        struct sock_fprog program = {p.length, p.code};
        long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
        return r < 0 ? -errno : r > 0 ? -EBUSY : 0;
}
