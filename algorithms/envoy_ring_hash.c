/* envoy_ring_hash.c - RING_HASH as Envoy and gRPC have it: the ring is given a size, and every
 * backend points on it in proportion to its weight.
 *
 * So when one goes the others get more points and more keys move than need to: 19 % instead of 10
 * when one of ten goes from a ring of 1024.  What is down is not on the ring at all. */
#include "address.h"
#include "hash_murmur.h"
#include "ring.h"
#include "spill.h"

#include <stdio.h>
#include <string.h>

enum { XX_HASH, MURMUR_HASH_2 };
static const uint64_t STD_HASH_SEED = 0xc70f6907u;       /* libstdc++'s, which Envoy takes */

struct envoy_ring_hash {
    uint32_t     least, most, hash_function;
    struct spill spill;
    struct ring  ring;
    bool         built;
};

static uint32_t least_weight(const struct lb *lb)
{
    uint32_t least = UINT32_MAX;

    for (uint32_t k = 0; k < lb->live_count; k++)
        if (lb->backend[lb->live[k]].weight < least)
            least = lb->backend[lb->live[k]].weight;
    return least;
}

static double round_up(double x)         /* 0 <= x < 2^53 */
{
    double whole = (double)(uint64_t)x;

    return whole < x ? whole + 1 : whole;
}

/* Points per unit of normalised weight: the lightest gets a whole number, within the maximum. */
static double scale_of(const struct lb *lb)
{
    const struct envoy_ring_hash *e = lb->state;
    double lightest = (double)least_weight(lb) / (double)lb->live_weight;
    double scale = round_up(lightest * (double)e->least) / lightest;

    return scale < (double)e->most ? scale : (double)e->most;
}

static uint64_t point_of(const struct envoy_ring_hash *e, const char *text, size_t length)
{
    return e->hash_function == MURMUR_HASH_2 ? hash_murmur2(text, length, STD_HASH_SEED)
                                       : lb_hash(text, length, 0);
}

/* "127.0.0.1:80_7" is point 7 of 127.0.0.1:80; a name beyond the buffer is cut. */
static void put_points(struct envoy_ring_hash *e, const struct lb *lb, uint32_t i, uint32_t count)
{
    struct label label;
    char text[512];

    label_of(&label, &lb->backend[i]);

    size_t length = label.length < sizeof text - 16 ? label.length : sizeof text - 16;

    memcpy(text, label.text, length);
    for (uint32_t k = 0; k < count; k++) {
        int digits = snprintf(text + length, 16, "_%u", k);
        ring_put(&e->ring, point_of(e, text, length + (size_t)digits), i);
    }
}

/* Targets are summed up in floating point in the order of configuration, as Envoy does. */
static void build(struct lb *lb)
{
    struct envoy_ring_hash *e = lb->state;
    double scale = lb->live_count > 0 ? scale_of(lb) : 0, target = 0, points = 0;

    ring_clear(&e->ring);
    for (uint32_t k = 0; k < lb->live_count; k++) {
        double weight = (double)lb->backend[lb->live[k]].weight / (double)lb->live_weight;
        target += scale * weight;
        double count = round_up(target) - points;
        put_points(e, lb, lb->live[k], (uint32_t)count);
        points += count;
    }
    ring_sort(&e->ring);
    e->built = true;
}

/* Try a is a points further on, as in Envoy when a retry may not go where it went before. */
static uint32_t walk(struct lb *lb, const struct lb_request *rq)
{
    const struct envoy_ring_hash *e = lb->state;
    uint32_t at = ring_find(&e->ring, rq->hash);

    for (uint32_t steps = 0; steps < e->ring.points; steps++, at = ring_next(&e->ring, at)) {
        if (lb_usable(lb, e->ring.point[at].backend, rq))
            return e->ring.point[at].backend;
        if (steps == 64 && lb_next_usable(lb, rq, 0) == LB_NONE)
            break;
    }
    return lb_next_usable(lb, rq, 0);            /* one without a point: a ring too small */
}

static uint32_t envoy_ring_hash_pick(struct lb *lb, const struct lb_request *rq)
{
    struct envoy_ring_hash *e = lb->state;

    if (lb->open_count == 0)
        return lb_none_or_full(lb, rq);
    if (!e->built)
        build(lb);

    uint32_t home = walk(lb, rq);

    return home == LB_NONE ? lb_none_or_full(lb, rq) : spill_pick(&e->spill, lb, rq, home);
}

static void envoy_ring_hash_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)i;
    (void)now;
    ((struct envoy_ring_hash *)lb->state)->spill.inflight++;
}

static void envoy_ring_hash_complete(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    (void)i;
    (void)outcome;
    ((struct envoy_ring_hash *)lb->state)->spill.inflight--;
}

