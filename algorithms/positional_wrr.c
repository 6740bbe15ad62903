/* positional_wrr.c - Caddy's weighted_round_robin: turns belong to positions of a list.
 *
 * A counter goes round the sum of weights and names a position; who stands there in the list of
 * the usable backends is taken.  The surprises: it begins with the second request of the round, a
 * backend's turns all come in a row, and when one is down all behind it move up a position, so that
 * weights change hands: 3,2,1 without the first becomes 4,2. */
#include "lb.h"

#include <stdlib.h>

struct positional_wrr {
    uint64_t *upto;                      /* [positions]: sum of weights up to and with this one */
    uint32_t  positions, room;
    uint64_t  turn;
};

/* The position that this turn of the round belongs to. */
static uint32_t position_of(const struct positional_wrr *w, uint64_t turn)
{
    uint32_t low = 0, high = w->positions - 1;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (turn < w->upto[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static uint64_t usable_word(const struct lb *lb, const struct lb_request *rq, uint32_t word)
{
    return rq->avoid == NULL ? lb->open[word] : lb->open[word] & ~rq->avoid[word];
}

static uint32_t count_usable(const struct lb *lb, const struct lb_request *rq)
{
    uint32_t count = 0;

    if (rq->avoid == NULL)
        return lb->open_count;
    for (uint32_t word = 0; 64 * word < lb->count; word++)
        count += (uint32_t)__builtin_popcountll(usable_word(lb, rq, word));
    return count;
}

static uint32_t nth_usable(const struct lb *lb, const struct lb_request *rq, uint32_t n)
{
    uint32_t word = 0, count;

    while (n >= (count = (uint32_t)__builtin_popcountll(usable_word(lb, rq, word)))) {
        n -= count;
        word++;
    }
    uint64_t bits = usable_word(lb, rq, word);
    while (n-- > 0)
        bits &= bits - 1;
    return 64 * word + (uint32_t)__builtin_ctzll(bits);
}

static uint32_t positional_wrr_pick(struct lb *lb, const struct lb_request *rq)
{
    struct positional_wrr *w = lb->state;

    if (w->positions == 0)
        return LB_NONE;

    uint32_t usable = count_usable(lb, rq);
    w->turn = (w->turn + 1) % w->upto[w->positions - 1];
    if (usable == 0)
        return lb_none_or_full(lb, rq);

    uint32_t position = position_of(w, w->turn) % usable;
    return usable == lb->live_count ? lb->live[position] : nth_usable(lb, rq, position);
}

static void reckon_positions(struct lb *lb)
{
    struct positional_wrr *w = lb->state;
    uint64_t sum = 0;

    w->upto = lb_grow(w->upto, w->room, lb->capacity, sizeof *w->upto);
    w->room = lb->capacity;
    w->positions = 0;
    for (uint32_t i = 0; i < lb->count; i++) {
        const struct lb_backend *b = &lb->backend[i];
        if (b->weight == 0 || b->state == LB_GONE)
            continue;
        sum += b->weight;
        w->upto[w->positions++] = sum;
    }
}

static void positional_wrr_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    (void)i;
    if (what == LB_ADDED || what == LB_REMOVED || what == LB_WEIGHT)
        reckon_positions(lb);
}

static int positional_wrr_start(struct lb *lb, const char **why)
{
    (void)why;
    reckon_positions(lb);
    return 0;
}

static void positional_wrr_stop(struct lb *lb)
{
    free(((struct positional_wrr *)lb->state)->upto);
}

static size_t positional_wrr_bytes(const struct lb *lb)
{
    const struct positional_wrr *w = lb->state;

    return w->room * sizeof *w->upto;
}

static const struct lb_page page = {
    .rule = "A counter goes round the sum of weights and names a position of the list; the\n"
            "usable backend at that position (modulo their number) is taken. It starts at\n"
            "1: weights 3,2,1 give a a b b c a. A backend that is down keeps its weight in\n"
            "the round but not its place in the list.",
    .cost = "O(log n) per pick while all are usable, else 64 backends a step; 8 bytes a\n"
            "backend, O(n) per change.",
    .used_by = "Caddy `weighted_round_robin` (2.7 and later).",
    .fails_when = "A backend is down: its turns go to its neighbours by position, not by\n"
                  "weight. 3,2,1 without the first serves 4,2, without the second 4,2 too.\n"
                  "A heavy backend gets its turns in a row.",
    .source = "Caddy, selectionpolicies.go and its tests (3,2,1 and 0,2,1).",
};

const struct lb_ops lb_positional_wrr = {
    .abi        = LB_ABI,
    .traits     = LB_WEIGHTED,
    .name       = "positional_wrr",
    .summary    = "turns by position in the list: Caddy's weighted one",
    .page       = &page,
    .state_size = sizeof(struct positional_wrr),
    .start      = positional_wrr_start,
    .stop       = positional_wrr_stop,
    .pick       = positional_wrr_pick,
    .on_change  = positional_wrr_change,
    .bytes      = positional_wrr_bytes,
};
