/* katran_maglev.c - Maglev as in Meta's Katran, slot for slot, both of its rules for weights.
 *
 * V1, its default, lets a weight count in the first round only: weights are head starts in slots,
 * and 1 : 10 comes out as 1 : 1 unless the caller makes them add up to the table's size.  V2 lets
 * a backend take its turn when its weights have added up to the greatest one. */
#include "hash_jenkins.h"
#include "hash_murmur.h"
#include "maglev_table.h"

#include <string.h>

enum { V1, V2 };
static const uint32_t MOST_VIPS = 512;   /* the flow hash's seed is this times the slots */

struct katran_maglev {
    uint32_t            version, table_size;
    struct maglev_table table;
};

/* The real's own hash (here its id) hashed once more, with a constant behind it. */
static uint64_t hash_id(uint64_t id, uint64_t constant, uint32_t seed)
{
    unsigned char bytes[16];
    uint64_t half[2];

    for (int k = 0; k < 8; k++) {
        bytes[k] = (unsigned char)(id >> (8 * k));
        bytes[8 + k] = (unsigned char)(constant >> (8 * k));
    }
    hash_murmur3(bytes, sizeof bytes, seed, half);
    return half[0];
}

static void take_slots(struct maglev_table *t, struct claim *c, uint32_t slots)
{
    while (slots-- > 0 && t->free > 0)
        maglev_take(t, c);
}

static void fill_by_head_start(struct maglev_table *t)
{
    for (uint32_t round = 0; t->free > 0; round++)
        for (uint32_t k = 0; k < t->claims; k++)
            take_slots(t, &t->claim[k], round == 0 ? t->claim[k].weight : 1);
}

static void fill_by_sum(struct maglev_table *t)
{
    uint64_t most = 0;

    for (uint32_t k = 0; k < t->claims; k++)
        most = t->claim[k].weight > most ? t->claim[k].weight : most;
    while (t->free > 0)
        for (uint32_t k = 0; k < t->claims; k++) {
            struct claim *c = &t->claim[k];
            c->credit += c->weight;
            if (c->credit < most)
                continue;
            c->credit -= most;
            take_slots(t, c, 1);
        }
}

static void build(struct lb *lb)
{
    struct katran_maglev *m = lb->state;
    struct maglev_table *t = &m->table;

    maglev_clear(t);
    for (uint32_t k = 0; k < lb->live_count; k++) {
        const struct lb_backend *b = &lb->backend[lb->live[k]];
        maglev_claim(t, lb->live[k], b->weight, hash_id(b->id, 42, 0),
                     hash_id(b->id, 2718281828, 2307));
    }
    if (t->claims == 0)
        return;
    if (m->version == V2)
        fill_by_sum(t);
    else
        fill_by_head_start(t);
}

/* jhash of source address and ports: an address and port are filled up with zeros to two words. */
static uint32_t flow_hash(const struct katran_maglev *m, const struct lb_request *rq)
{
    unsigned char words[8] = { 0 };
    uint32_t seed = m->table_size * MOST_VIPS;

    if (rq->key != NULL && rq->key_length > sizeof words)
        return hash_jenkins(rq->key, rq->key_length, seed);
    for (int k = 0; k < 8; k++)
        words[k] = rq->key == NULL ? (unsigned char)(rq->hash >> (8 * k)) : 0;
    if (rq->key != NULL)
        memcpy(words, rq->key, rq->key_length);
    return hash_jenkins(words, sizeof words, seed);
}

static uint32_t katran_maglev_pick(struct lb *lb, const struct lb_request *rq)
{
    struct katran_maglev *m = lb->state;

    if (!m->table.built)
        build(lb);
    return maglev_walk(lb, &m->table, rq, flow_hash(m, rq) % m->table_size);
}

static void katran_maglev_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    (void)i;
    if (what != LB_LIMIT)
        maglev_change(&((struct katran_maglev *)lb->state)->table, lb);
}

static int katran_maglev_start(struct lb *lb, const char **why)
{
    struct katran_maglev *m = lb->state;

    if (!maglev_is_prime(m->table_size)) {
        *why = "table_size must be prime";
        return -1;
    }
    maglev_open(&m->table, m->table_size);
    maglev_change(&m->table, lb);
    return 0;
}

static void katran_maglev_stop(struct lb *lb)
{
    maglev_close(&((struct katran_maglev *)lb->state)->table);
}

static size_t katran_maglev_bytes(const struct lb *lb)
{
    return maglev_memory(&((const struct katran_maglev *)lb->state)->table);
}

static const char *const versions[] = { "v1", "v2", NULL };

static const struct lb_param params[] = {
    { "version", LB_CHOICE, offsetof(struct katran_maglev, version), V1, 0, 1,
      "the rule for weights: v1 is Katran's default, v2 follows them", versions },
    { "table_size", LB_UINT, offsetof(struct katran_maglev, table_size), 65537, 3, 5000011,
      "slots, a prime" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "offset = murmur3(id, 42; seed 0) mod M, skip = murmur3(id, 2718281828; seed\n"
            "2307) mod (M - 1) + 1. In configured order backends take their next free slot.\n"
            "v1: weight slots at once in the first round, then one a round. v2: one slot\n"
            "each time that a backend's weights have summed up to the greatest weight. A\n"
            "flow's slot is jhash(source address, port; seed 512 M) mod M; where its owner\n"
            "may not be given it, that of the next slot.",
    .cost = "O(1) per pick, 4 bytes a slot, 32 a backend; O(M log M) at the first pick\n"
            "after any backend came, went, failed or changed weight (65537 slots 3 ms).",
    .used_by = "Meta's Katran (`Maglev`, `MaglevV2`), which remembers flows beside it: pair it\n"
               "with conntrack.",
    .fails_when = "v1 is given weights as one thinks of them: 1 : 10 becomes 32764 : 32773 slots;\n"
                  "given weights that add up to more than M the last backends get none. The\n"
                  "order of backends matters.",
    .source = "Katran, MaglevHash.cpp, MaglevHashV2.cpp and CHHelpersTest; its issue 35. At\n"
              "most 4096 reals, as there.",
};

const struct lb_ops lb_katran_maglev = {
    .abi          = LB_ABI,
    .traits       = LB_BY_KEY | LB_CONSISTENT | LB_BY_ORDER,
    .max_backends = 4096,
    .name         = "katran_maglev",
    .summary      = "Maglev, weights as head starts or shares (Katran)",
    .page         = &page,
    .state_size   = sizeof(struct katran_maglev),
    .params       = params,
    .start        = katran_maglev_start,
    .stop         = katran_maglev_stop,
    .pick         = katran_maglev_pick,
    .on_change    = katran_maglev_change,
    .bytes        = katran_maglev_bytes,
};
