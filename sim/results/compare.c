/* compare.c - paired by seed, because replication k of every policy saw the same requests.
 *
 * A difference is called one only when its 95 % interval leaves out zero; a value without a steady
 * state is never compared. */
#include "compare.h"

#include "../base/xalloc.h"
#include "catalogue.h"

#include <math.h>
#include <stdlib.h>

static const double confidence = 0.95;

/* One metric of two policies, a value a seed. */
struct pairs { double *base, *x; uint32_t n; };

static bool fill_pairs(struct pairs *s, const struct result *r, const struct metric *m,
                       uint32_t policy, double percentile)
{
    bool all_known = true;

    for (uint32_t k = 0; k < s->n; k++) {
        s->base[k] = m->of_run(r, r->plan.baseline * s->n + k, percentile);
        s->x[k] = m->of_run(r, policy * s->n + k, percentile);
        all_known = all_known && !isnan(s->base[k]) && !isnan(s->x[k]);
    }
    return all_known;
}

static bool are_positive(const double *x, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!(x[i] > 0))
            return false;
    return true;
}

/* "better" or "worse" when the interval leaves out zero. */
static const char *judge(const struct estimate *e, enum metric_better better)
{
    if (e->n < 2)
        return "needs seeds";
    if (!(e->high < 0) && !(e->low > 0))
        return "no difference found";
    return (e->high < 0) == (better == METRIC_LESS) ? "better" : "worse";
}

/* Where a value is 0 (no errors) no share of it exists: judged by differences, shown without one.
 */
static void compare_differences(struct result_change *c, struct pairs *s, enum metric_better better)
{
    bool equal = true;

    for (uint32_t k = 0; k < s->n; k++) {
        equal = equal && s->x[k] == s->base[k];
        s->x[k] -= s->base[k];
    }

    struct estimate difference = stats_mean(s->x, s->n, confidence);

    c->verdict = judge(&difference, better);
    if (equal)
        c->change = (struct estimate){ 0, s->n < 2 ? NAN : 0, s->n < 2 ? NAN : 0, s->n };
}

/* A null of a saturated policy is one because of that; other nulls are failures. */
static bool is_unsteady(const struct result *r, const struct metric *m, uint32_t policy,
                        double percentile)
{
    return r->policy[policy].verdict == VERDICT_SATURATED &&
           isnan(m->of_policy(r, policy, percentile).value);
}

static struct result_change compare_one(const struct result *r, const struct metric *m,
                                        uint32_t policy, double percentile, struct pairs *s)
{
    struct result_change c = {
        .base = r->plan.baseline, .policy = policy, .verdict = "unknown",
        .change = { NAN, NAN, NAN, s->n },
    };

    if (is_unsteady(r, m, policy, percentile))
        c.verdict = "saturated";
    else if (is_unsteady(r, m, c.base, percentile))
        c.verdict = "base saturated";
    else if (!fill_pairs(s, r, m, policy, percentile))
        c.verdict = "unknown";
    else if (are_positive(s->base, s->n) && are_positive(s->x, s->n)) {
        c.change = stats_paired_change(s->base, s->x, s->n, confidence);
        c.verdict = judge(&c.change, m->better);
    } else
        compare_differences(&c, s, m->better);
    return c;
}

static void compare_metric(struct result *r, const struct metric *m, double percentile,
                           struct pairs *s)
{
    char name[64];
    const char *kept = arena_text(&r->arena, metric_show_name(name, sizeof name, m, percentile));

    for (uint32_t p = 0; p < r->plan.policies; p++) {
        if (p == r->plan.baseline)
            continue;

        struct result_change *c = &r->change[r->changes++];

        *c = compare_one(r, m, p, percentile, s);
        c->metric = kept;
    }
}

static uint32_t rows_of(const struct result *r, const struct metric *m)
{
    if (m->better == METRIC_NEITHER)
        return 0;
    return metric_is_percentile(m) ? r->plan.percentiles : 1;
}

void compare_policies(struct result *r)
{
    uint32_t rows = 0, n = r->plan.replications;
    struct pairs s = { xcalloc(n, sizeof *s.base), xcalloc(n, sizeof *s.x), n };

    for (const struct metric *m = metric_all(); m->name; m++)
        rows += rows_of(r, m);
    r->change = arena_alloc(&r->arena, (size_t)rows * r->plan.policies * sizeof *r->change);
    for (const struct metric *m = metric_all(); m->name; m++)
        for (uint32_t i = 0; i < rows_of(r, m); i++)
            compare_metric(r, m, metric_is_percentile(m) ? r->plan.percentile[i] : NAN, &s);
    free(s.base);
    free(s.x);
}
