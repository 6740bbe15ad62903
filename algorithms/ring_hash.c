/* ring_hash.c - consistent hashing: each backend has points on a ring, a key belongs to the next.
 *
 * A backend's points depend on its id and weight alone, so what others do never moves its keys;
 * unusable ones keep theirs and are walked past.  `load_bound` c makes it Mirrokni's: nobody gets
 * more than c times its share of what is in flight, the rest spills on along the ring.
 *
 * The ring is an ordered hash table (Amble and Knuth 1974): a point stands where its hash, which
 * is even, says, or as little behind as keeps the order, and gaps repeat the point behind them.  So
 * a look-up begins beside the point that it looks for, with one wait for memory. */
#include "lb.h"

#include <stdlib.h>
#include <string.h>

/* A point is one word, 40 bits of hash above 24 bits of index, so that it sorts as a number. */
enum { INDEX_BITS = 24 };
static const uint64_t EMPTY = UINT64_MAX;            /* behind the last point: none is this one */
/* The ring in parts, for building. */
enum { MOST_PART_BITS = 11, MOST_PARTS = 1 << MOST_PART_BITS };
static const uint64_t MOST_POINTS = 1u << 25;

struct ring_hash {
    uint32_t  vnodes;
    double    load_bound;
    uint64_t *slot;                      /* [room] points, ascending */
    uint64_t  inflight;                  /* over all backends */
    uint32_t  points, slots, room;       /* slots: where hashes send points, some stand behind */
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

/* Where the table has points at or behind this place of the ring. */
static uint32_t home_of(const struct ring_hash *ring, uint64_t place)
{
    return (uint32_t)((unsigned __int128)place * ring->slots >> 64);
}

/* ---- building ----
 *
 * Two passes over the points, each made anew from its backend: they are counted by part of the
 * ring, then put into the end of the table by part; then each part, which fits a cache, is put in
 * order where it belongs.  O(points). */

struct parts {
    uint32_t bits, most;                 /* 2^bits of them, the greatest of so many points */
    uint32_t end[MOST_PARTS + 1];        /* points in these and all before */
};

static void count_points(const struct lb *lb, uint32_t halve, struct parts *parts)
{
    for (uint32_t i = 0; i < lb->count; i++) {
        const struct lb_backend *b = &lb->backend[i];
        uint64_t points = is_on_ring(b) ? points_of(lb->state, b, halve) : 0;
        for (uint64_t k = 0; k < points; k++)
            parts->end[point_at(b, 0, k) >> (64 - parts->bits)]++;
    }
    for (uint32_t k = 0; k < 1u << parts->bits; k++) {
        parts->most = parts->end[k] > parts->most ? parts->end[k] : parts->most;
        parts->end[k] += k > 0 ? parts->end[k - 1] : 0;
    }
    parts->end[1u << parts->bits] = parts->end[(1u << parts->bits) - 1];
}

/* Where a part ends at most, reaching behind its slots by all of its points, it must not touch
 * those that still wait at the end of the table; and one slot behind all stays empty. */
static void make_room(struct ring_hash *ring, const struct parts *parts)
{
    uint32_t room = 0, begin = 0, behind = 0;

    for (uint32_t k = 0; k < 1u << parts->bits; k++) {
        uint32_t next = home_of(ring, ((uint64_t)(k + 1) << (64 - parts->bits)) - 1) + 1;
        behind = (next > behind ? next : behind) + parts->end[k] - begin;
        begin = parts->end[k];
        if (room < behind + ring->points - begin + 1)
            room = behind + ring->points - begin + 1;
    }
    if (room <= ring->room)
        return;
    free(ring->slot);
    ring->slot = lb_grow(NULL, 0, room, sizeof *ring->slot);
    ring->room = room;
}

/* end[] comes in as the ends of the parts and leaves as their beginnings. */
static void put_points(const struct lb *lb, uint32_t halve, struct parts *parts)
{
    struct ring_hash *ring = lb->state;
    uint64_t *waiting = ring->slot + ring->room - ring->points;

    for (uint32_t i = 0; i < lb->count; i++) {
        const struct lb_backend *b = &lb->backend[i];
        uint64_t points = is_on_ring(b) ? points_of(ring, b, halve) : 0;
        for (uint64_t k = 0; k < points; k++) {
            uint64_t p = point_at(b, i, k);
            waiting[--parts->end[p >> (64 - parts->bits)]] = p;
        }
    }
}

static void insert(struct ring_hash *ring, uint64_t p)
{
    uint32_t at = home_of(ring, p);

    for (; ring->slot[at] != EMPTY; at++)
        if (p < ring->slot[at]) {
            uint64_t greater = ring->slot[at];
            ring->slot[at] = p;
            p = greater;
        }
    ring->slot[at] = p;
}

/* All slots before those that wait are free. */
static void insert_part(struct ring_hash *ring, uint32_t *waiting, uint32_t points, uint64_t *part)
{
    memcpy(part, ring->slot + *waiting, points * sizeof *part);
    for (uint32_t k = 0; k < points; k++)
        ring->slot[(*waiting)++] = EMPTY;
    for (uint32_t k = 0; k < points; k++)
        insert(ring, part[k]);
}

static void insert_parts(struct ring_hash *ring, const struct parts *parts)
{
    uint64_t *part = lb_grow(NULL, 0, parts->most + 1, sizeof *part);
    uint32_t waiting = ring->room - ring->points;

    for (uint32_t at = 0; at < waiting; at++)
        ring->slot[at] = EMPTY;
    for (uint32_t k = 0; k < 1u << parts->bits; k++)
        insert_part(ring, &waiting, parts->end[k + 1] - parts->end[k], part);
    free(part);
    for (uint32_t at = ring->room - 1; at-- > 0;)
        if (ring->slot[at] == EMPTY)
            ring->slot[at] = ring->slot[at + 1];
}

static void ring_hash_build(struct lb *lb)
{
    struct ring_hash *ring = lb->state;
    uint32_t halve = halvings(lb);
    struct parts parts = { .bits = 1 };

    ring->built = true;
    ring->points = (uint32_t)points_of_all(lb, halve);
    ring->slots = ring->points + ring->points / 7 + 1;
    while (parts.bits < MOST_PART_BITS && 16u << parts.bits < ring->points)
        parts.bits++;
    count_points(lb, halve, &parts);
    make_room(ring, &parts);
    put_points(lb, halve, &parts);
    insert_parts(ring, &parts);
}

/* ---- picking ---- */

/* The first point at or after a place, round the end. */
static uint32_t ring_find(const struct ring_hash *ring, uint64_t place)
{
    uint32_t at = home_of(ring, place);

    while (ring->slot[at] < place)
        at++;
    return ring->slot[at] != EMPTY ? at : 0;
}

static uint32_t ring_next(const struct ring_hash *ring, uint32_t at)
{
    uint64_t p = ring->slot[at];

    while (ring->slot[at] == p)
        at++;
    return ring->slot[at] != EMPTY ? at : 0;
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
        uint32_t i = (uint32_t)ring->slot[at] & ((1u << INDEX_BITS) - 1);
        if (lb_usable(lb, i, rq)) {
            if (has_room(lb, i))
                return i;
            spare = spare == LB_NONE ? i : spare;
        }
        at = ring_next(ring, at);
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

static void ring_hash_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    (void)i;
    if (what == LB_ADDED || what == LB_REMOVED || what == LB_WEIGHT)
        ((struct ring_hash *)lb->state)->built = false;
}

static int ring_hash_start(struct lb *lb, const char **why)
{
    const struct ring_hash *ring = lb->state;

    if (ring->load_bound != 0 && ring->load_bound <= 1) {
        *why = "load_bound must be 0 (off) or above 1";
        return -1;
    }
    return 0;
}

static void ring_hash_stop(struct lb *lb)
{
    free(((struct ring_hash *)lb->state)->slot);
}

static size_t ring_hash_bytes(const struct lb *lb)
{
    const struct ring_hash *ring = lb->state;

    return ring->room * sizeof *ring->slot;
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
    .max_backends = (1u << INDEX_BITS) - 1,
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
