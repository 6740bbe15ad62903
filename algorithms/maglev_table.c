/* maglev_table.c - the part of Maglev that everybody shares: Eisenbud and others, Maglev: A Fast
 * and Reliable Software Network Load Balancer, NSDI 2016, listing 1. */
#include "maglev_table.h"

#include <stdlib.h>

bool maglev_is_prime(uint32_t n)
{
    for (uint32_t d = 2; (uint64_t)d * d <= n; d++)
        if (n % d == 0)
            return false;
    return n > 1;
}

void maglev_open(struct maglev_table *t, uint32_t size)
{
    t->slot = lb_grow(NULL, 0, size, sizeof *t->slot);
    t->size = size;
    t->inverse = UINT64_MAX / size;
}

void maglev_change(struct maglev_table *t, const struct lb *lb)
{
    t->claim = lb_grow(t->claim, t->room, lb->capacity, sizeof *t->claim);
    t->room = lb->capacity;
    t->built = false;
}

void maglev_close(struct maglev_table *t)
{
    free(t->slot);
    free(t->claim);
}

size_t maglev_memory(const struct maglev_table *t)
{
    return t->size * sizeof *t->slot + t->room * sizeof *t->claim;
}

void maglev_clear(struct maglev_table *t)
{
    for (uint32_t k = 0; k < t->size; k++)
        t->slot[k] = LB_NONE;
    t->free = t->size;
    t->claims = 0;
    t->built = true;
}

void maglev_claim(struct maglev_table *t, uint32_t backend, uint32_t weight, uint64_t offset_hash,
                  uint64_t skip_hash)
{
    t->claim[t->claims++] = (struct claim){
        .backend = backend, .weight = weight,
        .next = maglev_slot(t, offset_hash),
        .skip = (uint32_t)(skip_hash % (t->size - 1)) + 1,
    };
}

void maglev_take(struct maglev_table *t, struct claim *c)
{
    uint32_t at = c->next, left = t->size - c->skip;     /* at + skip mod size, and no overflow */

    while (t->slot[at] != LB_NONE)
        at = at < left ? at + c->skip : at - left;
    t->slot[at] = c->backend;
    c->next = at;
    t->free--;
}

static uint32_t greatest_weight(const struct maglev_table *t)
{
    uint32_t most = 0;

    for (uint32_t k = 0; k < t->claims; k++)
        most = t->claim[k].weight > most ? t->claim[k].weight : most;
    return most;
}

void maglev_fill_by_target(struct maglev_table *t)
{
    uint32_t most = greatest_weight(t);

    for (uint64_t turn = 1; t->free > 0 && t->claims > 0; turn++)
        for (uint32_t k = 0; k < t->claims && t->free > 0; k++) {
            struct claim *c = &t->claim[k];
            if (turn * c->weight < c->credit)
                continue;
            c->credit += most;
            maglev_take(t, c);
        }
}

/* The owners of the slots behind follow in no order: a full one's keys spread over all others. */
uint32_t maglev_walk(struct lb *lb, const struct maglev_table *t, const struct lb_request *rq,
                     uint32_t at)
{
    if (lb->open_count == 0)
        return lb_none_or_full(lb, rq);

    for (uint32_t steps = 0; steps < t->size; steps++) {
        if (lb_usable(lb, t->slot[at], rq))
            return t->slot[at];
        at = at + 1 < t->size ? at + 1 : 0;
        if (steps == 64 && lb_next_usable(lb, rq, 0) == LB_NONE)
            break;
    }
    uint32_t i = lb_next_usable(lb, rq, 0);      /* one without a slot: more backends than slots */
    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}
