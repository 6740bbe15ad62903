/* maglev_table.h - Maglev's table without anybody's hash: backends come with an offset and a skip
 * and claim slots.  Who is next, and how weights count, is each product's own. */
#ifndef MAGLEV_TABLE_H
#define MAGLEV_TABLE_H

#include "lb.h"

struct claim {
    uint64_t turn;                       /* scratch of the rule that decides who is next */
    uint64_t credit;                     /* likewise */
    uint32_t backend, weight;
    uint32_t next, skip;                 /* the slot wanted next, and the step to the one after */
};

struct maglev_table {
    uint32_t     *slot;                  /* [size] the backend, LB_NONE: not claimed */
    struct claim *claim;                 /* [claims] */
    uint32_t      size, claims, free, room;
    uint64_t      inverse;               /* 2^64 / size, for maglev_slot() */
    bool          built;
};

/* hash mod size without a division: the quotient is short by at most one (Barrett 1986). */
static inline uint32_t maglev_slot(const struct maglev_table *t, uint64_t hash)
{
    uint64_t quotient = (uint64_t)((unsigned __int128)hash * t->inverse >> 64);
    uint64_t rest = hash - quotient * t->size;

    return (uint32_t)(rest < t->size ? rest : rest - t->size);
}

bool   maglev_is_prime(uint32_t);

/* `size` slots, a prime.  maglev_change: backends came or went, the table is to be built anew. */
void   maglev_open(struct maglev_table *, uint32_t size);
void   maglev_change(struct maglev_table *, const struct lb *);
void   maglev_close(struct maglev_table *);
size_t maglev_memory(const struct maglev_table *);

/* Empties the table and its list of claims; maglev_claim adds one: at most lb->capacity. */
void   maglev_clear(struct maglev_table *);
void   maglev_claim(struct maglev_table *, uint32_t backend, uint32_t weight, uint64_t offset_hash,
                    uint64_t skip_hash);

/* The claim takes the next free slot that it wants.  Only while free > 0. */
void   maglev_take(struct maglev_table *, struct claim *);

/* Fills the table by Envoy's rule: in turn t a backend is passed over while t w < target, and each
 * slot that it takes raises its target by the greatest weight.  Credit 0 before. */
void   maglev_fill_by_target(struct maglev_table *);

/* The owner of slot `at`; where that one is full or tried, of the next slot behind. */
uint32_t maglev_walk(struct lb *, const struct maglev_table *, const struct lb_request *,
                     uint32_t at);

/* The same, short where the owner may serve. */
static inline uint32_t maglev_owner(struct lb *lb, const struct maglev_table *t,
                                    const struct lb_request *rq, uint32_t at)
{
    uint32_t i = t->slot[at];

    return i != LB_NONE && rq->avoid == NULL && lb_is_open(lb, i) ? i
                                                                  : maglev_walk(lb, t, rq, at);
}

#endif
