/* parts.c - see parts.h.  Indexes are translated both ways; where they are the same, as in a part
 * that holds everything, the list of backends to avoid is handed on as it is. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

static struct part_spot spot_of(const struct parts *p, uint32_t i)
{
    return i < p->room ? p->spot[i] : (struct part_spot){ LB_NONE, 0 };
}

/* ---- making and freeing ---- */

int parts_reserve(struct lb *lb, struct parts *p, uint32_t count, const char **why)
{
    while (p->count < count) {
        p->part = lb_grow(p->part, p->count, p->count + 1, sizeof *p->part);
        p->part[p->count].lb = lb_new_inner(lb);
        if (lb->started && lb_start(p->part[p->count].lb, why) != 0)
            return -1;
        p->count++;
    }
    return 0;
}

int parts_start(struct parts *p, const char **why)
{
    for (uint32_t k = 0; k < p->count; k++)
        if (lb_start(p->part[k].lb, why) != 0)
            return -1;
    return 0;
}

void parts_free(struct parts *p)
{
    for (uint32_t k = 0; k < p->count; k++) {
        lb_free(p->part[k].lb);
        free(p->part[k].outer);
    }
    free(p->part);
    free(p->spot);
    free(p->avoid);
}

size_t parts_size(const struct parts *p)
{
    size_t bytes = p->count * sizeof *p->part + p->room * sizeof *p->spot
                 + p->avoid_room * sizeof *p->avoid;

    for (uint32_t k = 0; k < p->count; k++)
        bytes += lb_bytes(p->part[k].lb) + p->part[k].room * sizeof *p->part[k].outer;
    return bytes;
}

/* ---- who is where ---- */

static enum lb_state state_there(const struct lb *lb, const struct part *part, uint32_t i)
{
    enum lb_state state = lb->backend[i].state;

    return part->is_forced && state == LB_DOWN ? LB_UP : state;
}

static void make_room(struct lb *lb, struct parts *p)
{
    uint32_t was = p->room;

    if (lb->capacity <= was)
        return;
    p->spot = lb_grow(p->spot, was, lb->capacity, sizeof *p->spot);
    for (p->room = lb->capacity; was < p->room; was++)
        p->spot[was].part = LB_NONE;
}

static void note_outer(struct parts *p, struct part *part, uint32_t index, uint32_t i)
{
    uint32_t room = part->lb->capacity, words = room / 64;

    if (room > part->room) {
        part->outer = lb_grow(part->outer, part->room, room, sizeof *part->outer);
        part->room = room;
    }
    if (words > p->avoid_room) {
        p->avoid = lb_grow(p->avoid, p->avoid_room, words, sizeof *p->avoid);
        p->avoid_room = words;
    }
    part->outer[index] = i;
    part->is_renumbered |= index != i;
}

void parts_put(struct lb *lb, struct parts *p, uint32_t i, uint32_t k, uint32_t weight)
{
    const struct lb_backend *b = &lb->backend[i];
    struct part *part = &p->part[k];

    make_room(lb, p);
    uint32_t index = lb_add_at(part->lb, b->id, b->name, weight, b->limit, lb_place_of(lb, i));
    note_outer(p, part, index, i);
    p->spot[i] = (struct part_spot){ k, index };
    parts_tell(lb, p, i);
}

void parts_take(struct parts *p, uint32_t i)
{
    struct part_spot s = spot_of(p, i);

    if (s.part != LB_NONE)
        lb_remove(p->part[s.part].lb, s.index);
}

void parts_weigh(struct parts *p, uint32_t i, uint32_t weight)
{
    struct part_spot s = spot_of(p, i);

    if (s.part != LB_NONE)
        lb_set_weight(p->part[s.part].lb, s.index, weight);
}

void parts_tell(struct lb *lb, struct parts *p, uint32_t i)
{
    struct part_spot s = spot_of(p, i);

    if (s.part == LB_NONE)
        return;
    struct part *part = &p->part[s.part];

    lb_set_limit(part->lb, s.index, lb->backend[i].limit);
    lb_set_state(part->lb, s.index, state_there(lb, part, i));
    lb_set_inflight(part->lb, s.index, lb->backend[i].inflight);
}

void parts_force(struct lb *lb, struct parts *p, uint32_t k, bool is_forced)
{
    struct part *part = &p->part[k];

    if (part->is_forced == is_forced)
        return;
    part->is_forced = is_forced;
    for (uint32_t index = 0; index < part->lb->count; index++) {
        uint32_t i = part->outer[index];

        if (p->spot[i].part == k && p->spot[i].index == index)
            lb_set_state(part->lb, index, state_there(lb, part, i));
    }
}

/* ---- picking ---- */

static const uint64_t *translate(struct lb *lb, struct parts *p, uint32_t k, const uint64_t *avoid)
{
    if (avoid == NULL || !p->part[k].is_renumbered)
        return avoid;
    memset(p->avoid, 0, p->part[k].lb->capacity / 64 * sizeof *p->avoid);
    for (uint32_t w = 0; 64 * w < lb->count; w++)
        for (uint64_t bits = avoid[w]; bits != 0; bits &= bits - 1) {
            struct part_spot s = spot_of(p, 64 * w + (uint32_t)__builtin_ctzll(bits));

            if (s.part == k)
                p->avoid[s.index / 64] |= (uint64_t)1 << (s.index % 64);
        }
    return p->avoid;
}

uint32_t parts_pick(struct lb *lb, struct parts *p, uint32_t k, const struct lb_request *rq)
{
    struct lb_request inner = *rq;

    inner.avoid = translate(lb, p, k, rq->avoid);
    uint32_t index = (lb->peeking ? lb_peek : lb_pick)(p->part[k].lb, &inner);
    return index >= LB_FULL ? index : p->part[k].outer[index];
}

void parts_count(struct lb *lb, struct parts *p, uint32_t i)
{
    struct part_spot s = spot_of(p, i);

    if (s.part != LB_NONE)
        lb_set_inflight(p->part[s.part].lb, s.index, lb->backend[i].inflight);
}

void parts_complete(struct parts *p, uint32_t i, const struct lb_outcome *outcome)
{
    struct part_spot s = spot_of(p, i);

    if (s.part != LB_NONE)
        lb_complete(p->part[s.part].lb, s.index, outcome);
}

void parts_report(struct parts *p, uint32_t i, const struct lb_outcome *outcome)
{
    struct part_spot s = spot_of(p, i);

    if (s.part != LB_NONE)
        lb_report(p->part[s.part].lb, s.index, outcome);
}

/* ---- for lb_ops ---- */

void parts_on_pick(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)now;
    parts_count(lb, parts_of(lb), i);
}

void parts_on_complete(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    parts_complete(parts_of(lb), i, outcome);
}

void parts_on_report(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    parts_report(parts_of(lb), i, outcome);
}

void parts_on_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    parts_count(lb, parts_of(lb), i);
}

void parts_on_stop(struct lb *lb)
{
    parts_free(parts_of(lb));
}

size_t parts_bytes(const struct lb *lb)
{
    return parts_size(parts_of(lb));
}
