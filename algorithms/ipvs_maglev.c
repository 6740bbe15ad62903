/* ipvs_maglev.c - IPVS's `mh`: Maglev by SipHash of addresses, backends taking weight / gcd slots
 * at a time in list order.
 *
 * A weight of 0 keeps the table as it was and refuses that backend's clients, unless told to fall
 * back; a backend that never had a weight gets no slot. */
#include "divisor.h"
#include "hash_sip.h"
#include "ipvs_hash.h"
#include "maglev_table.h"

#include <stdlib.h>

static const struct sip FIRST = { { 2654435761, 2654435761 }, .rounds = 1, .last_rounds = 3 };
static const struct sip SECOND = { { 2654446892, 2654446892 }, .rounds = 1, .last_rounds = 3 };

struct ipvs_maglev {
    uint32_t            table_size;
    bool                fallback, port;
    struct maglev_table table;
    uint32_t           *last_weight;     /* [room] the last one above 0 */
    uint32_t            room;
};

/* Linux's hsiphash() of one word on a 64-bit machine. */
static uint32_t hash_word(const struct sip *sip, uint32_t value)
{
    unsigned char bytes[4];

    for (int k = 0; k < 4; k++)
        bytes[k] = (unsigned char)(value >> (8 * k));
    return (uint32_t)hash_sip(sip, bytes, sizeof bytes);
}

static uint32_t bits_of(uint32_t value)
{
    return value == 0 ? 0 : 32 - (uint32_t)__builtin_clz(value);
}

/* Linux's table of index n has a prime of n bits; weights are cut to n / 2 bits. */
static uint32_t weight_bits(uint32_t table_size)
{
    return bits_of(table_size) / 2;
}

static void claim_all(struct lb *lb)
{
    struct ipvs_maglev *m = lb->state;

    maglev_clear(&m->table);
    for (uint32_t i = 0; i < lb->count; i++) {
        if (!ipvs_is_listed(&lb->backend[i]) || m->last_weight[i] == 0)
            continue;
        struct endpoint e = backend_endpoint(&lb->backend[i]);
        maglev_claim(&m->table, i, m->last_weight[i], hash_word(&FIRST, e.address + e.port),
                     hash_word(&SECOND, e.address + e.port));
    }
}

/* How many slots each takes at a time; the claim's credit.  Not of an empty list. */
static void set_turns(struct maglev_table *t)
{
    uint32_t divisor = t->claim[0].weight, most = 0, shift;

    for (uint32_t k = 0; k < t->claims; k++) {
        divisor = common_divisor(t->claim[k].weight, divisor);
        most = t->claim[k].weight > most ? t->claim[k].weight : most;
    }
    shift = bits_of(most / divisor);
    shift = shift > weight_bits(t->size) ? shift - weight_bits(t->size) : 0;
    for (uint32_t k = 0; k < t->claims; k++) {
        uint32_t turns = t->claim[k].weight / divisor >> shift;
        t->claim[k].credit = turns > 0 ? turns : 1;
    }
}

static void build(struct lb *lb)
{
    struct maglev_table *t = &((struct ipvs_maglev *)lb->state)->table;

    claim_all(lb);
    if (t->claims == 0)
        return;
    set_turns(t);
    while (t->free > 0)
        for (uint32_t k = 0; k < t->claims; k++)
            for (uint64_t turn = 0; turn < t->claim[k].credit && t->free > 0; turn++)
                maglev_take(t, &t->claim[k]);
}

/* Every slot has one: who is usable has a weight, so the table of a pick is never empty. */
static uint32_t owner(const struct ipvs_maglev *m, uint32_t client)
{
    return m->table.slot[hash_word(&FIRST, client) % m->table_size];
}

/* The fallback adds to the client's address, not to its slot: one offset a slot. */
static uint32_t fall_back(const struct lb *lb, const struct lb_request *rq, uint32_t client)
{
    const struct ipvs_maglev *m = lb->state;
    uint32_t from = hash_word(&FIRST, client) % m->table_size;

    for (uint32_t offset = 0; offset < m->table_size; offset++) {
        uint32_t i = owner(m, client + (offset + from) % m->table_size);
        if (lb_usable(lb, i, rq))
            return i;
    }
    return lb_next_usable(lb, rq, 0);            /* one without a slot */
}

