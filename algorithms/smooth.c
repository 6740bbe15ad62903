/* smooth.c - see smooth.h.  A group is found by (cost, weight) through a small hash table, so
 * costs may jump anywhere; its members stand in a pairing heap (Fredman and others 1986), which
 * lives in the members themselves: nothing is allocated but when backends are added. */
#include "smooth.h"

#include <stdlib.h>

/* ---- members of a group ---- */

static bool richer(const struct smooth_member *m, uint32_t a, uint32_t b)
{
    return m[a].credit > m[b].credit || (m[a].credit == m[b].credit && a < b);
}

static uint32_t meld(struct smooth_member *m, uint32_t a, uint32_t b)
{
    if (a == LB_NONE || b == LB_NONE)
        return a == LB_NONE ? b : a;
    if (richer(m, b, a)) {
        uint32_t swap = a;
        a = b;
        b = swap;
    }
    m[b].next = m[a].child;
    m[b].back = a;
    if (m[b].next != LB_NONE)
        m[m[b].next].back = b;
    m[a].child = b;
    return a;
}

static uint32_t detach(struct smooth_member *m, uint32_t i)
{
    uint32_t next = m[i].next;

    m[i].next = m[i].back = LB_NONE;
    return next;
}

/* One heap of all siblings from `first` on: in pairs, then the pairs from the last to the first. */
static uint32_t meld_siblings(struct smooth_member *m, uint32_t first)
{
    uint32_t pairs = LB_NONE, all = LB_NONE;

    while (first != LB_NONE) {
        uint32_t a = first, b = detach(m, a);
        first = b != LB_NONE ? detach(m, b) : LB_NONE;
        a = meld(m, a, b);
        m[a].next = pairs;
        pairs = a;
    }
    while (pairs != LB_NONE) {
        uint32_t a = pairs;
        pairs = detach(m, a);
        all = meld(m, all, a);
    }
    return all;
}

static void group_join(struct smooth *s, struct smooth_group *g, uint32_t i)
{
    s->member[i].child = s->member[i].next = s->member[i].back = LB_NONE;
    g->best = meld(s->member, g->best, i);
}

static void group_leave(struct smooth *s, struct smooth_group *g, uint32_t i)
{
    struct smooth_member *m = s->member;
    uint32_t below = meld_siblings(m, m[i].child);

    if (g->best == i) {
        g->best = below;
        return;
    }
    if (m[m[i].back].child == i)
        m[m[i].back].child = m[i].next;
    else
        m[m[i].back].next = m[i].next;
    if (m[i].next != LB_NONE)
        m[m[i].next].back = m[i].back;
    g->best = meld(m, g->best, below);
}

/* ---- groups ---- */

static bool cheaper(const struct lb *lb, uint32_t a, uint32_t b)
{
    const struct smooth_group *g = ((const struct smooth *)lb->state)->group;
    uint64_t left = (uint64_t)g[a].cost * g[b].weight, right = (uint64_t)g[b].cost * g[a].weight;

    return left < right || (left == right && a < b);
}

static uint32_t *bucket_of(const struct smooth *s, uint32_t cost, uint32_t weight)
{
    return &s->bucket[lb_mix((uint64_t)cost << 32 | weight) & (s->buckets - 1)];
}

static uint32_t group_of(struct lb *lb, uint32_t cost, uint32_t weight)
{
    struct smooth *s = lb->state;
    uint32_t *bucket = bucket_of(s, cost, weight), g = *bucket;

    while (g != 0 && (s->group[g].cost != cost || s->group[g].weight != weight))
        g = s->group[g].next;
    if (g != 0)
        return g;
    g = s->spare;
    s->spare = s->group[g].next;
    s->group[g] = (struct smooth_group){
        .cost = cost, .weight = weight, .best = LB_NONE, .next = *bucket };
    *bucket = g;
    heap_put(&s->heap, lb, cheaper, g);
    return g;
}

static void group_end(struct lb *lb, uint32_t g)
{
    struct smooth *s = lb->state;
    uint32_t *link = bucket_of(s, s->group[g].cost, s->group[g].weight);

    heap_drop(&s->heap, lb, cheaper, g);
    while (*link != g)
        link = &s->group[*link].next;
    *link = s->group[g].next;
    s->group[g].next = s->spare;
    s->spare = g;
}

static void put(struct lb *lb, uint32_t i)
{
    struct smooth *s = lb->state;
    struct smooth_member *m = &s->member[i];

    m->group = group_of(lb, m->cost, lb->backend[i].weight);
    struct smooth_group *g = &s->group[m->group];
    m->credit -= g->rise;
    g->members++;
    group_join(s, g, i);
}

static void drop(struct lb *lb, uint32_t i)
{
    struct smooth *s = lb->state;
    struct smooth_member *m = &s->member[i];
    struct smooth_group *g = &s->group[m->group];

    group_leave(s, g, i);
    m->credit += g->rise;
    if (--g->members == 0)
        group_end(lb, m->group);
    m->group = 0;
}

void smooth_keep(struct lb *lb, uint32_t i, uint32_t cost)
{
    struct smooth *s = lb->state;
    struct smooth_member *m = &s->member[i];
    const struct smooth_group *g = &s->group[m->group];
    bool open = lb_is_open(lb, i);

    if (open && m->group != 0 && g->cost == cost && g->weight == lb->backend[i].weight)
        return;
    if (m->group != 0)
        drop(lb, i);
    m->cost = cost;
    if (open)
        put(lb, i);
}

