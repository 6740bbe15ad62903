/* priority.c - failover by priorities with over-provisioning: a level that is not healthy enough
 * gives up a part of the load to the next, before it is lost.  Envoy's priority levels.
 *
 * Every level is taken to be able to carry all of the load, whatever its size. */
#include "parts.h"

#include <stdlib.h>

enum { MOST_LEVELS = 128 };

struct level {
    uint32_t all, up;                    /* backends */
    uint32_t load;                       /* percent of the requests */
};

struct priority {
    struct parts  parts;                 /* by priority */
    uint32_t      overprovisioning, threshold;
    struct level *level;                 /* [parts.count] */
};

static uint32_t level_of(const struct lb *lb, uint32_t i)
{
    uint32_t priority = lb_place_of(lb, i).priority;

    return priority < MOST_LEVELS ? priority : MOST_LEVELS - 1;
}

/* ---- loads ---- */

static void count_backends(struct lb *lb)
{
    struct priority *p = lb->state;

    for (uint32_t k = 0; k < p->parts.count; k++)
        p->level[k] = (struct level){ .all = 0 };
    for (uint32_t i = 0; i < lb->count; i++) {
        const struct lb_backend *b = &lb->backend[i];

        p->level[level_of(lb, i)].all += b->state != LB_GONE && b->weight > 0;
        p->level[level_of(lb, i)].up += b->state == LB_UP && b->weight > 0;
    }
}

static uint32_t health_of(const struct priority *p, const struct level *l)
{
    uint64_t health = l->all > 0 ? (uint64_t)p->overprovisioning * l->up / l->all : 0;

    return health < 100 ? (uint32_t)health : 100;
}

static bool is_below_threshold(const struct priority *p, const struct level *l)
{
    return 100ull * l->up < (uint64_t)p->threshold * l->all;
}

/* What rounding leaves goes to the first that has a part. */
static void give_rest(struct priority *p, uint32_t rest)
{
    for (uint32_t k = 0; k < p->parts.count; k++)
        if (p->level[k].load > 0) {
            p->level[k].load += rest;
            return;
        }
}

static void load_by_health(struct priority *p, uint32_t total)
{
    uint32_t rest = 100;

    for (uint32_t k = 0; k < p->parts.count && total > 0; k++) {
        uint32_t load = health_of(p, &p->level[k]) * 100 / total;

        p->level[k].load = load < rest ? load : rest;
        rest -= p->level[k].load;
    }
    give_rest(p, rest);
}

static void load_by_size(struct priority *p)
{
    uint64_t all = 0;
    uint32_t rest = 100;

    for (uint32_t k = 0; k < p->parts.count; k++)
        all += p->level[k].all;
    for (uint32_t k = 0; k < p->parts.count && all > 0; k++) {
        p->level[k].load = (uint32_t)(100ull * p->level[k].all / all);
        rest -= p->level[k].load;
    }
    give_rest(p, rest);
}

/* Panic is for when all levels together are not whole; each then judges by itself, and when all
 * panic their sizes decide. */
static void deal_load(struct lb *lb)
{
    struct priority *p = lb->state;
    uint32_t total = 0, calm = 0;

    count_backends(lb);
    for (uint32_t k = 0; k < p->parts.count; k++)
        total += health_of(p, &p->level[k]);
    total = total < 100 ? total : 100;
    for (uint32_t k = 0; k < p->parts.count; k++) {
        bool is_panic = total < 100 && is_below_threshold(p, &p->level[k]);

        parts_force(lb, &p->parts, k, is_panic);
        calm += p->level[k].all > 0 && !is_panic;
    }
    if (calm > 0)
        load_by_health(p, total);
    else
        load_by_size(p);
}

/* ---- picking ---- */

/* The key decides where keys decide, so that a key keeps its level. */
static uint32_t draw_level(struct lb *lb, const struct lb_request *rq)
{
    const struct priority *p = lb->state;
    uint32_t k = 0, point;

    if (p->parts.count == 1 || p->level[0].load == 100)
        return 0;
    point = lb->traits & LB_BY_KEY ? (uint32_t)(rq->hash % 100) : lb_random_below(lb, 100);
    while (k + 1 < p->parts.count && point >= p->level[k].load)
        point -= p->level[k++].load;
    return k;
}

