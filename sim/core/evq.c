/* evq.c - a 4-ary heap whose top is replaced in place, lanes and alarms beside it.
 *
 * Most handlers that run push one event: the hole that popping left is filled by it, so that one
 * sift serves for both.  LaMarca and Ladner 1996 on d-ary heaps and cache lines. */
#include "evq.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../base/xalloc.h"

enum { HEAP_PAD = 3, HEAP_SPARE = 5, LANE_FIRST = 64 };

static uint64_t token_new(struct evq *q, uint32_t slot)
{
    return q->sequence++ << EVQ_SLOT_BITS | slot;
}

static u128 key_of(nsec at, uint64_t token)
{
    return (u128)at << 64 | token;
}

/* Children of k are 4k+1 .. 4k+4; with the array shifted by HEAP_PAD they share a cache line.  What
 * lies beyond the end is later than everything, so that a node always has four. */
static void heap_grow(struct evq *q)
{
    uint32_t capacity = q->capacity ? q->capacity * 2 : 256;
    u128 *heap = (u128 *)xaligned(64, (capacity + HEAP_PAD + HEAP_SPARE) * sizeof *heap) + HEAP_PAD;

    for (uint32_t i = 0; i < capacity + HEAP_SPARE; i++)
        heap[i] = i < q->capacity ? q->heap[i] : EVQ_NO_KEY;
    if (q->heap != NULL)
        free(q->heap - HEAP_PAD);
    q->heap = heap;
    q->capacity = capacity;
}

void evq_sift_up(struct evq *q, u128 key)
{
    uint32_t k = q->size++;

    if (q->size > q->capacity)
        heap_grow(q);
    while (k > 0) {
        uint32_t parent = (k - 1) / 4;

        if (key >= q->heap[parent])
            break;
        q->heap[k] = q->heap[parent];
        k = parent;
    }
    q->heap[k] = key;
}

/* 0 or 1, hidden from the compiler: it would make a branch of it. */
static inline size_t is_less(u128 a, u128 b)
{
    size_t bit = a < b;

    __asm__("" : "+r"(bit));
    return bit;
}

/* The hole sinks to the bottom along the least children, then the key rises from there (Wegener
 * 1993): most keys are late and stay low, so that neither loop's end is a surprise.  The least of
 * four is found by arithmetic: a branch on it would be mispredicted every other time. */
void evq_sift_down(struct evq *q, u128 key)
{
    u128 *heap = q->heap;
    size_t size = q->size, k = 0, first;

    q->is_hole = false;
    while ((first = 4 * k + 1) < size) {
        const u128 *c = heap + first;
        size_t left = is_less(c[1], c[0]), right = 2 + is_less(c[3], c[2]);
        size_t least = left ^ ((left ^ right) & -is_less(c[right], c[left]));

        heap[k] = c[least];
        k = first + least;
    }
    while (k > 0 && key < heap[(k - 1) / 4]) {
        heap[k] = heap[(k - 1) / 4];
        k = (k - 1) / 4;
    }
    heap[k] = key;
}

void evq_close_hole(struct evq *q)
{
    u128 last = q->heap[--q->size];

    q->is_hole = false;
    q->heap[q->size] = EVQ_NO_KEY;
    if (q->size > 0)
        evq_sift_down(q, last);
}

void evq_more_slots(struct evq *q)
{
    uint32_t slots = q->slots ? q->slots * 2 : 256;

    slots = slots < EVQ_NO_SLOT ? slots : EVQ_NO_SLOT;
    assert(slots > q->slots);       /* 16 million random times pending at once */
    q->slot = xrealloc(q->slot, slots, sizeof *q->slot);
    for (uint32_t i = q->slots; i < slots; i++)
        q->slot[i] = (struct evq_slot){ .arg = i + 1 < slots ? i + 1 : NONE };
    q->free_slot = q->slots;
    q->slots = slots;
}

static bool never_dead(void *arg, uint32_t node, uint32_t timer_arg, uint64_t token)
{
    (void)arg, (void)node, (void)timer_arg, (void)token;
    return true;
}

void evq_init(struct evq *q)
{
    *q = (struct evq){ .free_slot = NONE, .is_live = never_dead, .leaves = 1,
                       .match[1] = EVQ_NO_KEY };
    heap_grow(q);
}

void evq_fini(struct evq *q)
{
    for (uint32_t i = 0; i < q->heads; i++)
        free(q->lane[i].ring);
    free(q->heap - HEAP_PAD);
    free(q->slot);
}

/* ---- the first of lanes and alarms: Knuth, The Art of Computer Programming 3, 5.4.1 ---- */

/* Only the matches on the way to the top are played again. */
static void set_head(struct evq *q, uint32_t i, u128 key)
{
    size_t k = q->leaves + i;

    if (key != EVQ_NO_KEY)
        key = (key & ~(u128)EVQ_NO_SLOT) | i;
    q->match[k] = key;
    for (; k > 1; k /= 2) {
        u128 other = q->match[k ^ 1];
        uint64_t loses = -(uint64_t)is_less(other, key);

        key ^= (key ^ other) & ((u128)loses << 64 | loses);
        q->match[k / 2] = key;
    }
}

