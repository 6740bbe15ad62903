/* jiq_tokens.c - join idle queue as published, for many balancers: a backend that has become idle
 * tells one of them, which keeps its token until it sends it something.
 *
 * A token may be out of date: others, whose own lists are empty, pick at random and may have given
 * the backend work since.  That is the paper's price for no message on a request's way. */
#include "idle.h"

struct tokens {
    struct idle idle;                    /* those whose token is here, and who may be picked */
    bool       *has;                     /* by backend: its token is here */
    uint32_t    room;
};

static void sync(struct lb *lb, uint32_t i)
{
    struct tokens *t = lb->state;

    idle_sync(&t->idle, lb, i, t->has[i]);
}

static uint32_t jiq_tokens_pick(struct lb *lb, const struct lb_request *rq)
{
    const struct tokens *t = lb->state;

    return idle_pick(&t->idle, lb, rq);
}

static void jiq_tokens_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    struct tokens *t = lb->state;

    (void)now;
    t->has[i] = false;
    sync(lb, i);
}

static void jiq_tokens_report(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    struct tokens *t = lb->state;

    t->has[i] = o->queued == 0;
    sync(lb, i);
}

/* A limit reached, or no longer: the token stays. */
static void jiq_tokens_complete(struct lb *lb, uint32_t i, const struct lb_outcome *outcome)
{
    (void)outcome;
    sync(lb, i);
}

static void jiq_tokens_shared(struct lb *lb, uint32_t i, int64_t by)
{
    (void)by;
    sync(lb, i);
}

static void make_room(struct lb *lb)
{
    struct tokens *t = lb->state;

    idle_make_room(&t->idle, lb);
    t->has = lb_grow(t->has, t->room, lb->capacity, sizeof *t->has);
    t->room = lb->capacity;
}

static void jiq_tokens_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    if (what == LB_ADDED)
        make_room(lb);
    sync(lb, i);
}

static int jiq_tokens_start(struct lb *lb, const char **why)
{
    (void)why;
    make_room(lb);
    return 0;
}

static void jiq_tokens_stop(struct lb *lb)
{
    struct tokens *t = lb->state;

    idle_free(&t->idle);
    free(t->has);
}

static size_t jiq_tokens_bytes(const struct lb *lb)
{
    const struct tokens *t = lb->state;

    return idle_bytes(&t->idle) + t->room * sizeof *t->has;
}

static const struct lb_page page = {
    .rule = "A backend that has become idle sends its token to one balancer, drawn at\n"
            "random. A pick takes the oldest token; without one, any usable backend, each\n"
            "with the same chance. A pick uses up the backend's token, whichever way it\n"
            "was found. Weights are ignored but for 0, which means none.",
    .cost = "O(1) per pick and per token, 13 bytes a backend. A message for each time that\n"
            "a backend becomes idle, none while a request waits.",
    .used_by = "Proposed for large web front ends; no proxy that we know of ships it under\n"
               "this name.",
    .fails_when = "The host brings no tokens: then it is random. High load, or few backends\n"
                  "for each balancer: most lists are empty, and what is picked at random\n"
                  "makes tokens elsewhere out of date.",
    .source = "Lu, Xie, Kliot, Geller, Larus, Greenberg, Join-Idle-Queue: A Novel Load\n"
              "Balancing Algorithm for Dynamically Scalable Web Services, Performance\n"
              "Evaluation 68(11), 2011: JIQ-Random.",
};

const struct lb_ops lb_jiq_tokens = {
    .abi         = LB_ABI,
    .traits      = LB_FEEDBACK,
    .signals     = LB_TOKENS,
    .name        = "jiq_tokens",
    .summary     = "join idle queue by tokens that idle backends send (Lu et al. 2011)",
    .page        = &page,
    .state_size  = sizeof(struct tokens),
    .start       = jiq_tokens_start,
    .stop        = jiq_tokens_stop,
    .pick        = jiq_tokens_pick,
    .on_pick     = jiq_tokens_picked,
    .on_complete = jiq_tokens_complete,
    .on_change   = jiq_tokens_change,
    .on_report   = jiq_tokens_report,
    .bytes       = jiq_tokens_bytes,
    .on_shared   = jiq_tokens_shared,
};