void smooth_set_aside(struct lb *lb, uint32_t i)
{
    if (((struct smooth *)lb->state)->member[i].group != 0)
        drop(lb, i);
}

/* ---- picking ---- */

static bool ties(const struct smooth *s, uint32_t a, uint32_t b)
{
    const struct smooth_group *x = &s->group[a], *y = &s->group[b];

    return (uint64_t)x->cost * y->weight == (uint64_t)y->cost * x->weight;
}

int64_t smooth_credit(const struct lb *lb, uint32_t i)
{
    const struct smooth *s = lb->state;
    const struct smooth_member *m = &s->member[i];

    return m->credit + (m->group != 0 ? s->group[m->group].rise : 0);
}

/* Tied groups are the top of the heap and hang together. */
static void raise_tied(struct lb *lb, uint32_t position, struct smooth_turn *t)
{
    struct smooth *s = lb->state;

    if (position >= s->heap.size || !ties(s, s->heap.item[position], s->heap.item[0]))
        return;
    struct smooth_group *g = &s->group[s->heap.item[position]];
    g->rise += g->weight;
    t->weight += (uint64_t)g->weight * g->members;
    t->count += g->members;

    int64_t more = t->best == LB_NONE ? 1 : smooth_credit(lb, g->best) - smooth_credit(lb, t->best);
    if (more > 0 || (more == 0 && g->best < t->best))
        t->best = g->best;
    raise_tied(lb, 2 * position + 1, t);
    raise_tied(lb, 2 * position + 2, t);
}

bool smooth_least(const struct lb *lb, struct smooth_ratio *ratio)
{
    const struct smooth *s = lb->state;

    if (s->heap.size == 0)
        return false;
    *ratio = (struct smooth_ratio){ .cost = s->group[s->heap.item[0]].cost,
                                    .weight = s->group[s->heap.item[0]].weight };
    return true;
}

void smooth_raise(struct lb *lb, struct smooth_turn *t)
{
    raise_tied(lb, 0, t);
}

void smooth_earn(struct lb *lb, uint32_t i, int64_t credit)
{
    struct smooth *s = lb->state;
    struct smooth_member *m = &s->member[i];

    if (m->group == 0) {
        m->credit += credit;
        return;
    }
    group_leave(s, &s->group[m->group], i);
    m->credit += credit;
    group_join(s, &s->group[m->group], i);
}

void smooth_begin(struct lb *lb, const struct lb_request *rq)
{
    struct smooth_member *m = ((struct smooth *)lb->state)->member;

    for (uint32_t word = 0; rq->avoid != NULL && 64 * word < lb->count; word++)
        for (uint64_t bits = rq->avoid[word] & lb->open[word]; bits != 0; bits &= bits - 1) {
            uint32_t i = 64 * word + (uint32_t)__builtin_ctzll(bits);
            m[i].is_tried = m[i].group != 0;
            smooth_set_aside(lb, i);
        }
}

void smooth_end(struct lb *lb, const struct lb_request *rq)
{
    const struct smooth_member *m = ((const struct smooth *)lb->state)->member;

    for (uint32_t word = 0; rq->avoid != NULL && 64 * word < lb->count; word++)
        for (uint64_t bits = rq->avoid[word] & lb->open[word]; bits != 0; bits &= bits - 1) {
            uint32_t i = 64 * word + (uint32_t)__builtin_ctzll(bits);
            if (m[i].is_tried)
                put(lb, i);
        }
}

uint32_t smooth_pick(struct lb *lb, const struct lb_request *rq)
{
    struct smooth_turn t = { .best = LB_NONE };

    smooth_begin(lb, rq);
    smooth_raise(lb, &t);
    if (t.best != LB_NONE)
        smooth_earn(lb, t.best, -(int64_t)t.weight);
    smooth_end(lb, rq);
    return t.best != LB_NONE ? t.best : lb_none_or_full(lb, rq);
}

/* ---- memory ---- */

void smooth_room(struct lb *lb)
{
    struct smooth *s = lb->state;
    uint32_t room = lb->capacity + 1, buckets = s->buckets ? s->buckets : 64;

    if (room <= s->room)
        return;
    while (buckets < room)
        buckets *= 2;
    s->member = lb_grow(s->member, s->room, room, sizeof *s->member);
    s->group = lb_grow(s->group, s->room ? s->room + 1 : 0, room + 1, sizeof *s->group);
    s->heap.item = lb_grow(s->heap.item, s->room ? s->room + 1 : 0, room + 1, sizeof(uint32_t));
    s->heap.place = lb_grow(s->heap.place, s->room ? s->room + 1 : 0, room + 1, sizeof(uint32_t));
    for (uint32_t g = room; g > s->room; g--) {
        s->group[g].next = s->spare;
        s->spare = g;
    }
    s->room = room;

    free(s->bucket);
    s->bucket = lb_grow(NULL, 0, buckets, sizeof *s->bucket);
    s->buckets = buckets;
    for (uint32_t k = 0; k < s->heap.size; k++) {
        struct smooth_group *g = &s->group[s->heap.item[k]];
        uint32_t *bucket = bucket_of(s, g->cost, g->weight);
        g->next = *bucket;
        *bucket = s->heap.item[k];
    }
}

void smooth_free(struct smooth *s)
{
    free(s->member);
    free(s->group);
    free(s->bucket);
    free(s->heap.item);
    free(s->heap.place);
}

size_t smooth_bytes(const struct smooth *s)
{
    size_t group = sizeof *s->group + sizeof *s->heap.item + sizeof *s->heap.place;

    return s->room * (sizeof *s->member + group) + s->buckets * sizeof *s->bucket;
}
