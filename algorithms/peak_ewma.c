/* peak_ewma.c - two different backends, the lower (decayed peak of latency) x (in flight + 1).
 *
 * Finagle's and Linkerd's rule: an estimate jumps up to a slower sample at once, otherwise
 * est = est e^(-dt/decay) + sample (1 - e^(-dt/decay)); read at any time it has decayed further,
 * so an idle backend is tried again.  Everything decays at one rate, so estimates are kept times
 * e^(t/decay): picks compare them as they are and a completion costs a single exp. */
#include "fmath.h"
#include "lb.h"

#include <stdlib.h>

enum { REDRAWS = 16 };

/* Finagle's cost of a backend that was never heard of but is in use already: beyond any latency. */
static const double UNHEARD = 140737488355327;

struct estimate {
    double peak;                         /* ns, times the scale; 0: nothing known */
    double scale;                        /* e^((time of the last sample - epoch) / decay) */
};

struct peak_ewma {
    uint64_t         decay, default_rtt;
    struct estimate *estimate;           /* by backend */
    uint64_t         epoch;              /* where the scale is 1 */
    double           scale;              /* at the last completion */
    uint32_t         room;
};

static double cost_of(const struct lb *lb, uint32_t i)
{
    const struct peak_ewma *p = lb->state;
    double inflight = lb->backend[i].inflight, peak = p->estimate[i].peak;

    return peak == 0 && inflight > 0 ? (UNHEARD + inflight) * p->scale : peak * (inflight + 1);
}

static uint32_t cheaper(const struct lb *lb, uint32_t a, uint32_t b)
{
    return cost_of(lb, b) < cost_of(lb, a) ? b : a;
}

static uint32_t peak_ewma_pick(struct lb *lb, const struct lb_request *rq)
{
    uint32_t n = lb->live_count;

    if (n > 1 && lb_all_usable(lb, rq)) {
        uint64_t r = lb_random_bits(lb);
        uint32_t a = (uint32_t)((r >> 32) * n >> 32);
        uint32_t b = (uint32_t)((r & UINT32_MAX) * (n - 1) >> 32);
        return cheaper(lb, lb->live[a], lb->live[b + (b >= a)]);
    }

    uint32_t first = lb_random_usable(lb, rq), second = first;
    if (first == LB_NONE)
        return lb_none_or_full(lb, rq);
    for (int tries = 0; second == first && tries < REDRAWS; tries++)
        second = lb_random_usable(lb, rq);
    return cheaper(lb, first, second);
}

/* Moves the epoch to `now` before the scale can overflow. */
static void rescale(struct lb *lb, uint64_t now)
{
    struct peak_ewma *p = lb->state;
    double by = fm_exp(-((double)(now - p->epoch) / (double)p->decay));

    for (uint32_t i = 0; i < lb->count; i++) {
        p->estimate[i].peak *= by;
        p->estimate[i].scale *= by;
    }
    p->epoch = now;
}

static double scale_at(struct lb *lb, uint64_t now)
{
    struct peak_ewma *p = lb->state;

    if ((double)(now - p->epoch) > 500 * (double)p->decay)
        rescale(lb, now);
    return p->scale = fm_exp((double)(now - p->epoch) / (double)p->decay);
}

static void peak_ewma_complete(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    struct peak_ewma *p = lb->state;
    double scale = scale_at(lb, outcome->now), sample = (double)outcome->latency;
    struct estimate *e = &p->estimate[i];

    if (sample * e->scale > e->peak)
        e->peak = sample * scale;
    else
        e->peak += sample * (scale - e->scale);
    e->scale = scale;
}

/* A new backend is taken to have answered in default_rtt at the time of the last completion. */
static void make_room(struct lb *lb, uint32_t from)
{
    struct peak_ewma *p = lb->state;

    p->estimate = lb_grow(p->estimate, p->room, lb->capacity, sizeof *p->estimate);
    p->room = lb->capacity;
    for (uint32_t i = from; i < lb->count; i++)
        p->estimate[i] = (struct estimate){ (double)p->default_rtt * p->scale, p->scale };
}

static void peak_ewma_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    if (what == LB_ADDED)
        make_room(lb, i);
}

static int peak_ewma_start(struct lb *lb, const char **why)
{
    (void)why;
    ((struct peak_ewma *)lb->state)->scale = 1;
    make_room(lb, 0);
    return 0;
}

static void peak_ewma_stop(struct lb *lb)
{
    free(((struct peak_ewma *)lb->state)->estimate);
}

static size_t peak_ewma_bytes(const struct lb *lb)
{
    const struct peak_ewma *p = lb->state;

    return p->room * sizeof *p->estimate;
}

static const struct lb_param params[] = {
    { "decay", LB_DURATION, offsetof(struct peak_ewma, decay), 10e9, 1e3, 1e15,
      "time in which a peak falls to 1/e" },
    { "default_rtt", LB_DURATION, offsetof(struct peak_ewma, default_rtt), 0, 0, 1e12,
      "what a new backend starts with; 0: try it at once, but one request at a time" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "Draws two different backends and takes the lower estimate x (in flight + 1),\n"
            "the first drawn if equal. A slower sample replaces the estimate; a faster one\n"
            "gives est e^(-dt/decay) + sample (1 - e^(-dt/decay)); with time alone est\n"
            "decays to 0. A new backend costs nothing while idle, and more than any other\n"
            "while its first request is out, unless default_rtt is set.\n"
            "Weights are ignored but for 0, which means none.",
    .cost = "O(1) per pick; one exp per completion; 16 bytes a backend.",
    .used_by = "Finagle (Twitter), Linkerd (with default_rtt 30 ms), ingress-nginx `ewma`.\n"
               "Envoy's contrib Peak EWMA shares the name but has no latch on peaks.",
    .fails_when = "Failures are fast, so a failing backend looks good: it wins every pair that\n"
                  "it is in, up to 2/n of the requests. One slow answer shuns a backend for\n"
                  "several times `decay`. With equal backends it does no better than p2c.",
    .source = "Finagle, PeakEwma.scala; Tower, peak_ewma.rs.",
};

const struct lb_ops lb_peak_ewma = {
    .abi         = LB_ABI,
    .traits      = LB_FEEDBACK,
    .name        = "peak_ewma",
    .summary     = "two choices by decayed peak latency x (in flight + 1) (Finagle, Linkerd)",
    .page        = &page,
    .state_size  = sizeof(struct peak_ewma),
    .params      = params,
    .start       = peak_ewma_start,
    .stop        = peak_ewma_stop,
    .pick        = peak_ewma_pick,
    .on_complete = peak_ewma_complete,
    .on_change   = peak_ewma_change,
    .bytes       = peak_ewma_bytes,
};
