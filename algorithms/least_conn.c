/* least_conn.c - the fewest requests in flight; of equals the one that has waited longest.
 *
 * The open backends stand in ranks, one a distinct in-flight count, lowest first; each rank is a
 * queue.  A pick takes the head of the lowest rank and it joins the tail of the next: O(1), and
 * ties rotate by themselves.  A backend at its limit stands in no rank. */
#include "lb.h"

#include <stdlib.h>

struct seat {                            /* a backend's place in the queue of its rank */
    uint32_t rank;                       /* 0: in none */
    uint32_t before, after;
};

struct rank {                            /* rank 0 is both ends of the chain of ranks */
    uint32_t inflight;
    uint32_t first, last;
    uint32_t below, above;
};

struct least_conn {
    struct seat *seat;                   /* by backend */
    struct rank *rank;
    uint32_t     room;
    uint32_t     ranks, spare;           /* ranks ever used; those free again, through .above */
};

static uint32_t rank_new(struct least_conn *lc, uint32_t inflight, uint32_t below)
{
    uint32_t r = lc->spare, above = lc->rank[below].above;

    if (r != 0)
        lc->spare = lc->rank[r].above;
    else
        r = ++lc->ranks;
    lc->rank[r] = (struct rank){ inflight, LB_NONE, LB_NONE, below, above };
    lc->rank[below].above = r;
    lc->rank[above].below = r;
    return r;
}

static void rank_free(struct least_conn *lc, uint32_t r)
{
    struct rank *rank = lc->rank;

    rank[rank[r].below].above = rank[r].above;
    rank[rank[r].above].below = rank[r].below;
    rank[r].above = lc->spare;
    lc->spare = r;
}

static void queue_join(struct least_conn *lc, uint32_t r, uint32_t i)
{
    uint32_t last = lc->rank[r].last;

    lc->seat[i] = (struct seat){ r, last, LB_NONE };
    lc->rank[r].last = i;
    if (last == LB_NONE)
        lc->rank[r].first = i;
    else
        lc->seat[last].after = i;
}

static void queue_leave(struct least_conn *lc, uint32_t i)
{
    struct seat s = lc->seat[i];

    if (s.before == LB_NONE)
        lc->rank[s.rank].first = s.after;
    else
        lc->seat[s.before].after = s.after;
    if (s.after == LB_NONE)
        lc->rank[s.rank].last = s.before;
    else
        lc->seat[s.after].before = s.before;
    lc->seat[i].rank = 0;
}

/* The highest rank below `inflight`, looked for from `r` on: a step or two after a pick. */
static uint32_t rank_below(const struct least_conn *lc, uint32_t r, uint32_t inflight)
{
    const struct rank *rank = lc->rank;

    while (r != 0 && rank[r].inflight >= inflight)
        r = rank[r].below;
    while (rank[r].above != 0 && rank[rank[r].above].inflight < inflight)
        r = rank[r].above;
    return r;
}

static void least_conn_sync(struct lb *lb, uint32_t i)
{
    struct least_conn *lc = lb->state;
    uint32_t from = lc->seat[i].rank, inflight = lb->backend[i].inflight;
    bool open = lb_is_open(lb, i);

    if (from != 0 ? open && lc->rank[from].inflight == inflight : !open)
        return;
    if (from != 0)
        queue_leave(lc, i);
    if (open) {
        uint32_t below = rank_below(lc, from, inflight), r = lc->rank[below].above;
        if (r == 0 || lc->rank[r].inflight != inflight)
            r = rank_new(lc, inflight, below);
        queue_join(lc, r, i);
    }
    if (from != 0 && lc->rank[from].first == LB_NONE)
        rank_free(lc, from);
}

static uint32_t least_conn_pick(struct lb *lb, const struct lb_request *rq)
{
    const struct least_conn *lc = lb->state;

    for (uint32_t r = lc->rank[0].above; r != 0; r = lc->rank[r].above)
        for (uint32_t i = lc->rank[r].first; i != LB_NONE; i = lc->seat[i].after)
            if (!lb_is_avoided(rq, i))
                return i;
    return lb_none_or_full(lb, rq);
}

static void least_conn_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)now;
    least_conn_sync(lb, i);
}

static void least_conn_complete(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    (void)outcome;
    least_conn_sync(lb, i);
}

static void least_conn_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    least_conn_sync(lb, i);
}

static void make_room(struct lb *lb)
{
    struct least_conn *lc = lb->state;
    uint32_t room = lb->capacity + 2;    /* rank 0, and a new rank before the old one is freed */

    lc->seat = lb_grow(lc->seat, lc->room, room, sizeof *lc->seat);
    lc->rank = lb_grow(lc->rank, lc->room, room, sizeof *lc->rank);
    lc->room = room;
}

static void least_conn_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    if (what == LB_ADDED)
        make_room(lb);
    least_conn_sync(lb, i);
}

static int least_conn_start(struct lb *lb, const char **why)
{
    (void)why;
    make_room(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        least_conn_sync(lb, i);
    return 0;
}

static void least_conn_stop(struct lb *lb)
{
    struct least_conn *lc = lb->state;

    free(lc->seat);
    free(lc->rank);
}

static size_t least_conn_bytes(const struct lb *lb)
{
    const struct least_conn *lc = lb->state;

    return lc->room * (sizeof *lc->seat + sizeof *lc->rank);
}

static const struct lb_page page = {
    .rule = "Takes the usable backend with the fewest requests in flight. Of several equal\n"
            "ones the one that has stood at that count longest, so ties rotate. Weights are\n"
            "ignored but for 0, which means none.",
    .cost = "O(1) per pick and per completion, 32 bytes a backend.",
    .used_by = "HAProxy `leastconn` and nginx `least_conn` (both with weights: see\n"
               "weighted_least_conn), Caddy `least_conn`, AWS least_outstanding_requests,\n"
               "IPVS `lc`, Envoy LEAST_REQUEST with a full scan.",
    .fails_when = "A backend that fails fast has few in flight and attracts everything. Several\n"
                  "balancers that count each for itself see little and may herd on one backend.\n"
                  "A new, cold backend is given all requests until it has as many in flight as\n"
                  "the others. Equal concurrency is not equal rate: a slow one gets fewer.",
    .source = "Winston 1977 for the shortest queue's optimality; HAProxy lb_fwlc.c up to 3.1\n"
              "for first-in-first-out among equals.",
};

const struct lb_ops lb_least_conn = {
    .abi         = LB_ABI,
    .traits      = LB_FEEDBACK,
    .name        = "least_conn",
    .aliases     = "lc",
    .summary     = "fewest in flight, unweighted, ties rotate (HAProxy leastconn, equal weights)",
    .page        = &page,
    .state_size  = sizeof(struct least_conn),
    .start       = least_conn_start,
    .stop        = least_conn_stop,
    .pick        = least_conn_pick,
    .on_pick     = least_conn_picked,
    .on_complete = least_conn_complete,
    .on_change   = least_conn_change,
    .bytes       = least_conn_bytes,
    .on_shared   = least_conn_shared,
};
