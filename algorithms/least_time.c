/* least_time.c - nginx's least_time: the least average latency x (in flight + 1) / weight, ties by
 * smooth weighted round robin.  All of it in whole milliseconds, and in steps of 20 of them.
 *
 * A backend that was not looked at for fail_timeout has its average halved, again and again: that
 * is how a slow one gets another chance.  A second heap tells when the next halving is due. */
#include "smooth.h"

#include <stdlib.h>

enum { STEP = 20, MOST_TIME = 5000 };    /* ms */

static const uint64_t MS = 1000000, SECOND = 1000000000;

struct timing {
    uint64_t checked, due;               /* s: last looked at; when the average halves next */
    uint32_t average;                    /* ms; 0: none yet */
    uint32_t halvings;
};

struct least_time {
    struct smooth  smooth;
    uint64_t       fail_timeout;
    struct heap    late;                 /* by due */
    struct timing *timing;               /* by backend */
    uint32_t       room;
};

static bool due_before(const struct lb *lb, uint32_t a, uint32_t b)
{
    const struct timing *t = ((const struct least_time *)lb->state)->timing;

    return t[a].due < t[b].due || (t[a].due == t[b].due && a < b);
}

static uint32_t cost_of(const struct timing *t, uint32_t inflight)
{
    uint64_t time = t->average >> t->halvings;

    time = time > MOST_TIME ? MOST_TIME : time + STEP - time % STEP;
    uint64_t cost = time * ((uint64_t)inflight + 1);
    return cost > UINT32_MAX ? UINT32_MAX : (uint32_t)cost;
}

/* Sets how often the average is halved by `now` (s), and when it will be again. */
static void least_time_sync(struct lb *lb, uint32_t i, uint64_t now)
{
    struct least_time *l = lb->state;
    struct timing *t = &l->timing[i];
    uint64_t period = l->fail_timeout / SECOND + 1, halvings = (now - t->checked) / period;

    t->halvings = halvings > 31 ? 31 : (uint32_t)halvings;
    t->due = t->checked + (halvings + 1) * period;
    if (t->average >> t->halvings > 0)
        heap_put(&l->late, lb, due_before, i);
    else
        heap_drop(&l->late, lb, due_before, i);
    smooth_keep(lb, i, cost_of(t, lb->backend[i].inflight));
}

static uint32_t least_time_pick(struct lb *lb, const struct lb_request *rq)
{
    struct least_time *l = lb->state;
    uint64_t now = rq->now / SECOND;

    while (l->late.size > 0 && l->timing[l->late.item[0]].due <= now)
        least_time_sync(lb, l->late.item[0], now);
    return smooth_pick(lb, rq);
}

static void least_time_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    struct least_time *l = lb->state;

    now /= SECOND;
    if (now - l->timing[i].checked > l->fail_timeout / SECOND)
        l->timing[i].checked = now;
    least_time_sync(lb, i, now);
}

/* Only what went well counts; the first sample is taken as it is. */
static void least_time_complete(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    struct timing *t = &((struct least_time *)lb->state)->timing[i];
    uint64_t sample = o->latency / MS;

    if (o->result == LB_OK && t->average == 0)
        t->average = sample > UINT32_MAX ? UINT32_MAX : (uint32_t)sample;
    else if (o->result == LB_OK && sample < UINT32_MAX)
        t->average = (uint32_t)(0.05 * (double)sample + 0.95 * t->average + 0.5);
    least_time_sync(lb, i, o->now / SECOND);
}

static void least_time_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    smooth_keep(lb, i, cost_of(&((struct least_time *)lb->state)->timing[i],
                               lb->backend[i].inflight));
}

static void make_room(struct lb *lb)
{
    struct least_time *l = lb->state;

    smooth_room(lb);
    l->late.item = lb_grow(l->late.item, l->room, lb->capacity, sizeof *l->late.item);
    l->late.place = lb_grow(l->late.place, l->room, lb->capacity, sizeof *l->late.place);
    l->timing = lb_grow(l->timing, l->room, lb->capacity, sizeof *l->timing);
    l->room = lb->capacity;
}

static void least_time_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    struct least_time *l = lb->state;

    if (what == LB_ADDED)
        make_room(lb);
    smooth_keep(lb, i, cost_of(&l->timing[i], lb->backend[i].inflight));
}

static int least_time_start(struct lb *lb, const char **why)
{
    (void)why;
    make_room(lb);
    for (uint32_t i = 0; i < lb->count; i++)
        least_time_change(lb, i, LB_STATE);
    return 0;
}

static void least_time_stop(struct lb *lb)
{
    struct least_time *l = lb->state;

    smooth_free(&l->smooth);
    free(l->late.item);
    free(l->late.place);
    free(l->timing);
}

static size_t least_time_bytes(const struct lb *lb)
{
    const struct least_time *l = lb->state;

    return smooth_bytes(&l->smooth) + l->room * (sizeof *l->timing + 2 * sizeof *l->late.item);
}

static const struct lb_param params[] = {
    { "fail_timeout", LB_DURATION, offsetof(struct least_time, fail_timeout), 10e9, 0, 86400e9,
      "not looked at for as long: the average is halved; whole seconds count" },
    { 0 },
};

static const struct lb_page page = {
    .rule = "average = 0.05 latency + 0.95 average, in whole ms, of successful requests. It\n"
            "is halved for each fail_timeout + 1 s since the backend was last checked,\n"
            "rounded up to the next multiple of 20 ms, or 5000 if above. Takes the least of\n"
            "that x (in flight + 1) / weight; ties by smooth weighted round robin.",
    .cost = "O(distinct weights + log n) per pick and per completion, about 130 bytes a\n"
            "backend.",
    .used_by = "nginx `least_time last_byte` (in the open version since 1.31.0). `header` is\n"
               "the same with the time to the header; `inflight` is not modelled.",
    .fails_when = "Latencies below 20 ms are all alike. At light load the heaviest backend gets\n"
                  "everything: 1 / 5 is less than 1 / 1. An average of 20 samples follows slowly,\n"
                  "and a backend that is not chosen has none. Failures do not count.",
    .source = "nginx, documentation of least_time and its module; nginx-tests\n"
              "upstream_least_time.t.",
};

const struct lb_ops lb_least_time = {
    .abi         = LB_ABI,
    .traits      = LB_FEEDBACK | LB_RAMPS,
    .name        = "least_time",
    .summary     = "average latency x (in flight + 1) / weight (nginx)",
    .page        = &page,
    .state_size  = sizeof(struct least_time),
    .params      = params,
    .start       = least_time_start,
    .stop        = least_time_stop,
    .pick        = least_time_pick,
    .on_pick     = least_time_picked,
    .on_complete = least_time_complete,
    .on_change   = least_time_change,
    .bytes       = least_time_bytes,
    .on_shared   = least_time_shared,
};
