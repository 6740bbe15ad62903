/* modulo_hash.c - the hash that textbooks warn of: the key's hash modulo the number of backends.
 *
 * Only those that are up are counted, so one that goes down or comes back moves nearly all keys,
 * and not only its own: 1 - 1/n of them. */
#include "lb.h"

static uint32_t modulo_hash_pick(struct lb *lb, const struct lb_request *rq)
{
    if (lb->open_count == 0)
        return lb_none_or_full(lb, rq);

    uint32_t i = lb->live[lb_mix(rq->hash) % lb->live_count];
    if (!lb_usable(lb, i, rq))
        i = lb_next_usable(lb, rq, i);
    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}

static const struct lb_page page = {
    .rule = "hash mod n, n the number of backends that are up, counted in configured order.\n"
            "A full or tried backend's requests go to the next one. Weights are ignored\n"
            "but for 0, which means none.",
    .cost = "O(1) per pick, no memory.",
    .used_by = "Hand-written sharding everywhere. Products do it with weights and their own\n"
               "hashes: see modulo_rehash (nginx) and map_hash (HAProxy).",
    .fails_when = "The set changes: 1 - 1/n of the keys move, 75 % from 4 to 3, 99 % from 100 to\n"
                  "99, where 1/n would do. Caches start cold, sessions are lost.",
    .source = "The measure in Karger and others, Consistent Hashing and Random Trees,\n"
              "STOC 1997.",
};

const struct lb_ops lb_modulo_hash = {
    .abi     = LB_ABI,
    .traits  = LB_BY_KEY,
    .name    = "modulo_hash",
    .summary = "hash mod n over those that are up (the textbook's)",
    .page    = &page,
    .pick    = modulo_hash_pick,
};
