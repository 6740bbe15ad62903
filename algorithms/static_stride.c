/* static_stride.c - gRPC's weighted_round_robin: turns weighted by what backends report.
 *
 * Weight = requests a second / (utilisation + penalty x errors / requests).  A sequence number goes
 * round the list; of all rounds a backend is taken in weight / greatest weight, by strides instead
 * of dice.  The surprise: until two have reported for ten seconds it is plain turns, and who has
 * not reported is given the mean of the others. */
#include "lb.h"

#include <stdlib.h>

#define DRAWN UINT32_MAX                 /* `start`: at random */
#define NEVER UINT64_MAX

enum { GREATEST = 65535, OFFSET = GREATEST / 2 };

struct told {
    double   weight;
    uint64_t at, since;                  /* last report; the first since it was silent or down */
    uint32_t done, failed;               /* since the last refresh, for hosts that say no rates */
    double   rps, eps;
};

struct static_stride {
    uint64_t     blackout, expiration, period;
    double       penalty;
    uint32_t     start;
    struct told *told;                   /* by backend */
    uint16_t    *stride;                 /* by place in live[] */
    uint32_t     room;
    uint32_t     sequence;
    uint64_t     refresh, refreshed;
    bool         in_turn, is_stale;
};

/* ---- weights ---- */

static double weight_of(const struct static_stride *s, struct told *t, uint64_t now)
{
    if (t->at == NEVER)
        return 0;
    if (now - t->at >= s->expiration) {
        t->since = NEVER;
        return 0;
    }
    if (s->blackout != 0 && (t->since == NEVER || now - t->since < s->blackout))
        return 0;
    return t->weight;
}

static uint16_t scaled(double weight, double most)
{
    double stride = weight * (GREATEST / most) + 0.5;

    return stride < 1 ? 1 : (uint16_t)stride;
}

static void set_strides(struct lb *lb, uint64_t now)
{
    struct static_stride *s = lb->state;
    uint32_t known = 0;
    double sum = 0, most = 0;

    for (uint32_t k = 0; k < lb->live_count; k++) {
        double weight = weight_of(s, &s->told[lb->live[k]], now);
        known += weight > 0;
        sum += weight;
        most = weight > most ? weight : most;
    }
    s->in_turn = true;
    for (uint32_t k = 0; k < lb->live_count && known >= 2; k++) {
        double weight = weight_of(s, &s->told[lb->live[k]], now);
        s->stride[k] = scaled(weight > 0 ? weight : sum / known, most);
        s->in_turn = s->in_turn && s->stride[k] == s->stride[0];
    }
}

static void count_rates(struct lb *lb, uint64_t now)
{
    struct static_stride *s = lb->state;
    double seconds = (double)(now - s->refreshed) / 1e9;

    for (uint32_t k = 0; k < lb->live_count && seconds > 0; k++) {
        struct told *t = &s->told[lb->live[k]];
        t->rps = t->done / seconds;
        t->eps = t->failed / seconds;
        t->done = t->failed = 0;
    }
    s->refreshed = now;
}

static void refresh(struct lb *lb, uint64_t now)
{
    struct static_stride *s = lb->state;

    if (s->is_stale) {
        s->sequence = s->start == DRAWN ? (uint32_t)lb_random_bits(lb) : s->start;
        s->refresh = now + s->period;
        if (s->refreshed == 0)
            s->refreshed = now;
    } else {
        s->refresh += ((now - s->refresh) / s->period + 1) * s->period;
        count_rates(lb, now);
    }
    s->is_stale = false;
    set_strides(lb, now);
}

/* ---- picking ---- */

static bool is_skipped(const struct static_stride *s, uint32_t place, uint64_t round)
{
    uint64_t stride = s->stride[place];

    return (stride * round + (uint64_t)place * OFFSET) % GREATEST < GREATEST - stride;
}

static uint32_t static_stride_pick(struct lb *lb, const struct lb_request *rq)
{
    struct static_stride *s = lb->state;
    uint32_t n = lb->live_count, sequence;

    if (n == 0)
        return LB_NONE;
    if (s->is_stale || rq->now >= s->refresh)
        refresh(lb, rq->now);
    do
        sequence = ++s->sequence;
    while (!s->in_turn && is_skipped(s, sequence % n, sequence / n));

    uint32_t i = lb_next_usable(lb, rq, lb->live[sequence % n]);
    return i != LB_NONE ? i : lb_none_or_full(lb, rq);
}

/* ---- reports ---- */

static void heed(struct static_stride *s, struct told *t, const struct lb_outcome *o)
{
    double rps = o->rps > 0 ? o->rps : t->rps, eps = o->rps > 0 ? o->eps : t->eps;

    if (!(o->load > 0 && rps > 0))
        return;
    t->weight = rps / (o->load + eps / rps * s->penalty);
    t->at = o->now;
    if (t->since == NEVER)
        t->since = o->now;
}

