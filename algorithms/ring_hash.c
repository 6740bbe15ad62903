/* ring_hash.c - consistent hashing: each backend has points on a ring, a key belongs to the next.
 *
 * A backend's points depend on its id and weight alone, so what others do never moves its keys;
 * unusable ones keep theirs and are walked past.  `load_bound` c makes it Mirrokni's: nobody gets
 * more than c times its share of what is in flight, the rest spills on along the ring. */
#include "lb.h"

#include <stdlib.h>

/* A point is one word, 40 bits of hash above 24 bits of index, so that it sorts as a number. */
enum { INDEX_BITS = 24 };
/* The ring in parts, for building. */
enum { MOST_PART_BITS = 11, MOST_PARTS = 1 << MOST_PART_BITS };
static const uint32_t MOST_BACKENDS = 1u << INDEX_BITS;
static const uint64_t MOST_POINTS = 1u << 25;

struct ring_hash {
    uint32_t  vnodes;
    double    load_bound;
    uint64_t *point;                     /* [points], ascending */
    uint32_t *bucket;                    /* [2^bits]: where points with these top bits begin */
    uint64_t  inflight;                  /* over all backends */
    uint32_t  points, room, bucket_room, bits;
    bool      built;
};

static bool is_on_ring(const struct lb_backend *b)
{
    return b->state != LB_GONE && b->weight > 0;
}

/* Points of one backend.  `halve` keeps rings of absurd weights within MOST_POINTS. */
static uint64_t points_of(const struct ring_hash *ring, const struct lb_backend *b, uint32_t halve)
{
    uint64_t points = (uint64_t)ring->vnodes * b->weight >> halve;

    return points > 0 ? points : 1;
}

static uint64_t points_of_all(const struct lb *lb, uint32_t halve)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < lb->count; i++)
        if (is_on_ring(&lb->backend[i]))
            sum += points_of(lb->state, &lb->backend[i], halve);
    return sum;
}

static uint32_t halvings(const struct lb *lb)
{
    uint32_t halve = 0;

    while (halve < 63 && points_of_all(lb, halve) > MOST_POINTS)
        halve++;
    return halve;
}

static uint64_t point_at(const struct lb_backend *b, uint32_t i, uint64_t k)
{
    uint64_t hash = lb_mix(lb_mix(b->id ^ 0x9e3779b97f4a7c15u) + k * 0x9e3779b97f4a7c15u);

    return hash >> INDEX_BITS << INDEX_BITS | i;
}

/* ---- building ----
 *
 * Two passes over the points, each made anew from its backend: they are counted by part of the
 * ring, then put into their part, and each part, which fits a cache, is sorted by buckets of about
 * four and insertion.  O(points). */

static uint32_t part_bits(const struct ring_hash *ring)
{
    return ring->bits < MOST_PART_BITS ? ring->bits : MOST_PART_BITS;
}

static void sort_bucket(uint64_t *point, uint32_t from, uint32_t to)
{
    for (uint32_t k = from + 1; k < to; k++) {
        uint64_t p = point[k];
        uint32_t at = k;
        for (; at > from && point[at - 1] > p; at--)
            point[at] = point[at - 1];
        point[at] = p;
    }
}

/* The points of one part, which are point[from .. to), and its buckets, which begin at `first`.
 * Afterwards bucket[] has their beginnings. */
static void sort_part(struct ring_hash *ring, uint64_t *scratch, uint32_t from, uint32_t to,
                      uint32_t first)
{
    uint32_t buckets = 1u << (ring->bits - part_bits(ring)), shift = 64 - ring->bits, end = from;
    uint32_t *bucket = ring->bucket;

    for (uint32_t k = first; k < first + buckets; k++)
        bucket[k] = 0;
    for (uint32_t k = from; k < to; k++)
        bucket[(scratch[k - from] = ring->point[k]) >> shift]++;
    for (uint32_t k = first; k < first + buckets; k++)
        bucket[k] = end += bucket[k];
    for (uint32_t k = from; k < to; k++)
        ring->point[--bucket[scratch[k - from] >> shift]] = scratch[k - from];
    for (uint32_t k = first; k < first + buckets; k++)
        sort_bucket(ring->point, bucket[k], k + 1 < first + buckets ? bucket[k + 1] : to);
}

