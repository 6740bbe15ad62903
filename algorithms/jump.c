/* jump.c - jump consistent hash over the backends in configured order.
 *
 * Buckets are numbers: one can be added or taken away at the end only.  A backend that goes from
 * the middle renumbers those behind it, and their keys move. */
#include "jump.h"

#include "lb.h"

#include <stdlib.h>

enum { TRIES = 16 };

struct jump {
    uint32_t *line;                      /* [lines] all but removed, in order */
    uint32_t  lines, room;
    bool      built;
};

uint32_t jump_bucket(uint64_t key, uint32_t n)
{
    int64_t bucket = -1;

    for (int64_t next = 0; next < n;) {
        bucket = next;
        key = key * 2862933555777941757u + 1;
        next = (int64_t)((double)(bucket + 1) * (0x1p31 / (double)((key >> 33) + 1)));
    }
    return (uint32_t)bucket;
}

static void build(struct lb *lb)
{
    struct jump *j = lb->state;

    j->lines = 0;
    for (uint32_t i = 0; i < lb->count; i++)
        if (lb->backend[i].state != LB_GONE)
            j->line[j->lines++] = i;
    j->built = true;
}

/* What may not be used keeps its number; its keys are hashed on and jump again. */
static uint32_t jump_pick(struct lb *lb, const struct lb_request *rq)
{
    struct jump *j = lb->state;
    uint64_t key = rq->hash;

    if (lb_next_usable(lb, rq, 0) == LB_NONE)
        return lb_none_or_full(lb, rq);
    if (!j->built)
        build(lb);
    for (int tries = 0; tries < TRIES; tries++, key = lb_mix(key + 1)) {
        uint32_t i = j->line[jump_bucket(key, j->lines)];
        if (lb_usable(lb, i, rq))
            return i;
    }
    return lb_next_usable(lb, rq, (uint32_t)(key % lb->count));
}

static void jump_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct jump *j = lb->state;

    (void)i;
    if (what != LB_ADDED && what != LB_REMOVED)
        return;
    j->line = lb_grow(j->line, j->room, lb->capacity, sizeof *j->line);
    j->room = lb->capacity;
    j->built = false;
}

static int jump_start(struct lb *lb, const char **why)
{
    (void)why;
    jump_change(lb, 0, LB_ADDED);
    return 0;
}

static void jump_stop(struct lb *lb)
{
    free(((struct jump *)lb->state)->line);
}

static size_t jump_bytes(const struct lb *lb)
{
    const struct jump *j = lb->state;

    return j->room * sizeof *j->line;
}

static const struct lb_page page = {
    .rule = "Of a key's own stream of random numbers: from bucket b it jumps to\n"
            "(b + 1) / r, r in (0, 1), until that is beyond the last; there it stays. The\n"
            "buckets are the backends in configured order, down ones too: a key that meets\n"
            "one that may not be used is hashed on and jumps again, up to 16 times, then\n"
            "takes the next usable one.",
    .cost = "O(log n) per pick; the paper needs no memory, this 4 bytes a backend; O(n) at\n"
            "the first pick after a backend was added or removed.",
    .used_by = "Google (its paper) and sharded stores; not for backends that come and go in\n"
               "any order.",
    .fails_when = "One that is not the last is removed: all keys of those behind it move. Weights\n"
                  "are ignored.",
    .source = "Lamping and Veach, A Fast, Minimal Memory, Consistent Hash Algorithm, 2014.",
};

const struct lb_ops lb_jump = {
    .abi        = LB_ABI,
    .traits     = LB_BY_KEY,
    .name       = "jump",
    .summary    = "jump consistent hash by number (Lamping 2014)",
    .page       = &page,
    .state_size = sizeof(struct jump),
    .start      = jump_start,
    .stop       = jump_stop,
    .pick       = jump_pick,
    .on_change  = jump_change,
    .bytes      = jump_bytes,
};
