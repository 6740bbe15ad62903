/* c3.c - C3's replica ranking: R - S + q^3 S, where R and S are averages of response and service
 * time and q estimates the queue: 1 + own requests out x clients + what the backend reported.
 *
 * The cube makes a long queue dear: of two backends one five times as quick is given a queue 1.7
 * times as long, not 5.  Replies that report no service time: S is R, which leaves q^3 R. */
#include "heap.h"

#include <stdlib.h>

struct replica {
    double   response, service;          /* ns; response 0: never heard of */
    double   score;
    uint32_t queued;
    bool     says_service;               /* has reported a service time */
};

struct c3 {
    double          alpha;
    uint32_t        clients;
    struct heap     heap;
    struct replica *replica;             /* by backend */
    uint32_t        room;
};

static bool ranks_before(const struct lb *lb, uint32_t a, uint32_t b)
{
    const struct replica *r = ((const struct c3 *)lb->state)->replica;
    uint32_t x = lb->backend[a].inflight, y = lb->backend[b].inflight;

    if (r[a].score != r[b].score)
        return r[a].score < r[b].score;
    return x < y || (x == y && a < b);
}

static void rank(struct lb *lb, uint32_t i)
{
    struct c3 *c = lb->state;
    struct replica *r = &c->replica[i];
    double q = 1 + (double)lb->backend[i].inflight * c->clients + r->queued;

    r->score = r->response == 0 ? 0 : r->response - r->service + q * q * q * r->service;
    heap_keep(&c->heap, lb, ranks_before, i);
}

static uint32_t c3_pick(struct lb *lb, const struct lb_request *rq)
{
    const struct c3 *c = lb->state;
    uint32_t i = heap_best(&c->heap, lb, ranks_before, rq, 0);

    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}

static void c3_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)now;
    rank(lb, i);
}

static void average(double *mean, double sample, double alpha)
{
    *mean = *mean == 0 ? sample : alpha * sample + (1 - alpha) * *mean;
}

static void heed(const struct c3 *c, struct replica *r, const struct lb_outcome *o)
{
    if (o->service > 0 && !r->says_service)
        r->service = 0;                  /* it was the response time until now */
    r->says_service |= o->service > 0;
    if (o->service > 0)
        average(&r->service, (double)o->service, c->alpha);
    r->queued = o->queued;
}

static void c3_complete(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    const struct c3 *c = lb->state;
    struct replica *r = &c->replica[i];

    if (o->result == LB_OK) {
        average(&r->response, (double)o->latency, c->alpha);
        if (o->load >= 0 || o->service > 0)
            heed(c, r, o);
        if (!r->says_service)
            average(&r->service, (double)o->latency, c->alpha);
    }
    rank(lb, i);
}

static void c3_report(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    const struct c3 *c = lb->state;

    heed(c, &c->replica[i], o);
    rank(lb, i);
}

static void c3_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    rank(lb, i);
}

static void make_room(struct lb *lb)
{
    struct c3 *c = lb->state;

    c->heap.item = lb_grow(c->heap.item, c->room, lb->capacity, sizeof *c->heap.item);
    c->heap.place = lb_grow(c->heap.place, c->room, lb->capacity, sizeof *c->heap.place);
    c->replica = lb_grow(c->replica, c->room, lb->capacity, sizeof *c->replica);
    c->room = lb->capacity;
}

static void c3_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    if (what == LB_ADDED)
        make_room(lb);
    rank(lb, i);
}

static int c3_start(struct lb *lb, const char **why)
{
    (void)why;
    make_room(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        rank(lb, i);
    return 0;
}

static void c3_stop(struct lb *lb)
{
    struct c3 *c = lb->state;

    free(c->heap.item);
    free(c->heap.place);
    free(c->replica);
}

static size_t c3_bytes(const struct lb *lb)
{
    const struct c3 *c = lb->state;

    return c->room * (sizeof *c->heap.item + sizeof *c->heap.place + sizeof *c->replica);
}

static const struct lb_param params[] = {
    { "alpha", LB_REAL, offsetof(struct c3, alpha), 0.9, 0.001, 1,
      "weight of the newest sample in both averages" },
    { "clients", LB_UINT, offsetof(struct c3, clients), 1, 1, 1000000,
      "balancers that send to the same backends: own requests out count as many times" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "Takes the least R - S + q^3 S: R is the average response time, S the average\n"
            "service time that replies report, q = 1 + in flight x clients + the queue that\n"
            "the last report had. Without reports S is R. Never heard of: 0, taken\n"
            "first. Equals: fewest in flight, then the first. Failures change nothing.",
    .cost = "O(log n) per pick and per completion, 40 bytes a backend.",
    .used_by = "A research version of Cassandra. Its rate control, which may hold a request\n"
               "back, is not here: this is the ranking.",
    .fails_when = "Queue lengths are as old as the last reply; a backend that is not asked is\n"
                  "never heard of again, so one bad reply keeps it out for long. `clients` too\n"
                  "high drowns what backends report; too low, and balancers herd.",
    .source = "Suresh, Canini, Schmid, Feldmann, C3: Cutting Tail Latency in Cloud Data\n"
              "Stores via Adaptive Replica Selection, NSDI 2015; alpha as in its simulator.",
};

const struct lb_ops lb_c3 = {
    .abi         = LB_ABI,
    .traits      = LB_FEEDBACK,
    .signals     = LB_OWN | LB_REPORTED,
    .name        = "c3",
    .summary     = "R - S + queue^3 x S, least first (Suresh 2015)",
    .page        = &page,
    .state_size  = sizeof(struct c3),
    .params      = params,
    .start       = c3_start,
    .stop        = c3_stop,
    .pick        = c3_pick,
    .on_pick     = c3_picked,
    .on_complete = c3_complete,
    .on_change   = c3_change,
    .on_report   = c3_report,
    .bytes       = c3_bytes,
    .on_shared   = c3_shared,
};
