/* Opens two files again and again and tells what changes: FILE, which is there from the start, and LATER, which is
 * not. Prints "ready" after the first good open of FILE, "later" when LATER could be opened, and each new errno of
 * FILE. usage: orphan FILE LATER */
#include "tests/helpers/show.h"

int main(int argc, char **argv)
{
        int last = 0, was_ready = 0;

        if (argc < 3)
                return 2;
        setvbuf(stdout, NULL, _IOLBF, 0);
        alarm(110); /* nothing is left behind, whatever becomes of the test */
        for (;;) {
                int fd = open(argv[1], O_RDONLY), error = fd < 0 ? errno : 0;

                if (fd >= 0)
                        close(fd);
                if (error != last)
                        printf("errno %s\n", errno_name(error));
                last = error;
                if (!error && !was_ready++)
                        printf("ready\n");
                fd = open(argv[2], O_RDONLY);
                if (fd >= 0) {
                        printf("later\n");
                        close(fd);
                        return 0;
                }
        }
}
