/* timer.c - see timer.h. */
#include "timer.h"

#include <stdlib.h>
#include <time.h>

nsec timer_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (nsec)t.tv_sec * SECOND + (nsec)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    nsec x = *(const nsec *)a, y = *(const nsec *)b;

    return (x > y) - (x < y);
}

nsec timer_cost(void)
{
    nsec cost[101];

    for (size_t i = 0; i < ARRAY_LEN(cost); i++) {
        nsec begun = timer_now();

        cost[i] = timer_now() - begun;
    }
    qsort(cost, ARRAY_LEN(cost), sizeof *cost, by_size);
    return cost[ARRAY_LEN(cost) / 2];
}

nsec timer_since(nsec begun, nsec cost)
{
    nsec passed = timer_now() - begun;

    return passed > cost ? passed - cost : 0;
}
