/* retry.c - the laws of waiting before another attempt. */
#include "retry.h"

#include "../base/rng.h"

static nsec shortest(nsec a, nsec b)
{
    return a < b ? a : b;
}

/* base x factor^(n-1), by products: the same on every machine. */
static nsec exponential(const struct backoff_config *c, uint32_t n)
{
    double wait = (double)c->base;

    while (--n > 0 && wait < (double)c->max)
        wait *= c->factor;
    return wait < (double)c->max ? (nsec)wait : c->max;
}

/* Uniform in low .. high. */
static nsec between(nsec low, nsec high, uint64_t luck)
{
    return low + (nsec)(((u128)rng_mix(luck) * (high - low + 1)) >> 64);
}

static uint64_t luck_of(uint64_t luck, uint32_t n)
{
    return rng_mix(luck ^ 0x6261636b6f6666ull) + n * 0x9e3779b97f4a7c15ull;     /* "backoff" */
}

/* Each wait goes by the one before it, which is drawn again. */
static nsec decorrelated(const struct backoff_config *c, uint32_t n, uint64_t luck)
{
    nsec wait = c->base;

    for (uint32_t k = 1; k <= n; k++)
        wait = shortest(c->max, between(c->base, 3 * wait, luck_of(luck, k)));
    return wait;
}

nsec retry_wait(const struct backoff_config *c, uint32_t n, uint64_t luck)
{
    if (c->base == 0)
        return 0;
    nsec d = exponential(c, n);
    switch ((enum retry_jitter)c->jitter) {
    case JITTER_FULL:
        return between(0, d, luck_of(luck, n));
    case JITTER_EQUAL:
        return between(d / 2, d, luck_of(luck, n));
    case JITTER_DECORRELATED:
        return decorrelated(c, n, luck);
    case JITTER_FIFTH:
        return between(d - d / 5, d + d / 5, luck_of(luck, n));
    case JITTER_NONE:
        break;
    }
    return d;
}

bool retry_goes_elsewhere(const struct retry_config *c, uint32_t n)
{
    if (c->redispatch == REDISPATCH_LAST)
        return n == c->max;
    return c->redispatch != REDISPATCH_NEVER && n % c->redispatch == 0;
}
