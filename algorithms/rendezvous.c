/* rendezvous.c - highest random weight: key and backend are hashed together and the greatest score
 * wins, so a backend that goes moves its own keys only, evenly to all others.
 *
 * The weighted score -w / ln(u) rises with u: among backends of one weight the greatest hash wins,
 * and a logarithm is needed once a distinct weight only. */
#include "fmath.h"
#include "lb.h"

#include <stdlib.h>

struct entrant {
    uint64_t hash;                       /* of the id */
    uint32_t backend, weight;
};

struct rendezvous {
    struct entrant *entrant;             /* [entrants] by weight, then id */
    uint32_t        entrants, room;
    bool            built;
};

static int by_weight(const void *a, const void *b)
{
    const struct entrant *x = a, *y = b;

    if (x->weight != y->weight)
        return x->weight < y->weight ? -1 : 1;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->backend > y->backend) - (x->backend < y->backend);
}

static void build(struct lb *lb)
{
    struct rendezvous *r = lb->state;

    r->entrants = lb->live_count;
    for (uint32_t k = 0; k < r->entrants; k++) {
        const struct lb_backend *b = &lb->backend[lb->live[k]];
        r->entrant[k] = (struct entrant){
            .hash = lb_mix(b->id ^ 0x9e3779b97f4a7c15u), .backend = lb->live[k],
            .weight = b->weight,
        };
    }
    if (r->entrants > 0)
        qsort(r->entrant, r->entrants, sizeof *r->entrant, by_weight);
    r->built = true;
}

struct winner { uint64_t hash; uint32_t backend; };

/* The greatest hash among the usable ones of [from, to); backend LB_NONE: none is. */
static struct winner best_of(const struct lb *lb, const struct lb_request *rq, uint32_t from,
                             uint32_t to)
{
    const struct rendezvous *r = lb->state;
    struct winner best = { .backend = LB_NONE };
    bool all = lb_all_usable(lb, rq);
    uint64_t key = lb_mix(rq->hash);

    for (uint32_t k = from; k < to; k++) {
        uint64_t hash = lb_mix(key ^ r->entrant[k].hash);
        if ((hash > best.hash || best.backend == LB_NONE)
            && (all || lb_usable(lb, r->entrant[k].backend, rq)))
            best = (struct winner){ .hash = hash, .backend = r->entrant[k].backend };
    }
    return best;
}

/* w / -ln(u), u in (0, 1) from the hash's top 53 bits. */
static double score(uint64_t hash, uint32_t weight)
{
    double u = ((double)(hash >> 11) + 0.5) * 0x1p-53;

    return (double)weight / -fm_log(u);
}

static uint32_t group_end(const struct rendezvous *r, uint32_t from)
{
    uint32_t to = from;

    while (to < r->entrants && r->entrant[to].weight == r->entrant[from].weight)
        to++;
    return to;
}

static uint32_t rendezvous_pick(struct lb *lb, const struct lb_request *rq)
{
    struct rendezvous *r = lb->state;
    uint32_t best = LB_NONE, to;
    double most = 0;

    if (!r->built)
        build(lb);
    if (lb->open_count == 0)
        return lb_none_or_full(lb, rq);
    for (uint32_t from = 0; from < r->entrants; from = to) {
        to = group_end(r, from);
        struct winner w = best_of(lb, rq, from, to);
        double points = w.backend != LB_NONE ? score(w.hash, r->entrant[from].weight) : 0;
        if (points > most) {
            most = points;
            best = w.backend;
        }
    }
    return best != LB_NONE ? best : lb_none_or_full(lb, rq);
}

static void rendezvous_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct rendezvous *r = lb->state;

    (void)i;
    if (what == LB_LIMIT)
        return;
    r->entrant = lb_grow(r->entrant, r->room, lb->capacity, sizeof *r->entrant);
    r->room = lb->capacity;
    r->built = false;
}

static int rendezvous_start(struct lb *lb, const char **why)
{
    (void)why;
    rendezvous_change(lb, 0, LB_ADDED);
    return 0;
}

static void rendezvous_stop(struct lb *lb)
{
    free(((struct rendezvous *)lb->state)->entrant);
}

static size_t rendezvous_bytes(const struct lb *lb)
{
    const struct rendezvous *r = lb->state;

    return r->room * sizeof *r->entrant;
}

static const struct lb_page page = {
    .rule = "u = hash(key, backend's id) in (0, 1). The usable backend with the greatest\n"
            "w / -ln(u) has the key: with equal weights, simply the greatest hash.",
    .cost = "O(n) per pick, about 2 ns a backend; 16 bytes a backend; O(n log n) at the\n"
            "first pick after any backend came, went, failed or changed weight.",
    .used_by = "Traefik `hrw`, Caddy's hashes and GLB's table are of this kind, each with its\n"
               "own hash; Envoy has a rendezvous policy of late.",
    .fails_when = "Many backends: every pick looks at all of them. One key is one backend, as\n"
                  "with every pure hash.",
    .source = "Thaler and Ravishankar, A Name-Based Mapping Scheme for Rendezvous, 1996;\n"
              "weights: Schindelhauer and Schomaker, SPAA 2005.",
};

const struct lb_ops lb_rendezvous = {
    .abi        = LB_ABI,
    .traits     = LB_WEIGHTED | LB_BY_KEY | LB_CONSISTENT | LB_SCANS,
    .name       = "rendezvous",
    .aliases    = "hrw",
    .summary    = "the greatest hash of key and backend (Thaler 1996)",
    .page       = &page,
    .state_size = sizeof(struct rendezvous),
    .start      = rendezvous_start,
    .stop       = rendezvous_stop,
    .pick       = rendezvous_pick,
    .on_change  = rendezvous_change,
    .bytes      = rendezvous_bytes,
};
