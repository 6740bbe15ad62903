/* ip_hash.c - nginx's: the client's /24 decides.
 *
 * h = 89, then h = (113 h + octet) mod 6271 over the first three octets; h mod (sum of weights)
 * walks the configured backends.  If that one is not usable h goes on over the same octets, up
 * to 20 times.  Positional, as in nginx: a down backend keeps its place, removing one from the
 * list moves most clients.  What nginx then hands to its round robin goes by h here, so that a
 * pick stays a function of the key. */
#include "lb.h"

#include <stdlib.h>

enum { SEED = 89, FACTOR = 113, MODULUS = 6271, RETRIES = 20 };

struct ip_hash {
    uint64_t *upto;                      /* [lines] sum of weights up to and with this line */
    uint32_t *line;                      /* [lines] its backend: all but removed, weight > 0 */
    uint32_t  lines, room;
    bool      built;
};

static void ip_hash_build(struct lb *lb)
{
    struct ip_hash *ip = lb->state;
    uint64_t sum = 0;

    ip->lines = 0;
    ip->built = true;
    for (uint32_t i = 0; i < lb->count; i++) {
        if (lb->backend[i].state == LB_GONE || lb->backend[i].weight == 0)
            continue;
        ip->line[ip->lines] = i;
        ip->upto[ip->lines++] = sum += lb->backend[i].weight;
    }
}

static uint32_t hash_on(uint32_t h, const unsigned char *octet, uint32_t length)
{
    for (uint32_t k = 0; k < length; k++)
        h = (h * FACTOR + octet[k]) % MODULUS;
    return h;
}

/* The line in which h mod (sum of weights) falls. */
static uint32_t backend_at(const struct ip_hash *ip, uint32_t h)
{
    uint64_t place = h % ip->upto[ip->lines - 1];
    uint32_t low = 0, high = ip->lines - 1;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (place < ip->upto[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return ip->line[low];
}

static uint32_t pick_by_octets(struct lb *lb, const struct lb_request *rq,
                               const unsigned char *octet, uint32_t length)
{
    const struct ip_hash *ip = lb->state;
    uint32_t h = SEED;

    for (int tries = 0; tries <= RETRIES; tries++) {
        h = hash_on(h, octet, length);
        uint32_t i = backend_at(ip, h);
        if (lb_usable(lb, i, rq))
            return i;
    }
    return lb_next_usable(lb, rq, h % lb->count);
}

static uint32_t ip_hash_pick(struct lb *lb, const struct lb_request *rq)
{
    struct ip_hash *ip = lb->state;
    unsigned char own[8];
    uint32_t i = LB_NONE;

    if (!ip->built)
        ip_hash_build(lb);
    for (int k = 0; k < 8; k++)
        own[k] = (unsigned char)(rq->hash >> (56 - 8 * k));
    if (lb->open_count > 0 && rq->key != NULL)
        i = pick_by_octets(lb, rq, rq->key, rq->key_length == 4 ? 3 : rq->key_length);
    else if (lb->open_count > 0)
        i = pick_by_octets(lb, rq, own, sizeof own);
    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}

static void make_room(struct lb *lb)
{
    struct ip_hash *ip = lb->state;

    ip->upto = lb_grow(ip->upto, ip->room, lb->capacity, sizeof *ip->upto);
    ip->line = lb_grow(ip->line, ip->room, lb->capacity, sizeof *ip->line);
    ip->room = lb->capacity;
    ip->built = false;
}

static void ip_hash_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    (void)i;
    if (what == LB_ADDED || what == LB_REMOVED || what == LB_WEIGHT)
        make_room(lb);
}

static int ip_hash_start(struct lb *lb, const char **why)
{
    (void)why;
    make_room(lb);
    return 0;
}

static void ip_hash_stop(struct lb *lb)
{
    struct ip_hash *ip = lb->state;

    free(ip->upto);
    free(ip->line);
}

static size_t ip_hash_bytes(const struct lb *lb)
{
    const struct ip_hash *ip = lb->state;

    return ip->room * (sizeof *ip->upto + sizeof *ip->line);
}

static const struct lb_page page = {
    .rule = "h = 89; for each of the first three octets of the client's IPv4 address\n"
            "h = (113 h + octet) mod 6271; then h mod (sum of weights) falls on a backend\n"
            "in configured order. If it is not usable, h goes on over the same octets, up\n"
            "to 20 times; after that the next usable one from position h on. IPv6: all 16\n"
            "octets.",
    .cost = "O(log n) per pick, 12 bytes a backend; O(n) at the first pick after a change.",
    .used_by = "nginx `ip_hash`.",
    .fails_when = "Clients share a /24 (an office, a NAT, a test rig): all of them go to one\n"
                  "backend. There are 6271 values only: more backends than that get nothing.\n"
                  "Adding or removing one moves nearly all clients; use ring_hash or maglev.",
    .source = "nginx, ngx_http_upstream_ip_hash_module.c; checked against recordings of\n"
              "nginx 1.22.1. nginx ends in round robin where this ends by position.",
};

const struct lb_ops lb_ip_hash = {
    .abi        = LB_ABI,
    .traits     = LB_WEIGHTED | LB_BY_KEY | LB_BY_ADDRESS,
    .name       = "ip_hash",
    .summary    = "the client's /24, hashed to a position, as in nginx",
    .page       = &page,
    .state_size = sizeof(struct ip_hash),
    .start      = ip_hash_start,
    .stop       = ip_hash_stop,
    .pick       = ip_hash_pick,
    .on_change  = ip_hash_change,
    .bytes      = ip_hash_bytes,
};
