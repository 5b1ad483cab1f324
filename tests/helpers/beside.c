/* Tries what no policy of a case in tests/compat grants: `beside DIR...` reads the file DIR/secret, makes DIR/made and
 * changes DIR/secret, and lists DIR. One line for each: "reached", or the name of the error. Static, so that it needs
 * nothing of a policy but to be executed. */
#include "tests/helpers/show.h"

static void said(const char *what, const char *path, int fd)
{
        printf("%s %s: %s\n", what, path, fd < 0 ? strerrorname_np(errno) : "reached");
        if (fd >= 0)
                close(fd);
}

int main(int argc, char **argv)
{
        char secret[4096], made[4096];

        for (int i = 1; i < argc; i++) {
                snprintf(secret, sizeof(secret), "%s/secret", argv[i]);
                snprintf(made, sizeof(made), "%s/made", argv[i]);
                said("read", secret, open(secret, O_RDONLY));
                said("change", secret, open(secret, O_WRONLY | O_APPEND));
                said("make", made, open(made, O_WRONLY | O_CREAT, 0644));
                said("list", argv[i], open(argv[i], O_RDONLY | O_DIRECTORY));
        }
        return 0;
}
