/* compare.c - pair by pair, then all rows of a comparison together.
 *
 * Ratios are compared by their logarithms, so that half and double weigh the same; where a value is
 * 0 no ratio exists, and differences are, as shares of the base's mean.  A value without a steady
 * state is never compared. */
#include "compare.h"

#include "../base/xalloc.h"
#include "conclude.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = {
    [CHANGE_BETTER] = "better",
    [CHANGE_WORSE] = "worse",
    [CHANGE_NONE] = "no difference found",
    [CHANGE_INCONCLUSIVE] = "inconclusive",
    [CHANGE_EQUAL] = "equal",
    [CHANGE_SATURATED] = "saturated",
    [CHANGE_BASE_SATURATED] = "base saturated",
    [CHANGE_FAILED] = "failed",
    [CHANGE_BASE_FAILED] = "base failed",
    [CHANGE_UNKNOWN] = "unknown",
    [CHANGE_DIFFERENT] = "different",
};

const char *change_verdict_text(enum change_verdict v)
{
    return words[v];
}

/* ---- one row ---- */

static bool all_known(const double *x, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (isnan(x[i]))
            return false;
    return n > 0;
}

static bool are_positive(const double *x, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!(x[i] > 0))
            return false;
    return true;
}

static bool are_equal(const double *base, const double *x, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (x[i] != base[i])
            return false;
    return true;
}

/* Untested, with the means of the seeds' values. */
static struct result_change row_of(const double *base, uint32_t n, const double *x, uint32_t m)
{
    return (struct result_change){
        .base_value = all_known(base, n) ? stats_mean(base, n, COMPARE_CONFIDENCE).value : NAN,
        .value = all_known(x, m) ? stats_mean(x, m, COMPARE_CONFIDENCE).value : NAN,
        .change = { NAN, NAN, NAN, n < m ? n : m }, .p = NAN, .p_adjusted = NAN,
        .least_seen = NAN, .verdict = CHANGE_UNKNOWN,
    };
}

/* A difference as a share of the base.  Of a base of 0 nothing is a share: then the change stays
 * unknown, and p decides alone. */
static void set_difference(struct result_change *c, const struct estimate *e)
{
    if (c->base_value > 0)
        c->change = (struct estimate){ e->value / c->base_value, e->low / c->base_value,
                                       e->high / c->base_value, e->n };
}

static void compare_zeros(struct result_change *c, const double *base, const double *x, uint32_t n)
{
    double *d = xcalloc(n, sizeof *d);

    for (uint32_t k = 0; k < n; k++)
        d[k] = x[k] - base[k];

    struct estimate e = stats_mean(d, n, COMPARE_CONFIDENCE);

    c->p = stats_mean_p(d, n);
    set_difference(c, &e);
    free(d);
}

static enum change_verdict direction(const struct result_change *c, enum metric_better better)
{
    if (better == METRIC_NEITHER)
        return CHANGE_DIFFERENT;
    return (c->value < c->base_value) == (better == METRIC_LESS) ? CHANGE_BETTER : CHANGE_WORSE;
}

/* Not told apart: could a change of the margin have been missed?  `rows` were tested together, so
 * that a difference must be surer than one in so many. */
static void judge_undecided(struct result_change *c, double margin, uint32_t rows)
{
    double centre = fabs(c->change.value), half = (c->change.high - c->change.low) / 2;
    double one_of_rows = 1 - (1 - COMPARE_CONFIDENCE) / rows;

    c->verdict = CHANGE_INCONCLUSIVE;
    if (isnan(half))
        return;

    double most = fmax(fabs(c->change.low), fabs(c->change.high));

    if (most <= margin) {
        c->verdict = CHANGE_NONE;
        c->least_seen = most;
        return;
    }

    uint32_t same = stats_seeds_for(c->change.n, half, margin - centre, COMPARE_CONFIDENCE);
    uint32_t differ = stats_seeds_for(c->change.n, half, centre, one_of_rows);

    c->seeds_needed = same == 0 || (differ && differ < same) ? differ : same;
    if (c->seeds_needed && c->seeds_needed <= c->change.n)
        c->seeds_needed = c->change.n + 1;      /* so many are there, and were not enough */
}

static void judge(struct result_change *c, enum metric_better better, double margin, uint32_t rows)
{
    if (isnan(c->p))
        return;
    c->least_seen = NAN;
    c->seeds_needed = 0;
    if (c->p_adjusted < 1 - COMPARE_CONFIDENCE)
        c->verdict = direction(c, better);
    else
        judge_undecided(c, margin, rows);
}

struct result_change compare_pairs(const double *base, const double *x, uint32_t n,
                                   enum metric_better better, double margin)
{
    struct result_change c = row_of(base, n, x, n);

