/* conclude.c - see conclude.h. */
#include "conclude.h"

#include <stdlib.h>

#include "../results/warmup.h"

void conclude(struct result *result, const struct result_plan *plan, struct record *records)
{
    uint32_t n = plan->policies * plan->replications;
    struct arena arena = { .last = NULL };
    const struct record **each = arena_alloc(&arena, n * sizeof *each);

    for (uint32_t i = 0; i < n; i++)
        each[i] = &records[i];
    if (plan->warmup_rule == WARMUP_AUTO)
        result_settle_warmup(records, n, plan);
    result_make(result, plan, each);
    result->owned = records;
    arena_fini(&arena);
}

void conclude_without(struct record *records, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        record_fini(&records[i]);
    free(records);
}
