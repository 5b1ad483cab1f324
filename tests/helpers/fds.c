/* Prints the numbers of the open descriptors, found without opening anything; a directory is marked. */
#include "tests/helpers/show.h"

int main(void)
{
        struct stat st;

        for (int fd = 0; fd < 4096; fd++)
                if (fcntl(fd, F_GETFD) >= 0)
                        printf("%d%s\n", fd, fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) ? " directory" : "");
        return 0;
}