    if (isnan(c.base_value) || isnan(c.value))
        return c;
    if (are_equal(base, x, n)) {
        c.change = (struct estimate){ 0, n < 2 ? NAN : 0, n < 2 ? NAN : 0, n };
        c.verdict = CHANGE_EQUAL;
    } else if (are_positive(base, n) && are_positive(x, n)) {
        c.change = stats_paired_change(base, x, n, COMPARE_CONFIDENCE);
        c.p = stats_paired_p(base, x, n);
    } else
        compare_zeros(&c, base, x, n);
    c.p_adjusted = c.p;
    judge(&c, better, margin, 1);
    return c;
}

static bool are_all(const double *x, uint32_t n, double value)
{
    for (uint32_t i = 0; i < n; i++)
        if (x[i] != value)
            return false;
    return true;
}

struct result_change compare_unpaired(const double *base, uint32_t n, const double *x, uint32_t m,
                                      enum metric_better better, double margin)
{
    struct result_change c = row_of(base, n, x, m);

    if (isnan(c.base_value) || isnan(c.value))
        return c;
    if (are_all(base, n, base[0]) && are_all(x, m, base[0])) {
        c.change = (struct estimate){ 0, NAN, NAN, c.change.n };
        c.verdict = CHANGE_EQUAL;
        return c;
    }
    if (are_positive(base, n) && are_positive(x, m))
        c.change = stats_welch(base, n, x, m, COMPARE_CONFIDENCE, &c.p);
    else {
        struct estimate e = stats_welch_difference(base, n, x, m, COMPARE_CONFIDENCE, &c.p);

        set_difference(&c, &e);
    }
    c.p_adjusted = c.p;
    judge(&c, better, margin, 1);
    return c;
}

/* ---- all rows ---- */

void compare_correct(struct result_change *c, uint32_t rows, const enum metric_better *better,
                     double margin)
{
    double *p = xcalloc(rows, sizeof *p), *adjusted = xcalloc(rows, sizeof *adjusted);
    uint32_t tested = 0;

    for (uint32_t i = 0; i < rows; i++) {
        p[i] = c[i].p;
        tested += isnan(p[i]) ? 0 : 1;
    }
    stats_holm(p, adjusted, rows);
    for (uint32_t i = 0; i < rows; i++) {
        c[i].p_adjusted = adjusted[i];
        judge(&c[i], better[i], margin, tested);
    }
    free(p);
    free(adjusted);
}

void compare_values(const struct result *r, uint32_t policy, const struct metric *m,
                    double percentile, double *x)
{
    for (uint32_t k = 0; k < r->plan.replications; k++)
        x[k] = metric_of_run(m, r, policy * r->plan.replications + k, percentile);
}

/* ---- policies of one result ---- */

/* A null of a saturated policy is one because of that; other nulls are failures. */
static bool is_unsteady(const struct result *r, const struct metric *m, uint32_t policy,
                        double percentile)
{
    return r->policy[policy].verdict == VERDICT_SATURATED &&
           isnan(metric_of_policy(m, r, policy, percentile).value);
}

/* A metric that no run has (keys, where no backend ever left) is no row; a latency always is, for
 * it is unknown where everything failed. */
static bool is_absent(const struct result *r, const struct metric *m)
{
    if (metric_is_untold(m, r) || metric_is_part(m))
        return true;
    if (m->unit == METRIC_NS)
        return false;
    for (uint32_t i = 0; i < r->runs; i++)
        if (!isnan(metric_of_run(m, r, i, NAN)))
            return false;
    return true;
}

static uint32_t rows_of(const struct result *r, const struct metric *m)
{
    if (m->better == METRIC_NEITHER || is_absent(r, m))
        return 0;
    return metric_is_percentile(m) ? r->plan.percentiles : 1;
}

/* Two policies of one result or of two, and the seeds that count: of base [at[k]], of x [at[k]]. */
struct sides {
    const struct result *base, *x;
    uint32_t base_policy, x_policy;
    const uint32_t *base_at, *x_at;     /* [seeds]; NULL: unpaired, all of both */
    uint32_t seeds;
};

/* The values of the seeds that count; freed by the caller. */
static double *values_of(const struct result *r, uint32_t policy, const struct metric *m,
                         double percentile, const uint32_t *at, uint32_t n)
{
    double *all = xcalloc(r->plan.replications, sizeof *all);
    double *some = xcalloc(n, sizeof *some);

    compare_values(r, policy, m, percentile, all);
    for (uint32_t k = 0; k < n; k++)
        some[k] = all[at ? at[k] : k];
    free(all);
    return some;
}

