/* evq.h - the future: what happens when, in the order of time and then of pushing.
 *
 * Three stores, one order.  A 4-ary heap of 16-byte keys for random times; a first-in-first-out
 * lane for each constant delay, because what leaves after the same delay arrives in the order it
 * left; alarms, one pending time each, for arrivals.  A knock-out tree knows the first of all lanes
 * and alarms.  Which store holds an event is a matter of speed only: the sequence number decides
 * ties. */
#ifndef CORE_EVQ_H
#define CORE_EVQ_H

#include "../base/types.h"

enum { EVQ_LANES = 16, EVQ_ALARMS = 16, EVQ_HEADS = EVQ_LANES + EVQ_ALARMS };

/* What an event asks of its node. */
enum evq_verb { EVQ_REQUEST, EVQ_REPLY, EVQ_TIMER };

struct event {
    nsec     at;
    uint64_t token;                 /* unique: names this event for cancelling */
    uint32_t node, arg;
    uint32_t verb;                  /* enum evq_verb */
};

enum { EVQ_SLOT_BITS = 24 };
#define EVQ_NO_SLOT ((1u << EVQ_SLOT_BITS) - 1)     /* the slot part of a token that has none */

/* A key is at << 64 | token; a token is sequence << 24 | slot.  So keys compare as the order of
 * events, and a heap key leads to its payload. */
struct evq_slot { uint32_t node_verb, arg; };

struct evq_entry { u128 key; uint32_t node_verb, arg; };

struct evq_lane { nsec delay; struct evq_entry *ring; uint32_t head, count, capacity; };

#define EVQ_NO_KEY (~(u128)0)       /* later than everything */

struct evq {
    u128    *heap;                  /* heap[0] is the next; beyond size: EVQ_NO_KEY */
    uint32_t size, capacity;
    bool     is_hole;               /* heap[0] was popped and not yet replaced */
    uint32_t heads;                 /* lanes and alarms in use */
    uint32_t leaves;                /* a power of two, as many at least */
    u128     match[2 * EVQ_HEADS];  /* [leaves ...]: their next keys, EVQ_NO_KEY: none; [k]: the */
    /* earlier of [2k] and [2k + 1]; [1]: the first of all.  In place of a slot, whose it is */
    uint64_t sequence;
    struct evq_slot *slot;
    uint32_t slots, free_slot;
    struct evq_lane lane[EVQ_HEADS];    /* delay NEVER: an alarm */
    bool   (*is_live)(void *arg, uint32_t node, uint32_t timer_arg, uint64_t token);
    /* lets a full lane drop dead timers before it grows; may be NULL */
    void    *is_live_arg;
};

void evq_init(struct evq *);
void evq_fini(struct evq *);

/* The lane of a constant delay, or NONE when there are EVQ_LANES others: then the heap serves. */
uint32_t evq_lane_new(struct evq *, nsec delay);
uint32_t evq_alarm_new(struct evq *, uint32_t node, uint32_t arg);     /* NONE: all in use */

/* Each returns the token. */
static inline uint64_t evq_push(struct evq *, nsec at, uint32_t node, uint32_t verb, uint32_t arg);
uint64_t evq_push_lane(struct evq *, uint32_t lane, nsec now, uint32_t node, uint32_t verb,
                       uint32_t arg);
/* replaces the pending time */
void     evq_set_alarm(struct evq *, uint32_t alarm, nsec at);

/* The lane with this delay, or NONE. */
static inline uint32_t evq_lane_of(const struct evq *q, nsec delay)
{
    for (uint32_t i = 0; i < q->heads; i++)
        if (q->lane[i].delay == delay)
            return i;
    return NONE;
}

/* ---- the rest is inline for speed ---- */

void evq_close_hole(struct evq *);
struct event evq_pop_head(struct evq *);
void evq_sift_down(struct evq *, u128 key);         /* from the hole at the top */
void evq_sift_up(struct evq *, u128 key);           /* from a new last place */
void evq_more_slots(struct evq *);

static inline uint64_t evq_push(struct evq *q, nsec at, uint32_t node, uint32_t verb, uint32_t arg)
{
    if (__builtin_expect(q->free_slot == NONE, 0))
        evq_more_slots(q);
    struct evq_slot *s = &q->slot[q->free_slot];
    uint64_t token = q->sequence++ << EVQ_SLOT_BITS | q->free_slot;

    q->free_slot = s->arg;
    *s = (struct evq_slot){ .node_verb = node << 2 | verb, .arg = arg };
    if (q->is_hole)
        evq_sift_down(q, (u128)at << 64 | token);
    else
        evq_sift_up(q, (u128)at << 64 | token);
    return token;
}

/* Takes the next event out; false when there is none. */
static inline bool evq_pop(struct evq *q, struct event *e)
{
    if (q->is_hole)
        evq_close_hole(q);
    u128 key = q->heap[0];

    if (q->match[1] < key) {
        *e = evq_pop_head(q);
        return true;
    }
    if (key == EVQ_NO_KEY)
        return false;
    uint32_t slot = (uint32_t)key & EVQ_NO_SLOT;
    struct evq_slot *s = &q->slot[slot];
    *e = (struct event){ .at = (nsec)(key >> 64), .token = (uint64_t)key, .node = s->node_verb >> 2,
                         .verb = s->node_verb & 3, .arg = s->arg };
    s->arg = q->free_slot;
    q->free_slot = slot;
    q->is_hole = true;
    return true;
}

#endif
