/* nexthops.c - see nexthops.h. */
#include "nexthops.h"

#include <stdlib.h>
#include <string.h>

#include "../base/xalloc.h"

static bool has_buckets(const struct nexthops *h)
{
    return h->config->hash == ECMP_RESILIENT || h->config->hash == ECMP_CONSISTENT;
}

static void list_live(struct nexthops *h)
{
    h->live = 0;
    for (uint32_t k = 0; k < h->members; k++)
        if (h->is_in[k])
            h->order[h->live++] = k;
}

/* ---- consistent ---- */

static uint64_t weight_of(uint32_t member, uint32_t bucket)
{
    return rng_mix(rng_mix(member + 1) ^ bucket);
}

static uint32_t heaviest(const struct nexthops *h, uint32_t bucket)
{
    uint32_t best = NONE;

    for (uint32_t i = 0; i < h->live; i++)
        if (best == NONE || weight_of(h->order[i], bucket) > weight_of(best, bucket))
            best = h->order[i];
    return best;
}

static void give_by_weight(struct nexthops *h)
{
    for (uint32_t b = 0; b < h->config->buckets; b++)
        h->bucket[b] = heaviest(h, b);
}

/* ---- resilient ---- */

/* Bucket after bucket, of those that nobody has, to whoever has fewest. */
static void give_evenly(struct nexthops *h)
{
    uint32_t *has = xcalloc(h->members + 1, sizeof *has);

    for (uint32_t b = 0; b < h->config->buckets; b++)
        if (h->bucket[b] != NONE)
            has[h->bucket[b]]++;
    for (uint32_t b = 0; b < h->config->buckets && h->live > 0; b++) {
        uint32_t best = h->order[0];

        if (h->bucket[b] != NONE)
            continue;
        for (uint32_t i = 1; i < h->live; i++)
            if (has[h->order[i]] < has[best])
                best = h->order[i];
        h->bucket[b] = best;
        has[best]++;
    }
    free(has);
}

/* The one who came takes what the others have beyond an even share, until it has one. */
static void take_share(struct nexthops *h, uint32_t member)
{
    uint32_t *has = xcalloc(h->members + 1, sizeof *has);
    uint32_t share = h->config->buckets / h->live;

    for (uint32_t b = 0; b < h->config->buckets; b++)
        has[h->bucket[b] == NONE ? h->members : h->bucket[b]]++;
    for (uint32_t b = 0; b < h->config->buckets && has[member] < share; b++) {
        uint32_t owner = h->bucket[b];

        if (owner != NONE && has[owner] <= share)
            continue;
        has[owner == NONE ? h->members : owner]--;
        has[member]++;
        h->bucket[b] = member;
    }
    free(has);
}

/* ---- members ---- */

void nexthops_init(struct nexthops *h, const struct ecmp_config *c, uint32_t members, uint32_t in)
{
    *h = (struct nexthops){ .config = c, .members = members };
    h->is_in = xcalloc(members, sizeof *h->is_in);
    h->order = xcalloc(members, sizeof *h->order);
    for (uint32_t k = 0; k < in; k++)
        h->is_in[k] = true;
    list_live(h);
    if (!has_buckets(h))
        return;
    h->bucket = xcalloc(c->buckets, sizeof *h->bucket);
    for (uint32_t b = 0; b < c->buckets; b++)
        h->bucket[b] = NONE;
    if (c->hash == ECMP_CONSISTENT)
        give_by_weight(h);
    else
        give_evenly(h);
}

void nexthops_copy(struct nexthops *h, const struct nexthops *from)
{
    nexthops_init(h, from->config, from->members, 0);
    memcpy(h->is_in, from->is_in, h->members * sizeof *h->is_in);
    list_live(h);
    if (has_buckets(h))
        memcpy(h->bucket, from->bucket, h->config->buckets * sizeof *h->bucket);
}

void nexthops_fini(struct nexthops *h)
{
    free(h->is_in);
    free(h->order);
    free(h->bucket);
}

void nexthops_leave(struct nexthops *h, uint32_t member)
{
    if (!h->is_in[member])
        return;
    h->is_in[member] = false;
    list_live(h);
    if (h->config->hash == ECMP_CONSISTENT)
        give_by_weight(h);
    if (h->config->hash != ECMP_RESILIENT)
        return;
    for (uint32_t b = 0; b < h->config->buckets; b++)
        if (h->bucket[b] == member)
            h->bucket[b] = NONE;
    give_evenly(h);
}

void nexthops_join(struct nexthops *h, uint32_t member)
{
    if (h->is_in[member])
        return;
    h->is_in[member] = true;
    list_live(h);
    if (h->config->hash == ECMP_CONSISTENT)
        give_by_weight(h);
    if (h->config->hash != ECMP_RESILIENT)
        return;
    if (h->live == 1)
        give_evenly(h);
    else
        take_share(h, member);
}

uint32_t nexthops_at(const struct nexthops *h, uint64_t hash)
{
    if (h->live == 0)
        return NONE;
    if (h->bucket != NULL)
        return h->bucket[(hash >> 32) * h->config->buckets >> 32];
    if (h->config->hash == ECMP_MODULO)
        return h->order[(hash >> 32) % h->live];
    return h->order[(hash >> 32) * h->live >> 32];
}
