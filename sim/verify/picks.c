/* picks.c - see picks.h. */
#include "picks.h"

#include <assert.h>

#include "../base/rng.h"
#include "../base/xalloc.h"

struct lb *picks_new(const char *algorithm, uint64_t seed)
{
    struct lb *lb = lb_new(lb_find(algorithm), seed);

    if (lb == NULL)
        xalloc_failed();
    return lb;
}

void picks_set(struct lb *lb, const char *param, double value)
{
    const char *why;
    int status = lb_set(lb, param, value, &why);

    assert(status == 0);
    (void)status;
}

void picks_add(struct lb *lb, uint64_t seed, uint32_t n, const uint32_t *weight)
{
    for (uint32_t i = 0; i < n; i++)
        lb_add(lb, rng_mix(rng_mix(seed) + lb->count), "backend", weight ? weight[i] : 1, 0);
}

void picks_start(struct lb *lb)
{
    const char *why;
    int status = lb_start(lb, &why);

    assert(status == 0);
    (void)status;
}

struct lb *picks_started(const char *algorithm, uint64_t seed, uint32_t n, const uint32_t *weight)
{
    struct lb *lb = picks_new(algorithm, seed);

    picks_add(lb, seed, n, weight);
    picks_start(lb);
    return lb;
}

static uint64_t unmix(uint64_t x)
{
    x = (x ^ x >> 31 ^ x >> 62) * 0x319642b2d24d8ec3u;
    x = (x ^ x >> 27 ^ x >> 54) * 0x96de1b173f119089u;
    return x ^ x >> 30 ^ x >> 60;
}

uint32_t picks_owner(struct lb *lb, uint64_t place)
{
    return lb_peek(lb, &(struct lb_request){ .hash = unmix(place) });
}

void picks_owners(struct lb *lb, uint32_t *owner, uint32_t places, uint64_t phase)
{
    uint64_t step = UINT64_MAX / places;

    for (uint32_t k = 0; k < places; k++)
        owner[k] = picks_owner(lb, phase + k * step);
}

uint32_t picks_idle(struct lb *lb)
{
    uint32_t i = lb_pick(lb, &(struct lb_request){ .hash = 0 });

    lb_complete(lb, i, &(struct lb_outcome){ .result = LB_OK });
    return i;
}

uint32_t picks_differ(const uint32_t *a, const uint32_t *b, uint32_t n)
{
    uint32_t differ = 0;

    for (uint32_t k = 0; k < n; k++)
        differ += a[k] != b[k];
    return differ;
}
