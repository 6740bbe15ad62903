/* multi_probe.c - consistent hashing with one point a backend: instead of the backends, the key is
 * hashed many times, and of the points that follow its probes the nearest has it.
 *
 * Probes are h1 + k h2, two SipHashes of the key: as in the Go package that has test vectors. */
#include "address.h"
#include "hash_sip.h"
#include "ring.h"

struct multi_probe {
    uint32_t    probes;
    struct ring ring;
    bool        built;
};

static uint64_t sip_under(uint64_t seed, const void *bytes, size_t length)
{
    return hash_sip(&(struct sip){ .key = { seed, 0 }, .rounds = 2, .last_rounds = 4 }, bytes,
                    length);
}

static void build(struct lb *lb)
{
    struct multi_probe *m = lb->state;
    struct label label;

    ring_clear(&m->ring);
    for (uint32_t k = 0; k < lb->live_count; k++) {
        label_of(&label, &lb->backend[lb->live[k]]);
        ring_put(&m->ring, sip_under(0, label.text, label.length), lb->live[k]);
    }
    ring_sort(&m->ring);
    m->built = true;
}

/* The first point at or behind the place that may be used.  There is one, or it goes round. */
static const struct ring_point *follow(const struct lb *lb, const struct lb_request *rq,
                                       uint64_t place)
{
    const struct ring *r = &((const struct multi_probe *)lb->state)->ring;
    uint32_t at = ring_find(r, place);

    while (!lb_usable(lb, r->point[at].backend, rq))
        at = ring_next(r, at);
    return &r->point[at];
}

static uint32_t multi_probe_pick(struct lb *lb, const struct lb_request *rq)
{
    struct multi_probe *m = lb->state;
    struct key_bytes key;
    const struct ring_point *best = NULL;
    uint64_t least = 0;

    if (lb_next_usable(lb, rq, 0) == LB_NONE)
        return lb_none_or_full(lb, rq);
    if (!m->built)
        build(lb);
    key_bytes_of(&key, rq);

    uint64_t probe = sip_under(1, key.byte, key.length), step = sip_under(2, key.byte, key.length);

    for (uint32_t k = 0; k < m->probes; k++, probe += step) {
        const struct ring_point *p = follow(lb, rq, probe);
        if (best == NULL || p->place - probe < least) {
            best = p;
            least = p->place - probe;
        }
    }
    return best->backend;
}

static void multi_probe_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct multi_probe *m = lb->state;

    (void)i;
    if (what == LB_LIMIT)
        return;
    ring_reserve(&m->ring, lb->capacity);
    m->built = false;
}

static int multi_probe_start(struct lb *lb, const char **why)
{
    (void)why;
    multi_probe_change(lb, 0, LB_ADDED);
    return 0;
}

static void multi_probe_stop(struct lb *lb)
{
    ring_free(&((struct multi_probe *)lb->state)->ring);
}

static size_t multi_probe_bytes(const struct lb *lb)
{
    return ring_memory(&((const struct multi_probe *)lb->state)->ring);
}

static const struct lb_param params[] = {
    { "probes", LB_UINT, offsetof(struct multi_probe, probes), 21, 1, 1000,
      "hashes of the key; 1 + 1/e of them keep the busiest within 1 + e of the mean" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "Each usable backend has one point on a ring of 2^64, SipHash of its name. The\n"
            "key has `probes` places, h1 + k h2; for each the point that follows is looked\n"
            "up, and the one at the least distance from its probe has the key.",
    .cost = "O(probes) per pick, 0.4 us at 21; 33 bytes a backend; O(n) at the first\n"
            "pick after any backend came, went, failed or recovered.",
    .used_by = "Google (its paper); Go and C++ libraries. A plain ring needs about 1000\n"
               "points a backend to be as even.",
    .fails_when = "Picks must be quick. Weights are ignored: the paper has none. Most backends\n"
                  "full: each probe walks on to one that is not.",
    .source = "Appleton and O'Reilly, Multi-Probe Consistent Hashing, arXiv 1505.00062, 2015;\n"
              "checked against go-mpchash.",
};

const struct lb_ops lb_multi_probe = {
    .abi        = LB_ABI,
    .traits     = LB_BY_KEY | LB_CONSISTENT,
    .name       = "multi_probe",
    .summary    = "one point a backend, many hashes (Appleton 2015)",
    .page       = &page,
    .state_size = sizeof(struct multi_probe),
    .params     = params,
    .start      = multi_probe_start,
    .stop       = multi_probe_stop,
    .pick       = multi_probe_pick,
    .on_change  = multi_probe_change,
    .bytes      = multi_probe_bytes,
};
