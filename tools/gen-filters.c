/* gen-filters: prints C source with the filters of policy/standard.h. Runs while cordon is built. */
#include <stdio.h>
#include <stdlib.h>

#include "policy/standard.h"

const struct standard_filter standard_filters[] = {{.length = 0}};

static void print_code(unsigned number, const struct sock_fprog *program)
{
        printf("static const struct sock_filter code_%u[] = {\n", number);
        for (unsigned i = 0; i < program->len; i++) {
                const struct sock_filter *s = &program->filter[i];
                printf("        {%#x, %u, %u, %#x},\n", s->code, s->jt, s->jf, s->k);
        }
        printf("};\n");
}

int main(void)
{
        struct standard_wish wishes[64];
        bool notify[64], sockets[64];
        unsigned count = 0;

        printf("/* Made by tools/gen-filters. */\n#include \"policy/standard.h\"\n\n");
        for (unsigned bits = 0; bits < 8; bits++) {
                if ((bits & 4) && !(bits & 2)) /* names are never brokered without opens */
                        continue;
                for (unsigned net = NET_NONE; net <= NET_HOST; net++) {
                        struct standard_wish w = {bits & 1, (enum net_mode)net, (bits & 2) != 0, (bits & 4) != 0};
                        int numbers[BROKERED_CALLS_MOST];
                        struct filter_wish wish = standard_expand(&w, numbers);
                        struct filter filter;
                        if (filter_compile(&filter, &wish) < 0)
                                return EXIT_FAILURE;
                        print_code(count, &filter.program);
                        notify[count] = filter.notify;
                        sockets[count] = filter.sockets;
                        wishes[count++] = w;
                        filter_free(&filter);
                }
        }
        printf("\nconst struct standard_filter standard_filters[] = {\n");
        for (unsigned i = 0; i < count; i++)
                printf("        {{%d, %u, %d, %d}, code_%u, sizeof(code_%u) / sizeof(code_%u[0]), %d, %d},\n",
                       wishes[i].basic, (unsigned)wishes[i].net, wishes[i].brokered, wishes[i].names, i, i, i, notify[i],
                       sockets[i]);
        printf("        {.length = 0},\n};\n");
        return EXIT_SUCCESS;
}
