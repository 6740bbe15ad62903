/* spill.h - Envoy's hash_balance_factor: where a key's backend has more than its share in flight,
 * the others are tried in an order shuffled by the key's hash, so that a key's spill stays put. */
#ifndef SPILL_H
#define SPILL_H

#include "lb.h"

enum { MT_WORDS = 624 };

/* The Mersenne twister MT19937 and a shuffle of positions that costs what is drawn of it. */
struct shuffle {
    uint32_t *order;                     /* [room] 0, 1, 2, ... between shuffles */
    uint32_t *swapped;                   /* [room] with whom position k changed places */
    uint32_t  word[MT_WORDS];
    uint32_t  at, drawn, count, room;
};

/* Shuffles [0, count): shuffle_next() answers the next position, count - 1 times more at most;
 * shuffle_end() puts the order back. */
void     shuffle_start(struct shuffle *, uint32_t count, uint32_t seed);
uint32_t shuffle_next(struct shuffle *);
void     shuffle_end(struct shuffle *);
void     shuffle_reserve(struct shuffle *, uint32_t count);
void     shuffle_free(struct shuffle *);
uint32_t mt_next(struct shuffle *);

struct spill {
    uint32_t       factor;               /* percent, hash_balance_factor; 0: no bound */
    uint64_t       inflight;             /* over all backends */
    struct shuffle shuffle;
};

/* The backend for a request whose hash chose `home`; home itself, an index, while it has room. */
uint32_t spill_pick(struct spill *, const struct lb *, const struct lb_request *, uint32_t home);

/* NULL, or why the factor cannot be. */
const char *spill_fault(const struct spill *);

#endif