static void static_stride_report(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    struct static_stride *s = lb->state;

    heed(s, &s->told[i], outcome);
}

static void static_stride_complete(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    struct static_stride *s = lb->state;

    s->told[i].done++;
    s->told[i].failed += outcome->result != LB_OK && outcome->result != LB_CANCELLED;
    heed(s, &s->told[i], outcome);
}

/* ---- changes ---- */

static void forget(struct lb *lb, uint32_t i)
{
    struct static_stride *s = lb->state;

    s->told[i].at = s->told[i].since = NEVER;
}

static void make_room(struct lb *lb)
{
    struct static_stride *s = lb->state;

    s->told = lb_grow(s->told, s->room, lb->capacity, sizeof *s->told);
    s->stride = lb_grow(s->stride, s->room, lb->capacity, sizeof *s->stride);
    s->room = lb->capacity;
}

static void static_stride_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct static_stride *s = lb->state;

    if (lb->capacity > s->room)
        make_room(lb);
    if (what == LB_LIMIT)
        return;
    if (what == LB_ADDED || lb->backend[i].state != LB_UP)
        forget(lb, i);
    s->is_stale = true;
}

static int static_stride_start(struct lb *lb, const char **why)
{
    struct static_stride *s = lb->state;

    (void)why;
    make_room(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        forget(lb, i);
    s->is_stale = true;
    return 0;
}

static void static_stride_stop(struct lb *lb)
{
    struct static_stride *s = lb->state;

    free(s->told);
    free(s->stride);
}

static size_t static_stride_bytes(const struct lb *lb)
{
    const struct static_stride *s = lb->state;

    return s->room * (sizeof *s->told + sizeof *s->stride);
}

static const struct lb_param params[] = {
    { "blackout_period", LB_DURATION, offsetof(struct static_stride, blackout), 10e9, 0, 1e15,
      "reports are not believed before they have come for this long" },
    { "expiration_period", LB_DURATION, offsetof(struct static_stride, expiration), 180e9, 1, 1e15,
      "a report older than this is forgotten" },
    { "update_period", LB_DURATION, offsetof(struct static_stride, period), 1e9, 1e8, 1e15,
      "time between two settings of the strides" },
    { "error_penalty", LB_REAL, offsetof(struct static_stride, penalty), 1, 0, 1e6,
      "utilisation that a backend whose every request fails is charged" },
    { "start", LB_UINT, offsetof(struct static_stride, start), DRAWN, 0, DRAWN,
      "sequence number before the first pick; 4294967295: drawn at random" },
    { .name = NULL },
};

static const struct lb_page page = {
    .rule = "A backend's weight is rps / (utilisation + error_penalty x eps / rps) of its\n"
            "last report; one without load or rate is ignored, but where the host tells no\n"
            "rate, the rate seen by this balancer in the last period stands for it. Every\n"
            "update_period weights are scaled so that the greatest is 65535. Of n backends\n"
            "the one at s mod n in round g = s / n is passed over if (w g + place x 32767)\n"
            "mod 65535 < 65535 - w. Who has no weight has the mean of those who have; with\n"
            "fewer than two, or all equal, it is plain turns. Configured weights mean\n"
            "nothing but for 0.",
    .cost = "O(greatest / mean weight) per pick, n at most; 50 bytes a backend; O(n) every\n"
            "update_period.",
    .used_by = "gRPC `weighted_round_robin` (A58), whose reports are ORCA's; Envoy's client\n"
               "side one has the same weights, but the median for the mean, and edf's order.",
    .fails_when = "Nobody reports: then it is round_robin. A new backend is given the mean at\n"
                  "once and for the blackout period, cold as it is. A backend that fails fast\n"
                  "reports little utilisation: without eps it attracts everything.",
    .source = "gRFC A58 and grpc-go balancer/weightedroundrobin: 1,2,3 gives b c c a b c. The\n"
              "text of A58 has deadlines (see edf); strides are what is shipped.",
};

const struct lb_ops lb_static_stride = {
    .abi         = LB_ABI,
    .traits      = LB_FEEDBACK,
    .signals     = LB_REPORTED,
    .name        = "static_stride",
    .summary     = "turns weighted by reported load: gRPC's, A58",
    .page        = &page,
    .state_size  = sizeof(struct static_stride),
    .params      = params,
    .start       = static_stride_start,
    .stop        = static_stride_stop,
    .pick        = static_stride_pick,
    .on_complete = static_stride_complete,
    .on_change   = static_stride_change,
    .on_report   = static_stride_report,
    .bytes       = static_stride_bytes,
};
