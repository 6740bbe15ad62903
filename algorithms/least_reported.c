/* least_reported.c - the fewest requests that a report spoke of, among all or a few drawn.
 *
 * What Mitzenmacher studied in "How useful is old information?": by the time that a report is read
 * it is wrong.  Then the fewest of all is a trap, where everybody goes until the next report, and
 * the fewer of two is not. */
#include "lb.h"

#include <stdlib.h>
#include <string.h>

struct least_reported {
    uint32_t  choices;
    bool      counts_own;
    uint32_t *told;                      /* by backend: requests, and own picks since where asked */
    uint32_t *drawn;                     /* live[] in an order of draws */
    uint32_t  room;
};

/* The j-th different one drawn of live[], as in a shuffle. */
static uint32_t draw(struct lb *lb, uint32_t j)
{
    struct least_reported *s = lb->state;
    uint32_t k = j + lb_random_below(lb, lb->live_count - j), i = s->drawn[k];

    s->drawn[k] = s->drawn[j];
    s->drawn[j] = i;
    return i;
}

/* Equals: the one drawn first, so each has the same chance. */
static uint32_t least_reported_pick(struct lb *lb, const struct lb_request *rq)
{
    const struct least_reported *s = lb->state;
    uint32_t best = LB_NONE, seen = 0;
    uint32_t wanted = s->choices == 0 ? UINT32_MAX : s->choices;

    for (uint32_t j = 0; j < lb->live_count && seen < wanted; j++) {
        uint32_t i = draw(lb, j);

        if (!lb_usable(lb, i, rq))
            continue;
        seen++;
        if (best == LB_NONE || s->told[i] < s->told[best])
            best = i;
    }
    return best != LB_NONE ? best : lb_none_or_full(lb, rq);
}

static void least_reported_picked(struct lb *lb, uint32_t i, uint64_t now)
{
    struct least_reported *s = lb->state;

    (void)now;
    s->told[i] += s->counts_own;
}

static void least_reported_report(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    ((struct least_reported *)lb->state)->told[i] = o->queued;
}

static void least_reported_complete(struct lb *lb, uint32_t i, const struct lb_outcome *o)
{
    if (o->load >= 0 || o->service > 0)
        least_reported_report(lb, i, o);
}

static void make_room(struct lb *lb)
{
    struct least_reported *s = lb->state;

    s->told = lb_grow(s->told, s->room, lb->capacity, sizeof *s->told);
    s->drawn = lb_grow(s->drawn, s->room, lb->capacity, sizeof *s->drawn);
    s->room = lb->capacity;
}

/* The live, to be drawn from. */
static void list_live(struct lb *lb)
{
    struct least_reported *s = lb->state;

    if (lb->live_count > 0)         /* else there may be no array yet, which memcpy() forbids */
        memcpy(s->drawn, lb->live, lb->live_count * sizeof *lb->live);
}

static void least_reported_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    (void)i;
    if (what == LB_ADDED)
        make_room(lb);
    list_live(lb);
}

static int least_reported_start(struct lb *lb, const char **why)
{
    (void)why;
    make_room(lb);
    list_live(lb);
    return 0;
}

static void least_reported_stop(struct lb *lb)
{
    struct least_reported *s = lb->state;

    free(s->told);
    free(s->drawn);
}

static size_t least_reported_bytes(const struct lb *lb)
{
    const struct least_reported *s = lb->state;

    return s->room * (sizeof *s->told + sizeof *s->drawn);
}

static const struct lb_param params[] = {
    { "choices", LB_UINT, offsetof(struct least_reported, choices), 0, 0, 1000000,
      "so many different ones drawn, of which the fewest; 0: of all" },
    { "count_own", LB_BOOL, offsetof(struct least_reported, counts_own), 0, 0, 1,
      "are this balancer's own picks since the last report added to it?" },
    { .name = NULL },
};

static const struct lb_page page = {
    .rule = "Takes the backend whose last report had the fewest requests, of `choices`\n"
            "different ones drawn at random, or of all. Never heard of: 0. Equals: each\n"
            "with the same chance. Weights are ignored but for 0, which means none.",
    .cost = "O(choices) per pick, O(n) with 0 or while many are down; O(1) per report, 8\n"
            "bytes a backend.",
    .used_by = "Anything that routes by a table of loads which somebody else fills. Netflix's\n"
               "edge takes the less loaded of two by what servers report.",
    .fails_when = "Reports are older than about a service time and it looks at all: everybody\n"
                  "goes to the one that was least loaded, until the next report. choices=2 or\n"
                  "3, or count_own, is the remedy. Without reports it is random.",
    .source = "Mitzenmacher, How Useful Is Old Information?, IEEE TPDS 11(1), 2000: choices\n"
              "under periodic updates. Dahlin, Interpreting Stale Load Information, 1999.",
};

const struct lb_ops lb_least_reported = {
    .abi         = LB_ABI,
    .traits      = LB_FEEDBACK | LB_SCANS,
    .signals     = LB_REPORTED,
    .name        = "least_reported",
    .summary     = "the fewest requests by the last reports (Mitzenmacher 2000)",
    .page        = &page,
    .state_size  = sizeof(struct least_reported),
    .params      = params,
    .start       = least_reported_start,
    .stop        = least_reported_stop,
    .pick        = least_reported_pick,
    .on_pick     = least_reported_picked,
    .on_complete = least_reported_complete,
    .on_change   = least_reported_change,
    .on_report   = least_reported_report,
    .bytes       = least_reported_bytes,
};