static uint32_t ipvs_maglev_pick(struct lb *lb, const struct lb_request *rq)
{
    struct ipvs_maglev *m = lb->state;

    if (lb_next_usable(lb, rq, 0) == LB_NONE)
        return lb_none_or_full(lb, rq);
    if (!m->table.built)
        build(lb);

    uint32_t client = ipvs_client(rq, m->port), home = owner(m, client);

    if (lb_usable(lb, home, rq))
        return home;
    return m->fallback ? fall_back(lb, rq, client) : LB_NONE;
}

static void note_weight(struct lb *lb, uint32_t i)
{
    struct ipvs_maglev *m = lb->state;

    if (lb->backend[i].weight > 0)
        m->last_weight[i] = lb->backend[i].weight;
}

static void make_room(struct lb *lb)
{
    struct ipvs_maglev *m = lb->state;

    m->last_weight = lb_grow(m->last_weight, m->room, lb->capacity, sizeof *m->last_weight);
    m->room = lb->capacity;
    maglev_change(&m->table, lb);
}

static void ipvs_maglev_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    if (what == LB_LIMIT || (what == LB_WEIGHT && lb->backend[i].weight == 0))
        return;
    make_room(lb);
    note_weight(lb, i);
}

static int ipvs_maglev_start(struct lb *lb, const char **why)
{
    struct ipvs_maglev *m = lb->state;

    if (!maglev_is_prime(m->table_size)) {
        *why = "table_size must be prime; Linux offers 251, 509, 1021, 2039, 4093, ... 131071";
        return -1;
    }
    maglev_open(&m->table, m->table_size);
    make_room(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        note_weight(lb, i);
    return 0;
}

static void ipvs_maglev_stop(struct lb *lb)
{
    struct ipvs_maglev *m = lb->state;

    maglev_close(&m->table);
    free(m->last_weight);
}

static size_t ipvs_maglev_bytes(const struct lb *lb)
{
    const struct ipvs_maglev *m = lb->state;

    return maglev_memory(&m->table) + m->room * sizeof *m->last_weight;
}

static const struct lb_param params[] = {
    { "table_size", LB_UINT, offsetof(struct ipvs_maglev, table_size), 4093, 251, 131071,
      "slots, a prime: Linux offers 251, 509, 1021, 2039, 4093, ... 131071" },
    { "fallback", LB_BOOL, offsetof(struct ipvs_maglev, fallback), 0, 0, 1,
      "look on when the backend found may not be given the connection (mh-fallback)?" },
    { "port", LB_BOOL, offsetof(struct ipvs_maglev, port), 0, 0, 1,
      "hash the client's port too (mh-port)? Needs a key that has one: hash_on flow" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "offset = h1(address + port) mod M, skip = h2(address + port) mod (M - 1) + 1,\n"
            "both hsiphash under fixed keys. In list order each backend takes weight / gcd\n"
            "slots at a time (cut to 6 bits at 4093 slots). A client's slot is h1(address)\n"
            "mod M. If its owner is full, drained or was tried, the connection is refused;\n"
            "with fallback, address + 0, 1, 2, ... from the slot's number on are tried.",
    .cost = "O(1) per pick, 4 bytes a slot, 36 a backend; O(M log M) at the first pick\n"
            "after any backend came, went or got another weight above 0 (0.2 ms).",
    .used_by = "Linux IPVS `mh` (4.18 on), kube-proxy in ipvs mode with scheduler mh, and\n"
               "commonly directors behind ECMP.",
    .fails_when = "Two directors list the backends in different order: their tables differ.\n"
                  "4093 slots move 1.2 % of keys needlessly when one of 10 goes. Draining and\n"
                  "weight 0 refuse clients without fallback. Clients behind one NAT are one.",
    .source = "Linux, net/netfilter/ipvs/ip_vs_mh.c; Eisenbud and others, NSDI 2016.",
};

const struct lb_ops lb_ipvs_maglev = {
    .abi        = LB_ABI,
    .traits     = LB_WEIGHTED | LB_BY_KEY | LB_CONSISTENT | LB_BY_ADDRESS | LB_BY_ORDER
                | LB_MAY_DROP,
    .name       = "ipvs_maglev",
    .summary    = "Maglev by address, 4093 slots (IPVS mh)",
    .page       = &page,
    .state_size = sizeof(struct ipvs_maglev),
    .params     = params,
    .start      = ipvs_maglev_start,
    .stop       = ipvs_maglev_stop,
    .pick       = ipvs_maglev_pick,
    .on_change  = ipvs_maglev_change,
    .bytes      = ipvs_maglev_bytes,
};
