/* least_conn_smooth.c - nginx's least_conn, pick for pick: the least in flight / weight, and of
 * those that tie the one whose turn it is by smooth weighted round robin among the tied.
 *
 * Only the tied ones earn credit, so the order differs from that of weighted_round_robin as soon
 * as anything is in flight; one at a time, from idle, it is the same.  With `max_fails`, those that
 * failed lately stand apart, and are scanned. */
#include "max_fails.h"
#include "smooth.h"

struct least_conn_smooth { struct smooth smooth; struct max_fails fails; };

static void keep(struct lb *lb, uint32_t i)
{
    const struct least_conn_smooth *l = lb->state;

    if (max_fails_is_apart(&l->fails, i))
        smooth_set_aside(lb, i);
    else
        smooth_keep(lb, i, lb->backend[i].inflight);
}

/* ---- with some apart ---- */

static int compare(struct smooth_ratio a, struct smooth_ratio b)
{
    uint64_t left = (uint64_t)a.cost * b.weight, right = (uint64_t)b.cost * a.weight;

    return (left > right) - (left < right);
}

static struct smooth_ratio ratio_of(const struct lb *lb, uint32_t i)
{
    return (struct smooth_ratio){ .cost = lb->backend[i].inflight,
                                  .weight = lb->backend[i].weight };
}

/* The least ratio of all that may be tried; `usual` is that of those not apart, if there are any.
 * false: nobody may. */
static bool least_of_all(const struct lb *lb, const struct lb_request *rq, bool has_usual,
                         struct smooth_ratio usual, struct smooth_ratio *least)
{
    const struct max_fails *f = &((const struct least_conn_smooth *)lb->state)->fails;
    bool found = has_usual;

    *least = usual;
    for (uint32_t k = 0; k < f->aparts; k++) {
        uint32_t i = f->apart[k];
        if (!max_fails_may_try(f, lb, rq, i))
            continue;
        if (!found || compare(ratio_of(lb, i), *least) < 0)
            *least = ratio_of(lb, i);
        found = true;
    }
    return found;
}

/* How many of those apart have the least ratio, and one of them. */
static uint32_t count_tied(const struct lb *lb, const struct lb_request *rq,
                           struct smooth_ratio least, uint32_t *one)
{
    const struct max_fails *f = &((const struct least_conn_smooth *)lb->state)->fails;
    uint32_t tied = 0;

    for (uint32_t k = 0; k < f->aparts; k++) {
        uint32_t i = f->apart[k];
        if (!max_fails_may_try(f, lb, rq, i) || compare(ratio_of(lb, i), least) != 0)
            continue;
        *one = i;
        tied++;
    }
    return tied;
}

/* What is left of their weight is what they earn. */
static void raise_apart(struct lb *lb, const struct lb_request *rq, struct smooth_ratio least,
                        struct smooth_turn *t)
{
    struct max_fails *f = &((struct least_conn_smooth *)lb->state)->fails;

    for (uint32_t k = 0; k < f->aparts; k++) {
        uint32_t i = f->apart[k], weight;
        if (!max_fails_may_try(f, lb, rq, i) || compare(ratio_of(lb, i), least) != 0)
            continue;
        weight = max_fails_weight(f, lb, i);
        smooth_earn(lb, i, weight);
        t->weight += weight;
        int64_t more = t->best == LB_NONE ? 1 : smooth_credit(lb, i) - smooth_credit(lb, t->best);
        if (more > 0 || (more == 0 && i < t->best))
            t->best = i;
    }
}

/* One that has the least alone is taken with no turn: no credit moves, no weight grows back. */
static uint32_t take_turn(struct lb *lb, const struct lb_request *rq)
{
    struct smooth_ratio usual = { 0, 1 }, least;
    struct smooth_turn t = { .best = LB_NONE };
    bool has_usual = smooth_least(lb, &usual);
    uint32_t only = LB_NONE, tied;

    if (!least_of_all(lb, rq, has_usual, usual, &least))
        return LB_NONE;
    tied = count_tied(lb, rq, least, &only);
    if (has_usual && compare(usual, least) == 0)
        smooth_raise(lb, &t);
    else if (tied == 1)
        return only;
    raise_apart(lb, rq, least, &t);
    smooth_earn(lb, t.best, -(int64_t)t.weight);
    return t.best;
}

