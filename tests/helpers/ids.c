/* Prints the effective ids and the capabilities: what a set-user-id program got. */
#include <linux/capability.h>
#include <sys/syscall.h>

#include "tests/helpers/show.h"

int main(void)
{
        struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2] = {{0}, {0}};

        syscall(SYS_capget, &head, data);
        printf("euid=%d egid=%d caps=%08x%08x\n", (int)geteuid(), (int)getegid(), data[1].effective, data[0].effective);
        return 0;
}