static void double_leaves(struct evq *q)
{
    u128 old[EVQ_HEADS];
    uint32_t leaves = q->leaves;

    memcpy(old, q->match + leaves, leaves * sizeof *old);
    q->leaves = 2 * leaves;
    memset(q->match, -1, sizeof q->match);          /* EVQ_NO_KEY */
    for (uint32_t i = 0; i < leaves; i++)
        set_head(q, i, old[i]);
}

static uint32_t head_new(struct evq *q, nsec delay, uint32_t capacity)
{
    uint32_t i = q->heads++;

    if (i == q->leaves)
        double_leaves(q);
    q->lane[i] = (struct evq_lane){ .delay = delay, .capacity = capacity,
                                    .ring = xcalloc(capacity, sizeof(struct evq_entry)) };
    return i;
}

uint32_t evq_lane_new(struct evq *q, nsec delay)
{
    uint32_t lane = evq_lane_of(q, delay), lanes = 0;

    if (lane != NONE)
        return lane;
    for (uint32_t i = 0; i < q->heads; i++)
        lanes += q->lane[i].delay != NEVER;
    return lanes < EVQ_LANES ? head_new(q, delay, LANE_FIRST) : NONE;
}

uint32_t evq_alarm_new(struct evq *q, uint32_t node, uint32_t arg)
{
    uint32_t alarms = 0;

    for (uint32_t i = 0; i < q->heads; i++)
        alarms += q->lane[i].delay == NEVER;
    if (alarms == EVQ_ALARMS)
        return NONE;
    uint32_t i = head_new(q, NEVER, 1);
    q->lane[i].ring[0] = (struct evq_entry){ .node_verb = node << 2 | EVQ_TIMER, .arg = arg };
    return i;
}

/* Keeps what is live, in order; the ring starts at 0 afterwards. */
static void lane_compact(struct evq *q, struct evq_lane *lane)
{
    struct evq_entry *kept = xcalloc(lane->capacity, sizeof *kept);
    uint32_t n = 0;

    for (uint32_t i = 0; i < lane->count; i++) {
        struct evq_entry *e = &lane->ring[(lane->head + i) & (lane->capacity - 1)];

        if ((e->node_verb & 3) != EVQ_TIMER
            || q->is_live(q->is_live_arg, e->node_verb >> 2, e->arg, (uint64_t)e->key))
            kept[n++] = *e;
    }
    free(lane->ring);
    lane->ring = kept;
    lane->head = 0;
    lane->count = n;
}

static void lane_make_room(struct evq *q, uint32_t i)
{
    struct evq_lane *lane = &q->lane[i];

    lane_compact(q, lane);
    set_head(q, i, lane->count ? lane->ring[0].key : EVQ_NO_KEY);
    if (lane->count <= lane->capacity / 2)
        return;
    lane->ring = xrealloc(lane->ring, (size_t)lane->capacity * 2, sizeof *lane->ring);
    lane->capacity *= 2;
}

uint64_t evq_push_lane(struct evq *q, uint32_t i, nsec now, uint32_t node, uint32_t verb,
                       uint32_t arg)
{
    struct evq_lane *lane = &q->lane[i];
    uint64_t token = token_new(q, EVQ_NO_SLOT);
    u128 key = key_of(now + lane->delay, token);

    if (lane->count == lane->capacity)
        lane_make_room(q, i);
    lane->ring[(lane->head + lane->count) & (lane->capacity - 1)] =
        (struct evq_entry){ .key = key, .node_verb = node << 2 | verb, .arg = arg };
    if (lane->count++ == 0)
        set_head(q, i, key);
    return token;
}

void evq_set_alarm(struct evq *q, uint32_t i, nsec at)
{
    set_head(q, i, at == NEVER ? EVQ_NO_KEY : key_of(at, token_new(q, EVQ_NO_SLOT)));
}

struct event evq_pop_head(struct evq *q)
{
    u128 key = q->match[1] | EVQ_NO_SLOT, next = EVQ_NO_KEY;
    uint32_t i = (uint32_t)q->match[1] & EVQ_NO_SLOT;
    struct evq_lane *lane = &q->lane[i];
    const struct evq_entry *entry = &lane->ring[lane->head];
    struct event e = { .at = (nsec)(key >> 64), .token = (uint64_t)key,
                       .node = entry->node_verb >> 2, .verb = entry->node_verb & 3,
                       .arg = entry->arg };

    if (lane->delay != NEVER) {
        lane->head = (lane->head + 1) & (lane->capacity - 1);
        if (--lane->count > 0)
            next = lane->ring[lane->head].key;
    }
    set_head(q, i, next);
    return e;
}
