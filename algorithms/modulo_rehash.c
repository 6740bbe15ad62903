/* modulo_rehash.c - nginx's `hash KEY`: a CRC of the key, modulo the sum of weights.
 *
 * 15 bits of the CRC count.  If that backend is not usable the number of the try is put before the
 * key and its hash is added, up to 20 times.  Positional, so nearly all keys move when the list
 * changes, but none moves needlessly while a backend is down. */
#include "address.h"
#include "hash_text.h"
#include "lines.h"

#include <stdio.h>

struct modulo_rehash { struct lines lines; };

/* Try 0 hashes the key alone, try 3 hashes "3" and the key. */
static uint32_t hash_of_try(const struct key_bytes *key, int tries)
{
    uint32_t state = CRC32_START;
    char number[12];

    if (tries > 0)
        state = crc32_update(state, number, (size_t)snprintf(number, sizeof number, "%d", tries));
    return ~crc32_update(state, key->byte, key->length) >> 16 & 0x7fff;
}

static uint32_t modulo_rehash_pick(struct lb *lb, const struct lb_request *rq)
{
    struct key_bytes key;
    uint32_t h = 0;

    if (lb->open_count == 0)
        return lb_none_or_full(lb, rq);
    key_bytes_of(&key, rq);
    for (int tries = 0; tries <= LINES_RETRIES && key.length > 0; tries++) {
        h += hash_of_try(&key, tries);
        uint32_t i = lines_at(lb, h);
        if (lb_usable(lb, i, rq))
            return i;
    }
    return turns_pick(lb, rq, h);
}

static const struct lb_page page = {
    .rule = "h = (crc32(key) >> 16) & 0x7fff; h mod (sum of weights) falls on a backend in\n"
            "configured order. If it is not usable, the same of \"1\" and the key, then of\n"
            "\"2\" and the key is added to h, up to 20 times; after that, and without a key,\n"
            "smooth weighted round robin.",
    .cost = "O(key + log n) per pick, about 100 bytes a backend; O(n) at the first pick\n"
            "after a change.",
    .used_by = "nginx `hash KEY`, as the Perl client Cache::Memcached.",
    .fails_when = "The list changes: 10 backends less 1 moves 90 % of the keys, where ketama\n"
                  "moves 10 %. 32768 values: more backends than that get nothing.",
    .source = "nginx, ngx_http_upstream_hash_module.c; checked key for key against\n"
              "recordings of nginx 1.22.1.",
};

const struct lb_ops lb_modulo_rehash = {
    .abi         = LB_ABI,
    .traits      = LB_WEIGHTED | LB_BY_KEY,
    .name        = "modulo_rehash",
    .summary     = "CRC of the key modulo the weights (nginx hash)",
    .page        = &page,
    .state_size  = sizeof(struct modulo_rehash),
    .start       = lines_start,
    .stop        = lines_stop,
    .pick        = modulo_rehash_pick,
    .on_pick     = turns_picked,
    .on_complete = turns_complete,
    .on_change   = lines_change,
    .bytes       = lines_bytes,
    .on_shared   = turns_shared,
};