static void sort_parts(struct ring_hash *ring, const uint32_t *end)
{
    uint32_t most = 0, parts = 1u << part_bits(ring), buckets = (1u << ring->bits) / parts;

    for (uint32_t part = 0; part < parts; part++)
        most = end[part + 1] - end[part] > most ? end[part + 1] - end[part] : most;

    uint64_t *scratch = lb_grow(NULL, 0, most ? most : 1, sizeof *scratch);

    for (uint32_t part = 0; part < parts; part++)
        sort_part(ring, scratch, end[part], end[part + 1], part * buckets);
    free(scratch);
}

/* begin[] comes in as the ends of the parts and leaves as their beginnings. */
static void put_points(struct lb *lb, uint32_t halve, uint32_t *begin)
{
    struct ring_hash *ring = lb->state;
    uint32_t shift = 64 - part_bits(ring);

    for (uint32_t i = 0; i < lb->count; i++) {
        const struct lb_backend *b = &lb->backend[i];
        uint64_t points = is_on_ring(b) ? points_of(ring, b, halve) : 0;
        for (uint64_t k = 0; k < points; k++) {
            uint64_t p = point_at(b, i, k);
            ring->point[--begin[p >> shift]] = p;
        }
    }
}

static void count_points(const struct lb *lb, uint32_t halve, uint32_t *count)
{
    uint32_t shift = 64 - part_bits(lb->state);

    for (uint32_t i = 0; i < lb->count; i++) {
        const struct lb_backend *b = &lb->backend[i];
        uint64_t points = is_on_ring(b) ? points_of(lb->state, b, halve) : 0;
        for (uint64_t k = 0; k < points; k++)
            count[point_at(b, 0, k) >> shift]++;
    }
}

static void ring_hash_build(struct lb *lb)
{
    struct ring_hash *ring = lb->state;
    uint32_t halve = halvings(lb), part[MOST_PARTS + 1] = { 0 };

    ring->built = true;
    ring->points = (uint32_t)points_of_all(lb, halve);
    for (ring->bits = 4; (uint64_t)4 << ring->bits < ring->points; ring->bits++)
        ;
    count_points(lb, halve, part);
    for (uint32_t k = 1; k <= 1u << part_bits(ring); k++)
        part[k] += part[k - 1];
    put_points(lb, halve, part);
    sort_parts(ring, part);
}

/* ---- picking ---- */

/* The first point at or after the key's place, round the end. */
static uint32_t ring_find(const struct ring_hash *ring, uint64_t place)
{
    uint32_t at = ring->bucket[place >> (64 - ring->bits)];

    while (at < ring->points && ring->point[at] < place)
        at++;
    return at < ring->points ? at : 0;
}

/* in flight + 1 <= ceil(c (all in flight + 1) weight / weights) */
static bool has_room(const struct lb *lb, uint32_t i)
{
    const struct ring_hash *ring = lb->state;
    const struct lb_backend *b = &lb->backend[i];

    return ring->load_bound == 0
        || (double)b->inflight * (double)lb->live_weight
           < ring->load_bound * (double)(ring->inflight + 1) * (double)b->weight;
}

/* Where limits or tries leave only backends beyond the bound, the first of them serves. */
static uint32_t ring_walk(struct lb *lb, const struct lb_request *rq, uint32_t at)
{
    const struct ring_hash *ring = lb->state;
    uint32_t spare = LB_NONE;

    for (uint32_t steps = 0; steps < ring->points; steps++) {
        uint32_t i = (uint32_t)ring->point[at] & (MOST_BACKENDS - 1);
        if (lb_usable(lb, i, rq)) {
            if (has_room(lb, i))
                return i;
            spare = spare == LB_NONE ? i : spare;
        }
        at = at + 1 < ring->points ? at + 1 : 0;
        if (steps == 64 && spare == LB_NONE && lb_next_usable(lb, rq, 0) == LB_NONE)
            break;
    }
    return spare != LB_NONE ? spare : lb_none_or_full(lb, rq);
}

static uint32_t ring_hash_pick(struct lb *lb, const struct lb_request *rq)
{
    struct ring_hash *ring = lb->state;

    if (!ring->built)
        ring_hash_build(lb);
    if (lb->open_count == 0)
        return lb_none_or_full(lb, rq);
    return ring_walk(lb, rq, ring_find(ring, lb_mix(rq->hash)));
}

