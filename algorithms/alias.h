/* alias.h - draws a backend with a chance in proportion to its weight, in O(1).
 * Walker's alias method (1977) as Vose builds it (1991), in integers up to the last division. */
#ifndef ALIAS_H
#define ALIAS_H

#include "lb.h"

struct alias {
    uint32_t *keep;                      /* by position in live[]: chance of itself, of 2^32 */
    uint32_t *other;                     /* ... and the position that has the rest */
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

/* A usable backend by weight; LB_NONE: none. */
uint32_t alias_draw(struct alias *, struct lb *, const struct lb_request *);

#endif
