/* The verbs of the language, one a line, as the library lists them. */
#include <stdio.h>

#include "cordon.h"

int main(void)
{
        for (size_t i = 0; cordon_policy_verb(i); i++)
                puts(cordon_policy_verb(i));
        return 0;
}
