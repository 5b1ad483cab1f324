/* The program of the filter says that a call is refused, and no more than that. By which line, and with which errno, is found in
 * the rules that it was made of. They are made again for the first refusal, which costs that one a fraction of a millisecond: a
 * launch mostly has a program that was made when cordon was built, and rules are needed by nobody else. */
#include "broker/refused.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/refusal.h"
#include "policy/standard.h"

#define CALLS 1024

struct refused {
        struct filter_wish wish;
        int numbers[BROKERED_CALLS_MOST];
        uint64_t served[CALLS / 64];
        struct filter filter;
        bool made;
};

struct refused *refused_new(const struct plan *plan)
{
        struct refused *r = calloc(1, sizeof(*r));

        if (!r || !plan)
                return r;
        r->wish = plan->wish;
        r->wish.notify = r->numbers;
        for (size_t i = 0; i < plan->wish.notify_count && i < BROKERED_CALLS_MOST; i++) {
                int number = r->numbers[i] = plan->wish.notify[i];
                if (number >= 0 && number < CALLS)
                        r->served[number / 64] |= UINT64_C(1) << (number % 64);
        }
        return r;
}

struct refused *refused_free(struct refused *r)
{
        if (r && r->made)
                filter_free(&r->filter);
        free(r);
        return NULL;
}

bool refused_serves(const struct refused *r, int number)
{
        return number >= 0 && number < CALLS && (r->served[number / 64] >> (number % 64) & 1);
}

int refused_answer(struct refused *r, struct audit *audit, const struct seccomp_notif *n, const struct request *from,
                   int proc)
{
        uint64_t args[6];
        struct refusal refusal;

        for (size_t i = 0; i < 6; i++)
                args[i] = n->data.args[i];
        if (!r->made)
                r->made = filter_compile(&r->filter, &r->wish) == 0;
        if (!r->made || !refusal_find(&refusal, &r->filter, &r->wish, n->data.nr, args))
                return EPERM;
        audit_record(audit, &(struct audit_event){
                                    .refusal = &refusal, .path = refusal.text, .asked = refusal.text, .error = (int)refusal.error,
                                    .request = from, .proc = proc});
        return (int)refusal.error;
}