static void ring_hash_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)i;
    (void)now;
    ((struct ring_hash *)lb->state)->inflight++;
}

static void ring_hash_complete(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    (void)i;
    (void)outcome;
    ((struct ring_hash *)lb->state)->inflight--;
}

static void ring_hash_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)i;
    ((struct ring_hash *)lb->state)->inflight += (uint64_t)by;
}

static void make_room(struct lb *lb)
{
    struct ring_hash *ring = lb->state;
    uint32_t room = (uint32_t)points_of_all(lb, halvings(lb)), buckets = 16;

    while ((uint64_t)4 * buckets < room)
        buckets *= 2;
    if (room > ring->room) {
        ring->point = lb_grow(ring->point, ring->room, room, sizeof *ring->point);
        ring->room = room;
    }
    if (buckets > ring->bucket_room) {
        ring->bucket = lb_grow(ring->bucket, ring->bucket_room, buckets, sizeof *ring->bucket);
        ring->bucket_room = buckets;
    }
    ring->built = false;
}

static void ring_hash_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    (void)i;
    if (what == LB_ADDED || what == LB_REMOVED || what == LB_WEIGHT)
        make_room(lb);
}

static int ring_hash_start(struct lb *lb, const char **why)
{
    const struct ring_hash *ring = lb->state;

    if (ring->load_bound != 0 && ring->load_bound <= 1) {
        *why = "load_bound must be 0 (off) or above 1";
        return -1;
    }
    make_room(lb);
    return 0;
}

static void ring_hash_stop(struct lb *lb)
{
    struct ring_hash *ring = lb->state;

    free(ring->point);
    free(ring->bucket);
}

static size_t ring_hash_bytes(const struct lb *lb)
{
    const struct ring_hash *ring = lb->state;

    return ring->room * sizeof *ring->point + ring->bucket_room * sizeof *ring->bucket;
}

static const struct lb_param params[] = {
    { "vnodes", LB_UINT, offsetof(struct ring_hash, vnodes), 160, 1, 65536,
      "points on the ring per unit of weight (160 as ketama and nginx; HAProxy 16)" },
    { "load_bound", LB_REAL, offsetof(struct ring_hash, load_bound), 0, 0, 1000,
      "most in flight, in multiples of the fair share: above 1, or 0 for no bound" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "Each backend has vnodes x weight points on a ring of 2^64; a key belongs to\n"
            "the first point at or after its hash whose backend is usable. Points go by the\n"
            "backend's id: a change moves only the keys that it must. With load_bound c a\n"
            "backend has room while in flight + 1 <= ceil(c (all in flight + 1) w / W), and\n"
            "keys go on to the next one with room. Above 2^25 points all counts are halved.",
    .cost = "O(1) per pick, 9 bytes a point; O(points) at the first pick after backends or\n"
            "weights changed, nothing when one goes down or comes back.",
    .used_by = "nginx `hash ... consistent`, HAProxy `hash-type consistent` with\n"
               "hash-balance-factor, Envoy and gRPC RING_HASH, memcached clients (ketama).",
    .fails_when = "Few points: shares differ by about 1/sqrt(vnodes), 8 % at 160. Popular keys:\n"
                  "no pure hash spreads one key. A dead backend's keys fall on its neighbours\n"
                  "only. Envoy's count of points depends on n, so there more keys move.",
    .source = "Karger and others, STOC 1997; ketama (Last.fm 2007); Mirrokni, Thorup,\n"
              "Zadimoghaddam, Consistent Hashing with Bounded Loads, SODA 2018.",
};

const struct lb_ops lb_ring_hash = {
    .abi          = LB_ABI,
    .traits       = LB_WEIGHTED | LB_BY_KEY | LB_CONSISTENT | LB_BY_LOAD,
    .max_backends = 1u << INDEX_BITS,
    .name         = "ring_hash",
    .aliases      = "ring",
    .summary      = "consistent hashing on a ring, optionally with bounded load (Karger 1997)",
    .page         = &page,
    .state_size   = sizeof(struct ring_hash),
    .params       = params,
    .start        = ring_hash_start,
    .stop         = ring_hash_stop,
    .pick         = ring_hash_pick,
    .on_pick      = ring_hash_picked,
    .on_complete  = ring_hash_complete,
    .on_change    = ring_hash_change,
    .bytes        = ring_hash_bytes,
    .on_shared    = ring_hash_shared,
};
