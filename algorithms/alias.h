/* alias.h - draws a backend with a chance in proportion to its weight, in O(1).
 * Walker's alias method (1977) as Vose builds it (1991), in integers up to the last division. */
#ifndef ALIAS_H
#define ALIAS_H

#include "lb.h"

/* By position in live[]: the chance of itself, of 2^32, and the backend that has the rest. */
struct alias_column { uint32_t keep, other; };

struct alias {
    struct alias_column *column;
    uint64_t *part;                      /* scratch while building */
    uint32_t  room;
    bool      built, even;               /* even: all weights are alike, no table is needed */
};

void     alias_change(struct alias *, const struct lb *);    /* at the start and on every change */
void     alias_free(struct alias *);
size_t   alias_bytes(const struct alias *);
void     alias_build(struct alias *, const struct lb *);

static inline bool alias_is_even(struct alias *a, const struct lb *lb)
{
    if (!a->built)
        alias_build(a, lb);
    return a->even;
}

/* A live backend by weight, from a table that is built and not even: who knows that all of live[]
 * is usable need not ask.  Not `?:` between the two: no branch predictor guesses it. */
static inline uint32_t alias_draw_live(const struct alias *a, struct lb *lb)
{
    uint64_t r = lb_random_bits(lb);
    uint32_t k = (uint32_t)((r >> 32) * lb->live_count >> 32);
    struct alias_column c = a->column[k];
    uint32_t own = lb->live[k];

    return own ^ ((own ^ c.other) & (0u - ((uint32_t)r > c.keep)));
}

/* A usable backend by weight; LB_NONE: none. */
uint32_t alias_draw(struct alias *, struct lb *, const struct lb_request *);

#endif
