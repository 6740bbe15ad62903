/* interleaved_wrr.c - interleaved weighted round robin as IPVS `wrr` has it.
 *
 * Rounds go down from the greatest weight to 1 in steps of the weights' greatest common divisor; a
 * round serves, in configured order, the backends of at least its weight.  The surprise: a heavy
 * backend is given its surplus first and all at once, 5,1,1 is a a a a a b c.  A tree of greatest
 * weights finds the next one, and the next round that has any, without walking the list. */
#include "divisor.h"
#include "lb.h"

#include <stdlib.h>

struct interleaved_wrr {
    uint32_t *most;                      /* [2 * leaves]: the greatest open weight below a node */
    uint32_t  leaves;                    /* a power of two >= count */
    uint32_t  next;                      /* index from which this round goes on */
    int64_t   round, first_round;        /* the weight that counts as enough */
    uint32_t  step;
};

static void set_leaf(struct interleaved_wrr *w, uint32_t i, uint32_t weight)
{
    uint32_t node = w->leaves + i;

    w->most[node] = weight;
    for (node /= 2; node > 0; node /= 2) {
        uint32_t a = w->most[2 * node], b = w->most[2 * node + 1];
        w->most[node] = a > b ? a : b;
    }
}

static void sync_leaf(struct lb *lb, uint32_t i)
{
    struct interleaved_wrr *w = lb->state;
    uint32_t weight = lb_is_open(lb, i) ? lb->backend[i].weight : 0;

    if (w->most[w->leaves + i] != weight)
        set_leaf(w, i, weight);
}

/* The first backend from index `from` on that has at least this weight; LB_NONE: none. */
static uint32_t next_heavy(const struct interleaved_wrr *w, uint32_t from, uint32_t weight)
{
    uint32_t node = w->leaves + from;

    if (from >= w->leaves)
        return LB_NONE;
    while (w->most[node] < weight) {
        while (node & 1)                 /* a right child: what follows hangs higher up */
            node /= 2;
        if (node == 0)
            return LB_NONE;
        node++;
    }
    while (node < w->leaves)
        node = w->most[2 * node] >= weight ? 2 * node : 2 * node + 1;
    return node - w->leaves;
}

/* Down to the next round in which somebody is heavy enough; after the last the first again. */
static void next_round(struct interleaved_wrr *w)
{
    int64_t most = w->most[1], step = w->step;

    w->next = 0;
    w->round -= step;
    if (w->round <= 0)
        w->round = w->first_round;
    if (w->round > most)
        w->round -= (w->round - most + step - 1) / step * step;
}

static void hide(struct lb *lb, uint32_t i)
{
    set_leaf(lb->state, i, 0);
}

static void for_tried(struct lb *lb, const struct lb_request *rq,
                      void (*act)(struct lb *, uint32_t))
{
    for (uint32_t word = 0; rq->avoid != NULL && 64 * word < lb->count; word++)
        for (uint64_t bits = rq->avoid[word] & lb->open[word]; bits != 0; bits &= bits - 1)
            act(lb, 64 * word + (uint32_t)__builtin_ctzll(bits));
}

static uint32_t take(struct interleaved_wrr *w)
{
    uint32_t i = LB_NONE;

    if (w->most[1] == 0)
        return LB_NONE;
    for (;;) {
        if (w->round <= w->most[1])
            i = next_heavy(w, w->next, (uint32_t)w->round);
        if (i != LB_NONE)
            break;
        next_round(w);
    }
    w->next = i + 1;
    return i;
}

static uint32_t interleaved_wrr_pick(struct lb *lb, const struct lb_request *rq)
{
    for_tried(lb, rq, hide);
    uint32_t i = take(lb->state);
    for_tried(lb, rq, sync_leaf);
    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}

static void interleaved_wrr_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)now;
    sync_leaf(lb, i);
}

static void interleaved_wrr_complete(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    (void)o;
    sync_leaf(lb, i);
}

static void interleaved_wrr_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    sync_leaf(lb, i);
}

static void make_room(struct lb *lb)
{
    struct interleaved_wrr *w = lb->state;

    free(w->most);
    w->leaves = 1;
    while (w->leaves < lb->capacity)
        w->leaves *= 2;
    w->most = lb_grow(NULL, 0, 2 * (size_t)w->leaves, sizeof *w->most);
    for (uint32_t i = 0; i < lb->count; i++)
        sync_leaf(lb, i);
}

/* IPVS goes back to the head of its list and stays in its round, where that still exists. */
static void reckon_rounds(struct lb *lb)
{
    struct interleaved_wrr *w = lb->state;
    uint32_t most = 0, step = 0;

    for (uint32_t k = 0; k < lb->live_count; k++) {
        uint32_t weight = lb->backend[lb->live[k]].weight;
        step = common_divisor(weight, step);
        most = weight > most ? weight : most;
    }
    w->next = 0;
    w->step = step != 0 ? step : 1;
    w->first_round = (int64_t)most - w->step + 1;
    if (w->round > w->first_round || w->round <= 0)
        w->round = w->first_round;
    else if (w->step > 1)
        w->round = w->round / w->step * w->step + 1;
}

static void interleaved_wrr_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    const struct interleaved_wrr *w = lb->state;

    if (lb->capacity > w->leaves)
        make_room(lb);
    sync_leaf(lb, i);
    if (what != LB_LIMIT)
        reckon_rounds(lb);
}

static int interleaved_wrr_start(struct lb *lb, const char **why)
{
    (void)why;
    make_room(lb);
    reckon_rounds(lb);
    return 0;
}

static void interleaved_wrr_stop(struct lb *lb)
{
    free(((struct interleaved_wrr *)lb->state)->most);
}

static size_t interleaved_wrr_bytes(const struct lb *lb)
{
    const struct interleaved_wrr *w = lb->state;

    return 2 * (size_t)w->leaves * sizeof *w->most;
}

static const struct lb_page page = {
    .rule = "Rounds go down from the greatest weight to the least in steps of the weights'\n"
            "greatest common divisor; each serves, in configured order, the backends of at\n"
            "least its weight. 5,1,1 gives a a a a a b c, and 4,3,2 a a b a b c a b c. A\n"
            "change of the set or of a weight goes back to the head of the list.",
    .cost = "O(log n) per pick and completion, 8 to 16 bytes a backend, O(n) per change.\n"
            "IPVS itself walks its list, once a round: 1000 rounds for a weight of 1000.",
    .used_by = "Linux IPVS `wrr`: keepalived's and kube-proxy's choice where weights differ.",
    .fails_when = "Weights far apart: the heavy backend gets the difference as one burst, of\n"
                  "999 requests where weights are 1000 and 1. Frequent changes favour the\n"
                  "first ones of the list.",
    .source = "Linux, net/netfilter/ipvs/ip_vs_wrr.c. The rounds are known from ATM networks:\n"
              "Katevenis, Sidiropoulos and Courcoubetis 1991.",
};

const struct lb_ops lb_interleaved_wrr = {
    .abi         = LB_ABI,
    .traits      = LB_WEIGHTED,
    .name        = "interleaved_wrr",
    .summary     = "rounds by weight, heaviest first: IPVS wrr's order",
    .page        = &page,
    .state_size  = sizeof(struct interleaved_wrr),
    .start       = interleaved_wrr_start,
    .stop        = interleaved_wrr_stop,
    .pick        = interleaved_wrr_pick,
    .on_pick     = interleaved_wrr_picked,
    .on_complete = interleaved_wrr_complete,
    .on_change   = interleaved_wrr_change,
    .bytes       = interleaved_wrr_bytes,
    .on_shared   = interleaved_wrr_shared,
};
