/* random_choose.c - Caddy's random_choose: k backends by reservoir sampling, then "the least
 * requests" of them by a rule that is not quite that.
 *
 * Of the sample, in order, each that has no more in flight than the least before it joins the
 * final round, and none is struck out again: with 10 and 1 in flight both are in it.  Up to
 * 2.11 the sampling is wrong as well: later backends overwrite earlier ones, some slots stay
 * empty, and where many are down nobody may be found. */
#include "lb.h"

#include <stdlib.h>

enum { MOST_CHOICES = 16 };
enum { OVERWRITING, RESERVOIR };
static const char *const sampling_words[] = { "overwriting", "reservoir", NULL };

struct random_choose {
    uint32_t  choices, sampling;
    uint32_t *pool;                      /* all that are configured, down or not, in order */
    uint32_t  pooled, room;
    bool      listed;
};

/* The slots of a sample; open: those not filled yet. */
struct sample {
    uint32_t slot[MOST_CHOICES];
    uint32_t open[MOST_CHOICES], opens, slots;
};

static void sample_init(struct sample *s, uint32_t slots)
{
    s->slots = s->opens = slots;
    for (uint32_t k = 0; k < slots; k++) {
        s->slot[k] = LB_NONE;
        s->open[k] = k;
    }
}

static void fill(struct sample *s, uint32_t nth, uint32_t i)
{
    s->slot[s->open[nth]] = i;
    for (s->opens--; nth < s->opens; nth++)
        s->open[nth] = s->open[nth + 1];
}

/* The greatest of `count` different numbers below n, each set as likely (Floyd). */
static uint32_t greatest_of(struct lb *lb, uint32_t count, uint32_t n)
{
    uint32_t drawn[MOST_CHOICES], most = 0;

    for (uint32_t k = 0; k < count; k++) {
        uint32_t limit = n - count + k, x = lb_random_below(lb, limit + 1);
        for (uint32_t j = 0; j < k; j++)
            if (drawn[j] == x)
                x = limit;
        drawn[k] = x;
        most = x > most ? x : most;
    }
    return most;
}

/* Run backwards, only the last to write a slot counts: item t fills one of m open slots with
 * chance m / (t + 1), so the next that does is the greatest of m out of t + 1. */
static void sample_overwriting(struct lb *lb, const struct lb_request *rq, struct sample *s)
{
    const struct random_choose *c = lb->state;
    uint32_t t = c->pooled;

    while (s->opens > 0 && t >= s->slots) {
        t = greatest_of(lb, s->opens, t);
        if (t + 1 < s->slots) {          /* not among those that may fill any slot */
            t = s->slots - 1;
            break;
        }
        if (lb_usable(lb, c->pool[t], rq))
            fill(s, lb_random_below(lb, s->opens), c->pool[t]);
    }
    while (s->opens > 0 && t > 0) {
        uint32_t slot = lb_random_below(lb, t--), nth = 0;
        while (nth < s->opens && s->open[nth] != slot)
            nth++;
        if (nth < s->opens && lb_usable(lb, c->pool[t], rq))
            fill(s, nth, c->pool[t]);
    }
}

/* The first `most` usable ones, in order. */
static uint32_t list_first(const struct lb *lb, const struct lb_request *rq, uint32_t *list,
                           uint32_t most)
{
    uint32_t count = 0, i = lb_next_usable(lb, rq, 0);

    while (i != LB_NONE && count < most && (count == 0 || i > list[count - 1])) {
        list[count++] = i;
        i = i + 1 < lb->count ? lb_next_usable(lb, rq, i + 1) : LB_NONE;
    }
    return count;
}

static bool is_among(const uint32_t *list, uint32_t count, uint32_t i)
{
    while (count > 0)
        if (list[--count] == i)
            return true;
    return false;
}

static int downwards(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x < y) - (x > y);
}

/* A true reservoir: the first k usable ones have their own slots until others take them. */
static void sample_fairly(struct lb *lb, const struct lb_request *rq, struct sample *s)
{
    uint32_t first[2 * MOST_CHOICES], drawn[MOST_CHOICES] = { 0 };
    uint32_t usable = list_first(lb, rq, first, 2 * s->slots), count = 0;

    while (usable > s->slots && count < s->slots) {
        uint32_t i = usable < 2 * s->slots ? first[lb_random_below(lb, usable)]
                                           : lb_random_usable(lb, rq);
        if (!is_among(drawn, count, i))
            drawn[count++] = i;
    }
    qsort(drawn, count, sizeof *drawn, downwards);
    for (uint32_t k = 0; k < count; k++)
        if (!is_among(first, s->slots, drawn[k]))
            fill(s, lb_random_below(lb, s->opens), drawn[k]);
    for (uint32_t k = 0; k < s->slots && k < usable; k++)
        if (s->slot[k] == LB_NONE)
            s->slot[k] = first[k];
}

