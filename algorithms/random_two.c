/* random_two.c - nginx's random two least_conn: two different backends drawn by weight, the one
 * with the least in flight / weight, the second if equal.
 *
 * A draw that cannot be used (the same again, down, full, tried) is lost; after 20 lost ones the
 * request goes by smooth weighted round robin.  So where many are down, it is round robin. */
#include "smooth.h"

#include <stdlib.h>

enum { MOST_LOST = 20 };

struct random_two {
    struct smooth smooth;                /* of all open ones, at one cost: the round robin */
    uint64_t     *until;                 /* [listed]: weights added up, those of down ones too */
    uint32_t     *listed_as;             /* [listed]: the backend */
    uint32_t      listed, room;
    bool          two, built;
};

/* What is configured, up or not: a backend that is down keeps its share of the draws. */
static void build(struct lb *lb)
{
    struct random_two *t = lb->state;
    uint64_t sum = 0;

    t->built = true;
    t->listed = 0;
    for (uint32_t i = 0; i < lb->count; i++) {
        if (lb->backend[i].state == LB_GONE || lb->backend[i].weight == 0)
            continue;
        t->listed_as[t->listed] = i;
        t->until[t->listed++] = sum += lb->backend[i].weight;
    }
}

static uint32_t draw(struct lb *lb)
{
    const struct random_two *t = lb->state;
    uint64_t x = lb_random_bits(lb) % t->until[t->listed - 1];
    uint32_t low = 0, high = t->listed - 1;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (t->until[middle] <= x)
            low = middle + 1;
        else
            high = middle;
    }
    return t->listed_as[low];
}

static bool is_busier(const struct lb_backend *a, const struct lb_backend *b)
{
    return (uint64_t)a->inflight * b->weight > (uint64_t)b->inflight * a->weight;
}

static uint32_t random_two_pick(struct lb *lb, const struct lb_request *rq)
{
    struct random_two *t = lb->state;
    uint32_t before = LB_NONE;

    if (!t->built)
        build(lb);
    if (lb->open_count == 0)
        return lb_none_or_full(lb, rq);
    for (int lost = 0; lost <= MOST_LOST;) {
        uint32_t i = draw(lb);
        if (i == before || !lb_usable(lb, i, rq)) {
            lost++;
            continue;
        }
        if (!t->two)
            return i;
        if (before != LB_NONE)
            return is_busier(&lb->backend[i], &lb->backend[before]) ? before : i;
        before = i;
    }
    return smooth_pick(lb, rq);
}

static void random_two_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)now;
    if (lb->backend[i].limit != 0)
        smooth_keep(lb, i, 0);
}

static void random_two_complete(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    (void)o;
    if (lb->backend[i].limit != 0)
        smooth_keep(lb, i, 0);
}

static void random_two_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    random_two_picked(lb, i, 0);
}

static void make_room(struct lb *lb)
{
    struct random_two *t = lb->state;

    smooth_room(lb);
    t->until = lb_grow(t->until, t->room, lb->capacity, sizeof *t->until);
    t->listed_as = lb_grow(t->listed_as, t->room, lb->capacity, sizeof *t->listed_as);
    t->room = lb->capacity;
}

static void random_two_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    if (what == LB_ADDED)
        make_room(lb);
    if (what != LB_LIMIT && what != LB_STATE)
        ((struct random_two *)lb->state)->built = false;
    smooth_keep(lb, i, 0);
}

static int random_two_start(struct lb *lb, const char **why)
{
    (void)why;
    make_room(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        smooth_keep(lb, i, 0);
    return 0;
}

static void random_two_stop(struct lb *lb)
{
    struct random_two *t = lb->state;

    smooth_free(&t->smooth);
    free(t->until);
    free(t->listed_as);
}

static size_t random_two_bytes(const struct lb *lb)
{
    const struct random_two *t = lb->state;

    return smooth_bytes(&t->smooth) + t->room * (sizeof *t->until + sizeof *t->listed_as);
}

static const struct lb_param params[] = {
    { "two", LB_BOOL, offsetof(struct random_two, two), 1, 0, 1,
      "compare two draws? false: nginx `random`, one draw by weight" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "Draws backends by weight, those that are down too, until it has two different\n"
            "usable ones; takes the one with the least in flight / weight, the second of\n"
            "equals. After more than 20 lost draws: smooth weighted round robin.",
    .cost = "O(log n) a draw, about 100 bytes a backend; O(n) at the first pick after a\n"
            "backend was added, removed or changed weight.",
    .used_by = "nginx `random two least_conn`, and with `two` false its `random`.",
    .fails_when = "A single backend, or all but one of them down: 21 draws are lost at every\n"
                  "pick. A heavy backend next to light ones is drawn again and again, so light\n"
                  "ones get more than their weight. Otherwise as p2c.",
    .source = "nginx, ngx_http_upstream_random_module.c.",
};

const struct lb_ops lb_random_two = {
    .abi         = LB_ABI,
    .traits      = LB_FEEDBACK | LB_RAMPS,
    .name        = "random_two",
    .summary     = "nginx's random two: the less busy of two by weight",
    .page        = &page,
    .state_size  = sizeof(struct random_two),
    .params      = params,
    .start       = random_two_start,
    .stop        = random_two_stop,
    .pick        = random_two_pick,
    .on_pick     = random_two_picked,
    .on_complete = random_two_complete,
    .on_change   = random_two_change,
    .bytes       = random_two_bytes,
    .on_shared   = random_two_shared,
};