static uint32_t least_conn_smooth_pick(struct lb *lb, const struct lb_request *rq)
{
    struct max_fails *f = &((struct least_conn_smooth *)lb->state)->fails;
    uint32_t i;

    if (f->aparts == 0) {
        i = smooth_pick(lb, rq);
    } else if (lb_next_usable(lb, rq, 0) == LB_NONE) {
        return lb_none_or_full(lb, rq);
    } else {
        smooth_begin(lb, rq);
        i = take_turn(lb, rq);
        smooth_end(lb, rq);
    }
    if (i < lb->count)
        max_fails_picked(f, lb, i, rq->now);
    return i;
}

/* ---- what changes ---- */

static void least_conn_smooth_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)now;
    keep(lb, i);
}

static void least_conn_smooth_complete(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    keep(lb, i);
    max_fails_complete(&((struct least_conn_smooth *)lb->state)->fails, lb, i, o);
}

static void least_conn_smooth_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    keep(lb, i);
}

static void make_room(struct lb *lb)
{
    smooth_room(lb);
    max_fails_room(&((struct least_conn_smooth *)lb->state)->fails, lb->capacity);
}

static void least_conn_smooth_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    if (what == LB_ADDED)
        make_room(lb);
    keep(lb, i);
}

static int least_conn_smooth_start(struct lb *lb, const char **why)
{
    (void)why;
    ((struct least_conn_smooth *)lb->state)->fails.moved = keep;
    make_room(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        smooth_keep(lb, i, 0);
    return 0;
}

static void least_conn_smooth_stop(struct lb *lb)
{
    struct least_conn_smooth *l = lb->state;

    smooth_free(&l->smooth);
    max_fails_free(&l->fails);
}

static size_t least_conn_smooth_bytes(const struct lb *lb)
{
    const struct least_conn_smooth *l = lb->state;

    return smooth_bytes(&l->smooth) + max_fails_bytes(&l->fails);
}

static const struct lb_param params[] = {
    MAX_FAILS_PARAMS(least_conn_smooth, fails),
    { .name = NULL },
};

static const struct lb_page page = {
    .rule = "Takes the usable backend with the least in flight / weight. If several have\n"
            "it: adds each one's weight to its credit, takes the greatest (the first of\n"
            "equals) and subtracts the sum of the tied weights from it. With max_fails a\n"
            "failure takes weight / max_fails off what is earned, which grows back by 1 a\n"
            "turn, and after so many the backend sits out for fail_timeout.",
    .cost = "O(distinct weights + log n) per pick and per completion, about 90 bytes a\n"
            "backend. The order is that of nginx's scan. With max_fails, those that failed\n"
            "lately are scanned.",
    .used_by = "nginx `least_conn`. One instance a worker process, or one shared with `zone`.",
    .fails_when = "As least_conn: fast failures attract, separate workers herd, a new backend is\n"
                  "flooded. At few in flight the ratio cannot meet the weights.",
    .source = "nginx, ngx_http_upstream_least_conn_module.c; order checked against recordings\n"
              "of nginx 1.22.1, also of failures.",
};

const struct lb_ops lb_least_conn_smooth = {
    .abi         = LB_ABI,
    .traits      = LB_WEIGHTED | LB_FEEDBACK | LB_RAMPS,
    .name        = "least_conn_smooth",
    .summary     = "in flight / weight, ties in exactly nginx's order",
    .page        = &page,
    .state_size  = sizeof(struct least_conn_smooth),
    .params      = params,
    .start       = least_conn_smooth_start,
    .stop        = least_conn_smooth_stop,
    .pick        = least_conn_smooth_pick,
    .on_pick     = least_conn_smooth_picked,
    .on_complete = least_conn_smooth_complete,
    .on_change   = least_conn_smooth_change,
    .bytes       = least_conn_smooth_bytes,
    .on_shared   = least_conn_smooth_shared,
};