static uint32_t least_requests(struct lb *lb, const struct sample *s)
{
    uint32_t round[MOST_CHOICES], count = 0, least = UINT32_MAX;

    for (uint32_t k = 0; k < s->slots; k++) {
        uint32_t i = s->slot[k];
        if (i == LB_NONE)
            continue;
        if (lb->backend[i].inflight == 0)
            return i;
        if (lb->backend[i].inflight <= least) {
            least = lb->backend[i].inflight;
            round[count++] = i;
        }
    }
    return count == 0 ? LB_NONE : round[lb_random_below(lb, count)];
}

static void list_pool(struct lb *lb)
{
    struct random_choose *c = lb->state;

    c->listed = true;
    c->pool = lb_grow(c->pool, c->room, lb->capacity, sizeof *c->pool);
    c->room = lb->capacity;
    c->pooled = 0;
    for (uint32_t i = 0; i < lb->count; i++)
        if (lb->backend[i].state != LB_GONE)
            c->pool[c->pooled++] = i;
}

static uint32_t random_choose_pick(struct lb *lb, const struct lb_request *rq)
{
    struct random_choose *c = lb->state;
    struct sample s;

    if (lb_next_usable(lb, rq, 0) == LB_NONE)
        return lb_none_or_full(lb, rq);
    if (!c->listed)
        list_pool(lb);
    sample_init(&s, c->choices < c->pooled ? c->choices : c->pooled);
    if (c->sampling == OVERWRITING)
        sample_overwriting(lb, rq, &s);
    else
        sample_fairly(lb, rq, &s);
    return least_requests(lb, &s);
}

static void random_choose_change(struct lb *lb, uint32_t i, enum lb_change what)
{
    (void)i;
    if (what == LB_ADDED || what == LB_REMOVED)
        ((struct random_choose *)lb->state)->listed = false;
}

static void random_choose_stop(struct lb *lb)
{
    free(((struct random_choose *)lb->state)->pool);
}

static size_t random_choose_bytes(const struct lb *lb)
{
    const struct random_choose *c = lb->state;

    return c->room * sizeof *c->pool;
}

static const struct lb_param params[] = {
    { "choices", LB_UINT, offsetof(struct random_choose, choices), 2, 2, MOST_CHOICES,
      "backends sampled per pick" },
    { "sampling", LB_CHOICE, offsetof(struct random_choose, sampling),
      OVERWRITING, OVERWRITING, RESERVOIR,
      "overwriting: Caddy up to 2.11; reservoir: since its pull request 7873",
      sampling_words },
    { 0 },
};

static const struct lb_page page = {
    .rule = "Samples `choices` backends. The first with nothing in flight wins. Else each\n"
            "that has no more in flight than the least before it joins the last round, of\n"
            "which any wins. So 10 and 1 in flight, in this order, is a toss-up.\n"
            "overwriting: backend t of the list writes a random one of t + 1 slots, of\n"
            "which only the first `choices` exist: often fewer backends are compared.\n"
            "reservoir: as many as asked for, each set of usable ones with the same chance.",
    .cost = "O(choices^2 + n / 64) per pick, 4 bytes a backend. The same distribution as\n"
            "Caddy's pass over the whole list.",
    .used_by = "Caddy `random_choose`: overwriting in 2.6 to 2.11, reservoir after.",
    .fails_when = "Everybody has something in flight: then it is not far from random. By\n"
                  "overwriting it finds nobody at times when most are down (a 503): of ten\n"
                  "with the last alone up, four requests in five. By reservoir the second of\n"
                  "three idle ones is never taken: it stands behind another that wins at once.",
    .source = "Caddy, selectionpolicies.go and its pull request 7873; overwriting checked\n"
              "against recordings of Caddy 2.6.2, reservoir from the rule alone.",
};

const struct lb_ops lb_random_choose = {
    .abi        = LB_ABI,
    .traits     = LB_FEEDBACK | LB_MAY_DROP,
    .name       = "random_choose",
    .summary    = "the less busy of k sampled, with Caddy's errors",
    .page       = &page,
    .state_size = sizeof(struct random_choose),
    .params     = params,
    .stop       = random_choose_stop,
    .pick       = random_choose_pick,
    .on_change  = random_choose_change,
    .bytes      = random_choose_bytes,
};
