/* spill.c - Envoy's bounded load for ring and Maglev.  A share is ceil(total w / W) of
 * total = ceil((all in flight + 1) factor / 100), at least 1, and a backend is passed over only
 * when it has more than that already: so it may end with one more than its share.
 * The generator is Matsumoto and Nishimura's MT19937 (1998). */
#include "spill.h"

#include <stdlib.h>

/* ---- MT19937 ---- */

static void mt_twist(struct shuffle *s)
{
    for (uint32_t k = 0; k < MT_WORDS; k++) {
        uint32_t y = (s->word[k] & 0x80000000u) | (s->word[(k + 1) % MT_WORDS] & 0x7fffffffu);
        s->word[k] = s->word[(k + 397) % MT_WORDS] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    s->at = 0;
}

uint32_t mt_next(struct shuffle *s)
{
    if (s->at == MT_WORDS)
        mt_twist(s);

    uint32_t y = s->word[s->at++];

    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

static void mt_seed(struct shuffle *s, uint32_t seed)
{
    s->word[0] = seed;
    for (uint32_t k = 1; k < MT_WORDS; k++)
        s->word[k] = 1812433253u * (s->word[k - 1] ^ s->word[k - 1] >> 30) + k;
    s->at = MT_WORDS;
}

/* ---- the shuffle: Fisher and Yates's, undone afterwards instead of dealt anew ---- */

void shuffle_reserve(struct shuffle *s, uint32_t count)
{
    s->order = lb_grow(s->order, s->room, count, sizeof *s->order);
    s->swapped = lb_grow(s->swapped, s->room, count, sizeof *s->swapped);
    for (; s->room < count; s->room++)
        s->order[s->room] = s->room;
}

void shuffle_free(struct shuffle *s)
{
    free(s->order);
    free(s->swapped);
}

void shuffle_start(struct shuffle *s, uint32_t count, uint32_t seed)
{
    mt_seed(s, seed);
    s->count = count;
    s->drawn = 0;
}

static void swap(uint32_t *a, uint32_t *b)
{
    uint32_t was = *a;

    *a = *b;
    *b = was;
}

/* [0, n) as Envoy draws it: the quotient, drawn again where it falls beyond. */
static uint32_t mt_below(struct shuffle *s, uint32_t n)
{
    uint32_t x = n;

    while (x >= n)
        x = (uint32_t)(mt_next(s) / (((uint64_t)1 << 32) / n));
    return x;
}

uint32_t shuffle_next(struct shuffle *s)
{
    uint32_t k = s->drawn++;

    s->swapped[k] = k + mt_below(s, s->count - k);
    swap(&s->order[k], &s->order[s->swapped[k]]);
    return s->order[k];
}

void shuffle_end(struct shuffle *s)
{
    while (s->drawn > 0) {
        s->drawn--;
        swap(&s->order[s->drawn], &s->order[s->swapped[s->drawn]]);
    }
}

/* ---- the bound ---- */

/* In flight over share: above 1, there is no room. */
static double overload(const struct spill *spill, const struct lb *lb, uint32_t i)
{
    const struct lb_backend *b = &lb->backend[i];
    uint64_t total = ((spill->inflight + 1) * spill->factor + 99) / 100;
    double exact = (double)total * ((double)b->weight / (double)lb->live_weight);
    double share = (double)(uint64_t)exact;

    share += share < exact;                              /* rounds up */
    return (double)b->inflight / (share < 1 ? 1 : share);
}

static uint32_t pick_other(struct spill *spill, const struct lb *lb, const struct lb_request *rq,
                           uint32_t home)
{
    double least = overload(spill, lb, home);
    uint32_t best = home;

    shuffle_start(&spill->shuffle, lb->live_count, (uint32_t)rq->hash);
    for (uint32_t k = 0; k < lb->live_count && least > 1; k++) {
        uint32_t i = lb->live[shuffle_next(&spill->shuffle)];
        if (i == home || !lb_usable(lb, i, rq))
            continue;
        double load = overload(spill, lb, i);
        if (load < least) {
            least = load;
            best = i;
        }
    }
    shuffle_end(&spill->shuffle);
    return best;
}

uint32_t spill_pick(struct spill *spill, const struct lb *lb, const struct lb_request *rq,
                    uint32_t home)
{
    if (spill->factor == 0 || overload(spill, lb, home) <= 1)
        return home;
    return pick_other(spill, lb, rq, home);
}

const char *spill_fault(const struct spill *spill)
{
    return spill->factor != 0 && spill->factor < 100
         ? "hash_balance_factor must be 0 (off) or at least 100" : NULL;
}
