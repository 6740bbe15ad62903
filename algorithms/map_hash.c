/* map_hash.c - HAProxy's `hash-type map-based`: the key's hash points into static-rr's map.
 *
 * The map holds who is up, so one that goes down moves nearly all keys.  A full backend's requests
 * wait for it, whoever else has room. */
#include "hash_text.h"
#include "slot_map.h"

struct map_hash {
    struct slot_map map;
    struct key_rule rule;
};

/* The owner of the slot, or of the next one that was not tried. */
static uint32_t map_hash_pick(struct lb *lb, const struct lb_request *rq)
{
    struct map_hash *m = lb->state;

    if (lb->open_count == 0)
        return lb_none_or_full(lb, rq);
    slot_map_fill(lb);

    uint64_t at = key_rule_hash(&m->rule, rq) % m->map.slots;
    for (uint64_t left = m->map.slots; left > 0; left--) {
        uint32_t i = m->map.map[at];
        if (!lb_is_avoided(rq, i))
            return lb_is_open(lb, i) ? i : LB_FULL;
        at = at + 1 < m->map.slots ? at + 1 : 0;
    }
    return LB_NONE;
}

static const struct lb_param params[] = {
    KEY_RULE_PARAMS(struct map_hash, 0),
    { 0 },
};

static const struct lb_page page = {
    .rule = "hash mod slots, into the map that static_rr walks: as many slots as the sum of\n"
            "weights divided by their greatest common divisor, of those that are up. Hashes\n"
            "are of 32 bits; an address is its own. A full backend's requests wait for it;\n"
            "a tried one's go to the next slot's owner, where HAProxy may try it again.",
    .cost = "O(key) per pick; the map has 4 bytes a slot and is filled again in\n"
            "O(slots log n) after a change; 52 bytes a backend.",
    .used_by = "HAProxy `balance source|uri|hdr()|url_param` with `hash-type map-based`, its\n"
               "default, and `hash-type map-based sdbm|djb2|wt6|crc32|none [avalanche]`.",
    .fails_when = "The set changes, or one goes down: 1 - 1/n of the keys move. Short keys and\n"
                  "few slots: sdbm, djb2 and crc32 without avalanche spread them unevenly.\n"
                  "Weights that change while it runs count for nothing but 0.",
    .source = "HAProxy, backend.c, lb_map.c and hash.c; checked key for key against\n"
              "recordings of HAProxy 2.6.12.",
};

const struct lb_ops lb_map_hash = {
    .abi        = LB_ABI,
    .traits     = LB_WEIGHTED | LB_BY_KEY | LB_MAY_WAIT,
    .name       = "map_hash",
    .summary    = "hash into a map of slots (HAProxy map-based)",
    .page       = &page,
    .state_size = sizeof(struct map_hash),
    .params     = params,
    .start      = slot_map_start,
    .stop       = slot_map_stop,
    .pick       = map_hash_pick,
    .on_change  = slot_map_change,
    .bytes      = slot_map_bytes,
};
