/* cilium_maglev.c - Maglev as in Cilium, slot for slot: backends sorted by name, offset and skip
 * the two halves of one murmur3 of "[10.0.0.1:80/TCP,State:active]", 16381 slots.
 *
 * The first two seeds lie in Cilium's default hashSeed, "JLfvgnHc2kaSUFaI" in base 64. */
#include "address.h"
#include "hash_jenkins.h"
#include "hash_murmur.h"
#include "maglev_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t MURMUR_SEED = 0x24b7ef82, JHASH_SEED = 0x71dcda46;

/* A backend as it is sorted: by name, those without one by id. */
struct named { const char *name; uint64_t id; uint32_t backend; };

struct cilium_maglev {
    uint32_t            table_size;
    struct maglev_table table;
    struct named       *order;           /* [room] scratch */
    uint32_t            room;
};

static int by_name(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    if (order != 0)
        return order;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return (x->backend > y->backend) - (x->backend < y->backend);
}

static void claim(struct maglev_table *t, const struct lb_backend *b, uint32_t i)
{
    struct label label;
    char text[512];
    uint64_t half[2];

    label_of(&label, b);
    snprintf(text, sizeof text, "[%s/TCP,State:active]", label.text);
    hash_murmur3(text, strlen(text), MURMUR_SEED, half);
    maglev_claim(t, i, b->weight, half[0], half[1]);
}

static void claim_all(struct lb *lb)
{
    struct cilium_maglev *m = lb->state;

    maglev_clear(&m->table);
    for (uint32_t k = 0; k < lb->live_count; k++) {
        const struct lb_backend *b = &lb->backend[lb->live[k]];
        m->order[k] = (struct named){ .name = b->name, .id = b->id, .backend = lb->live[k] };
    }
    if (lb->live_count > 0)
        qsort(m->order, lb->live_count, sizeof *m->order, by_name);
    for (uint32_t k = 0; k < lb->live_count; k++)
        claim(&m->table, &lb->backend[m->order[k].backend], m->order[k].backend);
}

/* Slot n is for backend n mod N or, where weights are used, for the first one from there on with
 * (n + 1) w not below its mark.  A mark begins at w / N, rounded up as all else is whole, and rises
 * by the sum of weights with each slot; so somebody is always due. */
static void fill(struct maglev_table *t, uint64_t sum)
{
    bool weighted = sum > t->claims;

    for (uint32_t k = 0; k < t->claims; k++)
        t->claim[k].credit = (t->claim[k].weight + t->claims - 1) / t->claims;
    for (uint64_t n = 0; t->free > 0; n++) {
        struct claim *c = &t->claim[n % t->claims];
        while (weighted && (n + 1) * c->weight < c->credit)
            c = c + 1 < t->claim + t->claims ? c + 1 : t->claim;
        c->credit += sum;
        maglev_take(t, c);
    }
}

/* jhash of the packet's source address, ports and protocol (TCP). */
static uint32_t flow_hash(const struct lb_request *rq)
{
    unsigned char words[12] = { [8] = 6 };

    if (rq->key != NULL && rq->key_length > 8)
        return hash_jenkins(rq->key, rq->key_length, JHASH_SEED);
    for (int k = 0; k < 8 && rq->key == NULL; k++)
        words[k] = (unsigned char)(rq->hash >> (8 * k));
    if (rq->key != NULL)
        memcpy(words, rq->key, rq->key_length);
    return hash_jenkins(words, sizeof words, JHASH_SEED);
}

static uint32_t cilium_maglev_pick(struct lb *lb, const struct lb_request *rq)
{
    struct cilium_maglev *m = lb->state;

    if (!m->table.built) {
        claim_all(lb);
        if (m->table.claims > 0)
            fill(&m->table, lb->live_weight);
    }
    return maglev_walk(lb, &m->table, rq, flow_hash(rq) % m->table_size);
}

static void cilium_maglev_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct cilium_maglev *m = lb->state;

    (void)i;
    if (what == LB_LIMIT)
        return;
    maglev_change(&m->table, lb);
    m->order = lb_grow(m->order, m->room, lb->capacity, sizeof *m->order);
    m->room = lb->capacity;
}

static bool is_a_size(uint32_t size)
{
    static const uint32_t sizes[] = { 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521,
                                      131071 };

    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        if (sizes[k] == size)
            return true;
    return false;
}

static int cilium_maglev_start(struct lb *lb, const char **why)
{
    struct cilium_maglev *m = lb->state;

    if (!is_a_size(m->table_size)) {
        *why = "table_size must be 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521 or 131071";
        return -1;
    }
    maglev_open(&m->table, m->table_size);
    cilium_maglev_change(lb, 0, LB_ADDED);
    return 0;
}

static void cilium_maglev_stop(struct lb *lb)
{
    struct cilium_maglev *m = lb->state;

    maglev_close(&m->table);
    free(m->order);
}

static size_t cilium_maglev_bytes(const struct lb *lb)
{
    const struct cilium_maglev *m = lb->state;

    return maglev_memory(&m->table) + m->room * sizeof *m->order;
}

static const struct lb_param params[] = {
    { "table_size", LB_UINT, offsetof(struct cilium_maglev, table_size), 16381, 251, 131071,
      "slots: one of Cilium's ten primes 251, 509, 1021, ... 65521, 131071" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "Backends sorted by name. offset and skip are the halves of murmur3-128 of\n"
            "\"[name/TCP,State:active]\" under Cilium's default seed, mod M and mod\n"
            "(M - 1) + 1. Slot n goes to backend n mod N or, where the mean weight is above\n"
            "1, to the first from there on with (n + 1) w >= its mark; marks begin at w / N\n"
            "and rise by the sum of weights. A flow's slot is jhash(address, port, TCP)\n"
            "mod M; where its owner may not be given it, that of the next slot.",
    .cost = "O(1) per pick, 4 bytes a slot, 56 a backend; O(N log N + M log M) at the first\n"
            "pick after any backend came, went, failed or changed weight (0.7 ms).",
    .used_by = "Cilium with loadBalancer.algorithm=maglev (its default is random), for traffic\n"
               "from outside; flows are remembered beside it: pair it with conntrack.",
    .fails_when = "M > 100 N is said to bound reassignments to 1 %: it does not. 100 backends\n"
                  "with 16381 slots move 1.3 % besides what must move. More backends than slots:\n"
                  "the last names get none.",
    .source = "Cilium, pkg/maglev, checked against its tests.",
};

const struct lb_ops lb_cilium_maglev = {
    .abi        = LB_ABI,
    .traits     = LB_WEIGHTED | LB_BY_KEY | LB_CONSISTENT,
    .name       = "cilium_maglev",
    .summary    = "Maglev by sorted name, 16381 slots (Cilium)",
    .page       = &page,
    .state_size = sizeof(struct cilium_maglev),
    .params     = params,
    .start      = cilium_maglev_start,
    .stop       = cilium_maglev_stop,
    .pick       = cilium_maglev_pick,
    .on_change  = cilium_maglev_change,
    .bytes      = cilium_maglev_bytes,
};