/* How many seeds count.  Seeds that all did the same are one. */
static uint32_t seeds_of(const struct sides *s, const struct result *r, const uint32_t *at)
{
    if (result_is_repeated(s->base, s->base_policy) && result_is_repeated(s->x, s->x_policy))
        return 1;
    return at ? s->seeds : r->plan.replications;
}

static struct result_change compare_values_of(const struct sides *s, const struct metric *m,
                                              double percentile, double margin)
{
    uint32_t n = seeds_of(s, s->base, s->base_at), o = seeds_of(s, s->x, s->x_at);
    double *base = values_of(s->base, s->base_policy, m, percentile, s->base_at, n);
    double *x = values_of(s->x, s->x_policy, m, percentile, s->x_at, o);
    struct result_change c = s->base_at ? compare_pairs(base, x, n, m->better, margin)
                                        : compare_unpaired(base, n, x, o, m->better, margin);

    free(base);
    free(x);
    return c;
}

/* Is it a percentile that falls among failed requests, all seeds together? */
static bool is_failed(const struct result *r, const struct metric *m, uint32_t policy,
                      double percentile)
{
    return m->unit == METRIC_NS && isnan(metric_of_policy(m, r, policy, percentile).value);
}

/* Which side has no value to compare, and why; CHANGE_NONE: neither. */
static enum change_verdict lacks_value(const struct sides *s, const struct metric *m,
                                       double percentile)
{
    bool has_failed = is_failed(s->x, m, s->x_policy, percentile);
    bool has_base_failed = is_failed(s->base, m, s->base_policy, percentile);

    if (is_unsteady(s->x, m, s->x_policy, percentile))
        return CHANGE_SATURATED;
    if (is_unsteady(s->base, m, s->base_policy, percentile))
        return CHANGE_BASE_SATURATED;
    if (has_failed && has_base_failed)
        return CHANGE_UNKNOWN;
    return has_failed ? CHANGE_FAILED : has_base_failed ? CHANGE_BASE_FAILED : CHANGE_NONE;
}

static struct result_change compare_sides(const struct sides *s, const struct metric *m,
                                          double percentile, double margin)
{
    struct result_change c = compare_values_of(s, m, percentile, margin);
    enum change_verdict lacking = lacks_value(s, m, percentile);

    c.base = s->base_policy;
    c.policy = s->x_policy;
    if (lacking == CHANGE_NONE)
        return c;
    return (struct result_change){
        .base = c.base, .policy = c.policy, .base_value = NAN, .value = NAN,
        .change = { NAN, NAN, NAN, c.change.n }, .p = NAN, .p_adjusted = NAN, .least_seen = NAN,
        .verdict = lacking,
    };
}

/* Judging goes by the seeds' values; what is shown is the metric as it stands in the results, where
 * all their seeds were compared. */
static void finish(struct result_change *c, uint32_t rows, const struct sides *s, double margin)
{
    enum metric_better *better = xcalloc(rows, sizeof *better);
    double percentile;

    for (uint32_t i = 0; i < rows; i++)
        better[i] = metric_find(c[i].metric, &percentile)->better;
    compare_correct(c, rows, better, margin);
    for (uint32_t i = 0; i < rows; i++) {
        const struct metric *m = metric_find(c[i].metric, &percentile);

        if (!s->base_at || s->seeds == s->base->plan.replications)
            c[i].base_value = metric_of_policy(m, s->base, c[i].base, percentile).value;
        if (!s->x_at || s->seeds == s->x->plan.replications)
            c[i].value = metric_of_policy(m, s->x, c[i].policy, percentile).value;
    }
    free(better);
}

static void add_policies(struct result *r, const struct metric *m, double percentile,
                         const uint32_t *at)
{
    char name[64];
    const char *kept = arena_text(&r->arena, metric_show_name(name, sizeof name, m, percentile));

    for (uint32_t p = 0; p < r->plan.policies; p++) {
        const struct sides s = { r, r, r->plan.baseline, p, at, at, r->plan.replications };

        if (p == r->plan.baseline)
            continue;
        r->change[r->changes] = compare_sides(&s, m, percentile, COMPARE_MARGIN);
        r->change[r->changes++].metric = kept;
    }
}

void compare_policies(struct result *r)
{
    uint32_t rows = 0, n = r->plan.replications;
    uint32_t *at = xcalloc(n, sizeof *at);

    for (uint32_t k = 0; k < n; k++)
        at[k] = k;
    for (const struct metric *m = metric_all(); m->name; m++)
        rows += rows_of(r, m);
    r->change = arena_alloc(&r->arena, (size_t)rows * r->plan.policies * sizeof *r->change);
    for (const struct metric *m = metric_all(); m->name; m++)
        for (uint32_t i = 0; i < rows_of(r, m); i++)
            add_policies(r, m, metric_is_percentile(m) ? r->plan.percentile[i] : NAN, at);

    const struct sides all = { r, r, 0, 0, at, at, n };

    finish(r->change, r->changes, &all, COMPARE_MARGIN);
    free(at);
}

