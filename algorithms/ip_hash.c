/* ip_hash.c - nginx's: the client's /24 decides.
 *
 * h = 89, then h = (113 h + octet) mod 6271 over the first three octets; h mod (sum of weights)
 * walks the configured backends.  If that one is not usable h goes on over the same octets, up
 * to 20 times, then round robin takes over.  Positional: a down backend keeps its place, removing
 * one from the list moves most clients. */
#include "lines.h"

enum { SEED = 89, FACTOR = 113, MODULUS = 6271 };

struct ip_hash { struct lines lines; };

static uint32_t hash_on(uint32_t h, const unsigned char *octet, uint32_t length)
{
    for (uint32_t k = 0; k < length; k++)
        h = (h * FACTOR + octet[k]) % MODULUS;
    return h;
}

static uint32_t pick_by_octets(struct lb *lb, const struct lb_request *rq,
                               const unsigned char *octet, uint32_t length)
{
    uint32_t h = SEED;

    for (int tries = 0; tries <= LINES_RETRIES; tries++) {
        h = hash_on(h, octet, length);
        uint32_t i = lines_at(lb, h);
        if (lb_usable(lb, i, rq))
            return i;
    }
    return turns_pick(lb, rq, h);
}

static uint32_t ip_hash_pick(struct lb *lb, const struct lb_request *rq)
{
    unsigned char own[8];

    if (lb->open_count == 0)
        return lb_none_or_full(lb, rq);
    if (rq->key != NULL)
        return pick_by_octets(lb, rq, rq->key, rq->key_length == 4 ? 3 : rq->key_length);
    for (int k = 0; k < 8; k++)
        own[k] = (unsigned char)(rq->hash >> (56 - 8 * k));
    return pick_by_octets(lb, rq, own, sizeof own);
}

static const struct lb_page page = {
    .rule = "h = 89; for each of the first three octets of the client's IPv4 address\n"
            "h = (113 h + octet) mod 6271; then h mod (sum of weights) falls on a backend\n"
            "in configured order. If it is not usable, h goes on over the same octets, up\n"
            "to 20 times; after that smooth weighted round robin. IPv6: all 16 octets.",
    .cost = "O(log n) per pick, about 100 bytes a backend; O(n) at the first pick after a\n"
            "change.",
    .used_by = "nginx `ip_hash`.",
    .fails_when = "Clients share a /24 (an office, a NAT, a test rig): all of them go to one\n"
                  "backend. There are 6271 values only: more backends than that get nothing.\n"
                  "Adding or removing one moves nearly all clients; use ketama or maglev.",
    .source = "nginx, ngx_http_upstream_ip_hash_module.c; checked key for key against\n"
              "recordings of nginx 1.22.1.",
};

const struct lb_ops lb_ip_hash = {
    .abi         = LB_ABI,
    .traits      = LB_WEIGHTED | LB_BY_KEY | LB_BY_ADDRESS,
    .name        = "ip_hash",
    .summary     = "the client's /24 hashed to a position (nginx)",
    .page        = &page,
    .state_size  = sizeof(struct ip_hash),
    .start       = lines_start,
    .stop        = lines_stop,
    .pick        = ip_hash_pick,
    .on_pick     = turns_picked,
    .on_complete = turns_complete,
    .on_change   = lines_change,
    .bytes       = lines_bytes,
    .on_shared   = turns_shared,
};