static uint32_t priority_pick(struct lb *lb, const struct lb_request *rq)
{
    struct priority *p = lb->state;
    uint32_t first = draw_level(lb, rq), found = parts_pick(lb, &p->parts, first, rq);
    bool is_full = found == LB_FULL;

    for (uint32_t k = 0; k < p->parts.count && found >= LB_FULL; k++)
        if (k != first) {
            found = parts_pick(lb, &p->parts, k, rq);
            is_full = is_full || found == LB_FULL;
        }
    return found < LB_FULL ? found : is_full ? LB_FULL : LB_NONE;
}

/* ---- changes ---- */

static int make_level(struct lb *lb, uint32_t k, const char **why)
{
    struct priority *p = lb->state;
    uint32_t was = p->parts.count;

    if (parts_reserve(lb, &p->parts, k + 1, why) != 0)
        return -1;
    p->level = lb_grow(p->level, was, p->parts.count, sizeof *p->level);
    return 0;
}

static void priority_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct priority *p = lb->state;
    const char *why;

    if (what == LB_ADDED) {
        if (make_level(lb, level_of(lb, i), &why) != 0)
            abort();                     /* one like it started before */
        parts_put(lb, &p->parts, i, level_of(lb, i), lb->backend[i].weight);
    } else if (what == LB_WEIGHT) {
        parts_weigh(&p->parts, i, lb->backend[i].weight);
    } else {
        parts_tell(lb, &p->parts, i);
    }
    if (what != LB_LIMIT)
        deal_load(lb);
}

static int priority_start(struct lb *lb, const char **why)
{
    struct priority *p = lb->state;

    if (make_level(lb, 0, why) != 0)
        return -1;
    for (uint32_t i = 0; i < lb->count; i++) {
        if (make_level(lb, level_of(lb, i), why) != 0)
            return -1;
        parts_put(lb, &p->parts, i, level_of(lb, i), lb->backend[i].weight);
    }
    deal_load(lb);
    return parts_start(&p->parts, why);
}

static void priority_stop(struct lb *lb)
{
    parts_on_stop(lb);
    free(((struct priority *)lb->state)->level);
}

static size_t priority_bytes(const struct lb *lb)
{
    const struct priority *p = lb->state;

    return parts_bytes(lb) + p->parts.count * sizeof *p->level;
}

static const struct lb_param params[] = {
    { "overprovisioning", LB_UINT, offsetof(struct priority, overprovisioning), 140, 100, 10000,
      "percent: a level counts as whole while up / all times this is 100 % or more" },
    { "threshold", LB_UINT, offsetof(struct priority, threshold), 50, 0, 100,
      "percent of a level that must be up, or its health is not believed; 0: never panics" },
    { .name = NULL },
};

static const struct lb_page page = {
    .rule = "A level's health is min(100, overprovisioning * up / all). In order of\n"
            "priority each gets its health of the load until 100 % is dealt; if all\n"
            "together make less than 100, parts of the sum. While they do, a level with\n"
            "less than `threshold` % up uses those that are down too; if all do, sizes\n"
            "decide. A draw (for hashes: the key) chooses the level, its inner balancer the\n"
            "backend. When that finds none, the other levels are asked in order. Priorities\n"
            "are 0 to 127.",
    .cost = "O(levels) per pick, O(n) at a change of state; an inner balancer a level, 20\n"
            "bytes a backend.",
    .used_by = "Envoy priorities with overprovisioning_factor 140, so locality failover of\n"
               "Istio and Envoy Gateway. HAProxy `backup` and nginx `backup`: 10000 is near to\n"
               "it.",
    .fails_when = "The next level is smaller than the first: it gets the load all the same.\n"
                  "Checks that eject few backends (max_ejection_percent) never make a level\n"
                  "unhealthy, so nothing fails over.",
    .source = "Envoy 1.26, load_balancer_impl.cc, and its GentleFailover tests: 1 of 2 and 1\n"
              "of 2 up gives 70 and 30; priority.rst, panic_threshold.rst.",
};

const struct lb_ops lb_priority = {
    .abi         = LB_ABI,
    .traits      = LB_WRAPS | LB_PANICS,
    .name        = "priority",
    .summary     = "wrapper: failover by levels, over-provisioned (Envoy)",
    .page        = &page,
    .state_size  = sizeof(struct priority),
    .params      = params,
    .start       = priority_start,
    .stop        = priority_stop,
    .pick        = priority_pick,
    .on_pick     = parts_on_pick,
    .on_complete = parts_on_complete,
    .on_change   = priority_change,
    .on_report   = parts_on_report,
    .bytes       = priority_bytes,
    .on_shared   = parts_on_shared,
    .inherits    = PARTS_INHERIT,
};
