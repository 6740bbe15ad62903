/* limiter.c - see limiter.h. */
#include "limiter.h"

#include <stdlib.h>

#include "../base/rng.h"
#include "../base/xalloc.h"

static void make_table(struct limiter *l, uint32_t slots)
{
    l->mask = slots - 1;
    l->count = 0;
    l->bucket = xcalloc(slots, sizeof *l->bucket);
}

void limiter_init(struct limiter *l, const struct limit_config *c)
{
    *l = (struct limiter){ .gap = 1e9 / c->rate };
    l->slack = (c->burst - 1) * l->gap;
    make_table(l, 16);
}

void limiter_fini(struct limiter *l)
{
    free(l->bucket);
}

static struct bucket *find(const struct limiter *l, uint32_t source)
{
    uint32_t i = (uint32_t)rng_mix(source) & l->mask;

    while (l->bucket[i].is_used && l->bucket[i].source != source)
        i = (i + 1) & l->mask;
    return &l->bucket[i];
}

static void add(struct limiter *l, const struct bucket *b)
{
    *find(l, b->source) = *b;
    l->count++;
}

static uint32_t count_wanted(const struct limiter *l, double now)
{
    uint32_t wanted = 0;

    for (uint32_t i = 0; i <= l->mask; i++)
        wanted += l->bucket[i].is_used && l->bucket[i].full_at > now;
    return wanted;
}

/* A table four times as large as what is still wanted. */
static void sweep(struct limiter *l, double now)
{
    struct limiter old = *l;
    uint32_t slots = 16;

    while (slots / 4 < count_wanted(&old, now) + 1)
        slots *= 2;
    make_table(l, slots);
    for (uint32_t i = 0; i <= old.mask; i++)
        if (old.bucket[i].is_used && old.bucket[i].full_at > now)
            add(l, &old.bucket[i]);
    limiter_fini(&old);
}

bool limiter_admit(struct limiter *l, nsec now, uint32_t source)
{
    double at = (double)now;
    struct bucket *b = find(l, source);

    if (!b->is_used && l->count > l->mask / 2) {
        sweep(l, at);
        b = find(l, source);
    }
    if (!b->is_used)
        add(l, &(struct bucket){ .full_at = at, .source = source, .is_used = true });
    if (b->full_at > at + l->slack)
        return false;
    b->full_at = (b->full_at > at ? b->full_at : at) + l->gap;
    return true;
}
