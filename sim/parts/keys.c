/* keys.c - keys by law: equal shares, Zipf's law by a table of cumulative weights, or in turn. */
#include "keys.h"

#include <stdlib.h>

#include "../../algorithms/fmath.h"
#include "../base/xalloc.h"

void keys_init(struct keys *k, const struct keys_config *c)
{
    double sum = 0;

    *k = (struct keys){ .config = c };
    if (c->law != KEYS_ZIPF)
        return;
    k->cumulative = xcalloc(c->count, sizeof *k->cumulative);
    for (uint32_t i = 0; i < c->count; i++) {
        sum += fm_exp(-c->exponent * fm_log(i + 1.0));
        k->cumulative[i] = sum;
    }
}

void keys_fini(struct keys *k)
{
    free(k->cumulative);
}

static uint32_t first_above(const double *cumulative, uint32_t n, double x)
{
    uint32_t low = 0, high = n - 1;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (cumulative[middle] > x)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

uint32_t keys_draw(const struct keys *k, uint64_t luck, uint64_t nth)
{
    const struct keys_config *c = k->config;
    struct rng g;

    if (c->law == KEYS_SEQUENTIAL)
        return (uint32_t)(nth % c->count);
    g = rng_from(luck ^ 0x6b657973ull);     /* "keys": not the draws of the demand */
    if (c->law == KEYS_UNIFORM)
        return rng_below(&g, c->count);
    return first_above(k->cumulative, c->count, rng_uniform(&g) * k->cumulative[c->count - 1]);
}
