/* jiq.c - join idle queue: a backend that has become idle stands in a list; a pick takes its head.
 * Lu, Xie, Kliot, Geller, Larus, Greenberg 2011, with one dispatcher that sees for itself who is
 * idle (nothing of its own in flight).  So the list is never out of date, and a random pick never
 * hits an idle backend: it is made only when no usable one is idle.  jiq_tokens.c is the one whose
 * backends say so. */
#include "idle.h"

static void jiq_sync(struct lb *lb, uint32_t i)
{
    idle_sync(lb->state, lb, i, lb->backend[i].inflight == 0);
}

static uint32_t jiq_pick(struct lb *lb, const struct lb_request *rq)
{
    return idle_pick(lb->state, lb, rq);
}

static void jiq_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    (void)now;
    jiq_sync(lb, i);
}

static void jiq_complete(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    (void)outcome;
    jiq_sync(lb, i);
}

static void jiq_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    jiq_sync(lb, i);
}

static void jiq_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    if (what == LB_ADDED)
        idle_make_room(lb->state, lb);
    jiq_sync(lb, i);
}

static int jiq_start(struct lb *lb, const char **why)
{
    (void)why;
    idle_make_room(lb->state, lb);
    for (uint32_t i = 0; i < lb->count; i++)
        jiq_sync(lb, i);
    return 0;
}

static void jiq_stop(struct lb *lb)
{
    idle_free(lb->state);
}

static size_t jiq_bytes(const struct lb *lb)
{
    return idle_bytes(lb->state);
}

static const struct lb_page page = {
    .rule = "Keeps a first-in-first-out list of the usable backends that have nothing of\n"
            "its own in flight, and takes the head. When none is idle: any usable one,\n"
            "each with the same chance. Weights are ignored but for 0, which means none.",
    .cost = "O(1) per pick and per completion, 12 bytes a backend.",
    .used_by = "Proposed for large web front ends; no proxy that we know of ships it under\n"
               "this name.",
    .fails_when = "High load: nobody is idle, and the rest is random. Several balancers: each\n"
                  "sees only its own requests, so a backend that is idle to one may be busy\n"
                  "with another's: see jiq_tokens, the paper's own scheme. A backend that\n"
                  "fails fast is idle all the time and comes round again and again.",
    .source = "Lu, Xie, Kliot, Geller, Larus, Greenberg, Join-Idle-Queue: A Novel Load\n"
              "Balancing Algorithm for Dynamically Scalable Web Services, Performance\n"
              "Evaluation 68(11), 2011.",
};

const struct lb_ops lb_jiq = {
    .abi         = LB_ABI,
    .traits      = LB_FEEDBACK,
    .name        = "jiq",
    .summary     = "join idle queue: who has been idle for longest, else random (Lu et al. 2011)",
    .page        = &page,
    .state_size  = sizeof(struct idle),
    .start       = jiq_start,
    .stop        = jiq_stop,
    .pick        = jiq_pick,
    .on_pick     = jiq_picked,
    .on_complete = jiq_complete,
    .on_change   = jiq_change,
    .bytes       = jiq_bytes,
    .on_shared   = jiq_shared,
};
