/* static_rr.c - HAProxy's `balance static-rr`: turns read off a map that was filled beforehand. */
#include "slot_map.h"

struct static_rr {
    struct slot_map map;
    uint64_t        next;
};

static uint32_t static_rr_pick(struct lb *lb, const struct lb_request *rq)
{
    struct static_rr *s = lb->state;
    uint32_t i;

    if (lb_next_usable(lb, rq, 0) == LB_NONE)
        return lb_none_or_full(lb, rq);
    slot_map_fill(lb);
    do {
        if (s->next >= s->map.slots)
            s->next = 0;
        i = s->map.map[s->next++];
    } while (!lb_usable(lb, i, rq));
    return i;
}

static const struct lb_page page = {
    .rule = "A map of as many slots as the weights' sum, divided by their greatest common\n"
            "divisor, is filled with smooth turns that start with the first backend and is\n"
            "then walked round and round: 1,2,3 gives a c b c b c. It is filled again when\n"
            "a backend goes down or comes up. A full or tried backend is passed over.",
    .cost = "O(1) per pick, plus the slots passed over; the map has 4 bytes a slot and is\n"
            "filled in O(slots log n); 52 bytes a backend.",
    .used_by = "HAProxy `balance static-rr`; its `hash-type map-based` uses the same map.",
    .fails_when = "Weights are to change while it runs: only 0 and the first weight count.\n"
                  "Slow start has no effect. A change of the set starts another order at the\n"
                  "same slot, so some backends get a turn twice and others none.",
    .source = "HAProxy, lb_map.c: order checked pick for pick against 2.6.12.",
};

const struct lb_ops lb_static_rr = {
    .abi        = LB_ABI,
    .traits     = LB_WEIGHTED,
    .name       = "static_rr",
    .summary    = "turns read off a filled map: HAProxy static-rr's order",
    .page       = &page,
    .state_size = sizeof(struct static_rr),
    .start      = slot_map_start,
    .stop       = slot_map_stop,
    .pick       = static_rr_pick,
    .on_change  = slot_map_change,
    .bytes      = slot_map_bytes,
};