/* ---- two results ---- */

/* Where the seeds that both have lie in each; how many. */
static uint32_t common_seeds(const struct result *old, const struct result *new, uint32_t *old_at,
                             uint32_t *new_at)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < old->plan.replications; i++)
        for (uint32_t k = 0; k < new->plan.replications; k++)
            if (old->run[i].seed == new->run[k].seed) {
                old_at[n] = i;
                new_at[n++] = k;
            }
    return n;
}

static uint32_t find_policy(const struct result *r, const char *name)
{
    for (uint32_t p = 0; p < r->plan.policies; p++)
        if (strcmp(r->plan.policy[p], name) == 0)
            return p;
    return NONE;
}

uint32_t compare_same_names(const struct result *old, const struct result *new,
                            struct compare_pair *pair)
{
    uint32_t n = 0;

    for (uint32_t p = 0; p < old->plan.policies; p++) {
        uint32_t found = find_policy(new, old->plan.policy[p]);

        if (found != NONE)
            pair[n++] = (struct compare_pair){ p, found };
    }
    return n;
}

static void add_row(struct comparison *c, const struct sides *s, const struct metric *m,
                    double percentile, double margin)
{
    char name[64];
    const char *kept = arena_text(&c->arena, metric_show_name(name, sizeof name, m, percentile));

    c->change[c->changes] = compare_sides(s, m, percentile, margin);
    c->change[c->changes++].metric = kept;
}

static uint32_t rows_of_both(const struct sides *s, const struct metric *m)
{
    if (rows_of(s->base, m) == 0 && rows_of(s->x, m) == 0)
        return 0;
    return metric_is_percentile(m) ? s->base->plan.percentiles : 1;
}

static uint32_t rows_of_pair(const struct sides *s, const struct compare_question *q)
{
    uint32_t rows = 0;

    for (const struct metric *m = metric_all(); m->name && !q->metrics; m++)
        rows += rows_of_both(s, m);
    return q->metrics ? q->metrics : rows;
}

/* The metrics that are named, or every one with a better direction that one of both has. */
static void add_metrics(struct comparison *c, const struct sides *s,
                        const struct compare_question *q)
{
    double percentile;

    for (uint32_t i = 0; i < q->metrics; i++) {
        const struct metric *m = metric_find(q->metric[i], &percentile);

        add_row(c, s, m, percentile, q->margin);
    }
    for (const struct metric *m = metric_all(); m->name && !q->metrics; m++)
        for (uint32_t i = 0; i < rows_of_both(s, m); i++)
            add_row(c, s, m, metric_is_percentile(m) ? s->base->plan.percentile[i] : NAN,
                    q->margin);
}

void compare_ask(struct comparison *c, const struct compare_question *q)
{
    uint32_t most = q->old->plan.replications < q->new->plan.replications
                        ? q->old->plan.replications : q->new->plan.replications;
    uint32_t *old_at = xcalloc(most, sizeof *old_at), *new_at = xcalloc(most, sizeof *new_at);
    struct sides s = { .base = q->old, .x = q->new };

    *c = (struct comparison){ .changes = 0 };
    if (q->pairing == COMPARE_PAIRED)
        c->seeds = s.seeds = common_seeds(q->old, q->new, old_at, new_at);
    c->is_paired = c->seeds > 0;
    s.base_at = c->is_paired ? old_at : NULL;
    s.x_at = c->is_paired ? new_at : NULL;
    c->change = arena_alloc(&c->arena, (size_t)rows_of_pair(&s, q) * q->pairs * sizeof *c->change);
    for (uint32_t i = 0; i < q->pairs; i++) {
        s.base_policy = q->pair[i].base;
        s.x_policy = q->pair[i].policy;
        add_metrics(c, &s, q);
    }
    finish(c->change, c->changes, &s, q->margin);
    free(old_at);
    free(new_at);
}

void compare_results(struct comparison *c, const struct result *old, const struct result *new,
                     const char *metric, enum compare_pairing pairing, double margin)
{
    struct compare_pair *pair = xcalloc(old->plan.policies, sizeof *pair);
    const struct compare_question q = {
        .old = old, .new = new, .pair = pair, .pairs = compare_same_names(old, new, pair),
        .metric = &metric, .metrics = metric ? 1 : 0, .pairing = pairing, .margin = margin,
    };

    compare_ask(c, &q);
    free(pair);
}

void comparison_fini(struct comparison *c)
{
    arena_fini(&c->arena);
    *c = (struct comparison){ .changes = 0 };
}