static void envoy_ring_hash_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)i;
    ((struct envoy_ring_hash *)lb->state)->spill.inflight += (uint64_t)by;
}

static void make_room(struct lb *lb)
{
    struct envoy_ring_hash *e = lb->state;

    if (lb->live_count > 0)                      /* one more: the sum of targets is rounded */
        ring_reserve(&e->ring, (uint32_t)round_up(scale_of(lb)) + 1);
    shuffle_reserve(&e->spill.shuffle, lb->capacity);
    e->built = false;
}

static void envoy_ring_hash_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    (void)i;
    if (what != LB_LIMIT)
        make_room(lb);
}

static int envoy_ring_hash_start(struct lb *lb, const char **why)
{
    const struct envoy_ring_hash *e = lb->state;

    *why = e->least > e->most ? "min_ring_size is above max_ring_size" : spill_fault(&e->spill);
    if (*why != NULL)
        return -1;
    make_room(lb);
    return 0;
}

static void envoy_ring_hash_stop(struct lb *lb)
{
    struct envoy_ring_hash *e = lb->state;

    ring_free(&e->ring);
    shuffle_free(&e->spill.shuffle);
}

static size_t envoy_ring_hash_bytes(const struct lb *lb)
{
    const struct envoy_ring_hash *e = lb->state;

    return ring_memory(&e->ring) + e->spill.shuffle.room * 2 * sizeof(uint32_t);
}

static const char *const functions[] = { "xx_hash", "murmur_hash_2", NULL };

static const struct lb_param params[] = {
    { "min_ring_size", LB_UINT, offsetof(struct envoy_ring_hash, least), 1024, 1, 8388608,
      "points on the ring at least, where the maximum allows" },
    { "max_ring_size", LB_UINT, offsetof(struct envoy_ring_hash, most), 8388608, 1, 8388608,
      "points at most; gRPC caps both at 4096. Fewer points than backends: some get none" },
    { "hash_function", LB_CHOICE, offsetof(struct envoy_ring_hash, hash_function), XX_HASH, 0, 1,
      "of the points; murmur_hash_2 is libstdc++'s, as in Envoy on Linux", functions },
    { "hash_balance_factor", LB_UINT, offsetof(struct envoy_ring_hash, spill.factor), 0, 0, 100000,
      "percent of its share that a backend may have in flight: 100 or more, 0 for no bound" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "scale = min(ceil(w min_ring_size) / w, max_ring_size), w the least weight over\n"
            "the sum. Backends in turn get points until they have the sum of scale x weight\n"
            "up to theirs: hashes of name_0, name_1, ... A key belongs to the first point\n"
            "at or after its hash; a try that must go elsewhere takes the next point. With\n"
            "hash_balance_factor f a backend has room while its in flight is at most\n"
            "ceil(ceil((all + 1) f / 100) w); if not, the others are asked in an order\n"
            "shuffled by the hash (MT19937).",
    .cost = "O(1) per pick, 33 bytes a point, 8 a backend; O(points) at the first pick\n"
            "after any backend came, went, failed or changed weight (1024 points 0.1 ms).\n"
            "A spill seeds a generator, 3 us, and asks up to all backends.",
    .used_by = "Envoy `RING_HASH`, gRPC `ring_hash_experimental` (max 4096), Istio's\n"
               "consistentHash, Envoy Gateway, Contour, Emissary.",
    .fails_when = "One of n leaves a ring of fixed size: everybody's number of points changes,\n"
                  "and so do keys: 40 % at 3 -> 2, 19 % at 10 -> 9, with the usual 1024. A ring\n"
                  "smaller than about 100 n is uneven: 2.3 times the mean at 100 backends. More\n"
                  "backends than max_ring_size: some get nothing.",
    .source = "Envoy, ring_hash_lb.cc and thread_aware_lb_impl.cc (1.26), checked against\n"
              "its tests; gRFC A42.",
};

const struct lb_ops lb_envoy_ring_hash = {
    .abi         = LB_ABI,
    .traits      = LB_WEIGHTED | LB_BY_KEY | LB_BY_LOAD,
    .name        = "envoy_ring_hash",
    .summary     = "a ring of given size, bounded load (Envoy, gRPC)",
    .page        = &page,
    .state_size  = sizeof(struct envoy_ring_hash),
    .params      = params,
    .start       = envoy_ring_hash_start,
    .stop        = envoy_ring_hash_stop,
    .pick        = envoy_ring_hash_pick,
    .on_pick     = envoy_ring_hash_picked,
    .on_complete = envoy_ring_hash_complete,
    .on_change   = envoy_ring_hash_change,
    .bytes       = envoy_ring_hash_bytes,
    .on_shared   = envoy_ring_hash_shared,
};
