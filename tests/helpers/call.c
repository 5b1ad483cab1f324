/* Makes system calls by number: call NUMBER [ARGUMENT]... [, NUMBER [ARGUMENT]...]...
 * Prints a line for each: what it returned, or the name of the error. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
        for (int i = 1; i < argc; i++) {
                unsigned long number[7] = {0};
                for (int n = 0; i < argc && strcmp(argv[i], ",") != 0; i++)
                        if (n < 7)
                                number[n++] = strtoul(argv[i], NULL, 0);
                long result = syscall((long)number[0], number[1], number[2], number[3], number[4], number[5], number[6]);
                if (result == -1)
                        printf("%s\n", strerrorname_np(errno));
                else
                        printf("%ld\n", result);
                fflush(stdout);
        }
        return 0;
}
