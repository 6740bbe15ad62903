/* gate.c - from a result to rows: assertions, and changes against a baseline.
 *
 * A regression must be beyond the limit by its whole interval, and stand out among all that were
 * looked at (Holm), and be large enough to matter: a gate that cries wolf is switched off. */
#include "gate.h"

#include "../base/xalloc.h"
#include "assertion.h"
#include "compare.h"
#include "conclude.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const double tail = (1 - COMPARE_CONFIDENCE) / 2;
static const char stale[] = "the baseline is stale: write a new one";

struct gate_row *gate_add(struct gate *g)
{
    if (g->rows == g->room) {
        g->room = g->room ? 2 * g->room : 64;
        g->row = xrealloc(g->row, g->room, sizeof *g->row);
    }

    struct gate_row *row = &g->row[g->rows++];

    *row = (struct gate_row){
        .scenario = "", .file = "", .metric = "", .policy = "", .asked = "", .why = "",
        .detail = "", .value = NAN, .low = NAN, .high = NAN, .base = NAN, .limit = NAN, .p = NAN,
        .change = { NAN, NAN, NAN, 0 },
    };
    return row;
}

void gate_fini(struct gate *g)
{
    free(g->row);
    arena_fini(&g->arena);
    *g = (struct gate){ .rows = 0 };
}

uint32_t gate_count(const struct gate *g, enum gate_verdict verdict)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < g->rows; i++)
        n += g->row[i].verdict == verdict;
    return n;
}

static const char *keep(struct gate *g, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static const char *keep(struct gate *g, const char *fmt, ...)
{
    char text[400];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return arena_text(&g->arena, text);
}

/* ---- assertions ---- */

static enum gate_verdict gate_of(enum assertion_verdict verdict)
{
    static const enum gate_verdict of[] = {
        [ASSERTION_HOLDS] = GATE_OK,
        [ASSERTION_FAILS] = GATE_FAILED,
        [ASSERTION_INCONCLUSIVE] = GATE_INCONCLUSIVE,
        [ASSERTION_UNKNOWN] = GATE_FAILED,      /* what cannot be shown is no yes */
    };

    return of[verdict];
}

static const char *detail_of(struct gate *g, const struct assertion_outcome *o)
{
    if (o->reason)
        return keep(g, "%s", o->reason);
    if (o->of->until)
        return keep(g, "measured over requests born from %.6g s to %.6g s",
                    (double)o->from / 1e9, (double)o->until / 1e9);
    return "";
}

void gate_assertions(struct gate *g, const struct result *r, const char *file)
{
    char name[64];

    for (uint32_t i = 0; i < r->outcomes; i++) {
        const struct assertion_outcome *o = &r->assertion[i];
        const struct assertion *a = o->of;
        struct gate_row *row = gate_add(g);

        row->kind = GATE_ASSERTION;
        row->verdict = gate_of(o->verdict);
        row->scenario = keep(g, "%s", r->plan.scenario);
        row->file = arena_text(&g->arena, file);
        row->line = a->line;
        row->metric = keep(g, "%s", metric_show_name(name, sizeof name, a->left.metric,
                                                     a->left.percentile));
        row->policy = keep(g, "%s", r->plan.policy[o->policy]);
        row->asked = arena_text(&g->arena, a->text);
        row->why = a->why ? arena_text(&g->arena, a->why) : "";
        row->unit = a->right.metric ? METRIC_RATIO : a->left.metric->unit;
        row->value = o->value;
        row->low = o->low;
        row->high = o->high;
        row->limit = a->limit;
        row->seeds = r->plan.replications;
        row->seeds_needed = o->seeds_needed;
        row->detail = detail_of(g, o);
    }
}

/* ---- regressions ---- */

/* A change as a share of the base, turned so that more is worse. */
struct worse { double value, low, high; };

static struct worse worse_of(const struct estimate *e, enum metric_better better)
{
    if (better == METRIC_LESS)
        return (struct worse){ e->value, e->low, e->high };
    return (struct worse){ -e->value, -e->high, -e->low };
}

static double least_effect(const struct metric *m, const struct gate_limits *limits)
{
    return m->unit == METRIC_NS ? limits->min_effect_ns : limits->min_effect;
}

/* P of a change this far beyond the limit by chance, from the interval on the log scale; as it is
 * where it reaches below 0: then it is one of differences. */
static double chance(const struct worse *w, double limit, uint32_t n)
{
    bool has_logs = w->low > -1;
    double half = (has_logs ? log1p(w->high) - log1p(w->low) : w->high - w->low) / 2;
    double beyond = has_logs ? log1p(w->value) - log1p(limit) : w->value - limit;

    if (n < 2 || isnan(half))
        return NAN;
    if (!(half > 0))
        return beyond > 0 ? 0 : 1;
    return stats_student_p(beyond / half * stats_student_t(COMPARE_CONFIDENCE, n - 1), n - 1);
}

/* More than there are; 0: more than anybody runs. */
static uint32_t more_seeds(const struct worse *w, double limit, uint32_t n)
{
    uint32_t needed = stats_seeds_for(n, (w->high - w->low) / 2, fabs(w->value - limit),
                                      COMPARE_CONFIDENCE);

    return needed == 0 || needed > n ? needed : n + 1;
}

static void judge_interval(struct gate_row *row, const struct worse *w,
                           const struct gate_limits *limits, double least)
{
    double limit = limits->max_regression, base = fabs(row->base);
    bool matters = fabs(w->value) * base > least, might_matter = w->high * base > least;

    row->p = chance(w, limit, row->seeds);
    if (row->seeds < 2) {
        row->verdict = might_matter ? GATE_INCONCLUSIVE : GATE_OK;
        row->detail = "one seed cannot tell a change from chance";
        row->seeds_needed = 5;
    } else if (w->low > limit) {
        row->verdict = matters ? GATE_FAILED : GATE_OK;
        row->detail = matters ? "" : "worse, but by less than --min-effect";
    } else if (w->high < -limit) {
        row->verdict = matters ? GATE_STALE : GATE_OK;
        row->detail = matters ? stale : "";
    } else if (w->high > limit && might_matter) {
        row->verdict = GATE_INCONCLUSIVE;
        row->detail = "the limit lies within the interval; the baseline needs as many seeds";
        row->seeds_needed = more_seeds(w, limit, row->seeds);
    }
}

/* Nothing was random on either side (a trace, a policy without chance): the change is exact. */
static void judge_exact(struct gate_row *row, const struct worse *w,
                        const struct gate_limits *limits, double least)
{
    bool matters = fabs(w->value) * fabs(row->base) > least;

    if (w->value > limits->max_regression && matters)
        row->verdict = GATE_FAILED;
    else if (w->value < -limits->max_regression && matters)
        row->verdict = GATE_STALE;
    row->detail = row->verdict == GATE_STALE ? stale : "every seed did the same: compared as it is";
}

/* Where there is no share (a value is 0), differences decided. */
static void judge_difference(struct gate_row *row, const struct result_change *c, double least)
{
    bool matters = fabs(c->value - c->base_value) > least;

    if (c->verdict == CHANGE_WORSE && matters)
        row->verdict = GATE_FAILED;
    else if (c->verdict == CHANGE_BETTER && matters) {
        row->verdict = GATE_STALE;
        row->detail = stale;
    } else if (c->verdict == CHANGE_UNKNOWN && matters) {
        row->verdict = GATE_INCONCLUSIVE;
        row->detail = row->seeds < 2 ? "one seed cannot tell a change from chance"
                                     : "some seed has no value";
    } else if (c->verdict == CHANGE_INCONCLUSIVE && matters) {
        row->verdict = GATE_INCONCLUSIVE;
        row->seeds_needed = c->seeds_needed;
    }
    row->p = matters ? c->p / 2 : 1;        /* that of the comparison is two-sided */
}

/* Why a side has no value. */
enum absence {
    ABSENT_SATURATED, ABSENT_LOST, ABSENT_BUSY, ABSENT_PERHAPS, ABSENT_THEN, ABSENT_BOTH,
};

static const struct { enum gate_verdict verdict; const char *detail; } absences[] = {
    [ABSENT_SATURATED] = { GATE_FAILED,
                           "saturated: there is no steady value; the baseline had one" },
    [ABSENT_LOST] = { GATE_FAILED, "no value: it falls among requests that failed" },
    [ABSENT_BUSY] = { GATE_INCONCLUSIVE,
                      "saturated, but its runs are not surely slower: it may be chance" },
    [ABSENT_PERHAPS] = { GATE_INCONCLUSIVE,
                         "no value, but so few more requests failed that it may be chance" },
    [ABSENT_THEN] = { GATE_STALE, "the baseline is stale: it had no value" },
    [ABSENT_BOTH] = { GATE_OK, "not compared: neither side has a value" },
};

/* A metric of one policy in the new result and in the baseline. */
struct both {
    const struct metric *metric;
    double percentile;              /* of a percentile */
    const struct result *now, *then;
    uint32_t policy, base;          /* of now, of then */
};

/* A percentile is surely lost when the share that failed is surely more than it leaves, and surely
 * was less.  Both intervals would have to be far off for that to be chance. */
static bool is_surely_lost(const struct both *b)
{
    double left = 1 - b->percentile / 100;

    return b->now->policy[b->policy].error_rate.low > left &&
           b->then->policy[b->base].error_rate.high < left;
}

/* Runs that grow as long as they last are slower than those of a steady system, whatever their
 * length; without pairs, because one of a pair may well be steady. */
static bool is_surely_slower(const struct both *b, double limit)
{
    uint32_t n = b->then->plan.replications, m = b->now->plan.replications;
    double *then = xcalloc(n, sizeof *then), *now = xcalloc(m, sizeof *now);

    compare_values(b->then, b->base, b->metric, b->percentile, then);
    compare_values(b->now, b->policy, b->metric, b->percentile, now);

    struct estimate e = stats_welch(then, n, now, m, COMPARE_CONFIDENCE, NULL);

    free(then);
    free(now);
    return e.low > limit;
}

static enum absence absence_of(const struct result_change *c, const struct both *b, double limit)
{
    if (isnan(c->value) && isnan(c->base_value))
        return ABSENT_BOTH;
    if (isnan(c->base_value))
        return ABSENT_THEN;
    if (metric_is_percentile(b->metric) && is_surely_lost(b))
        return ABSENT_LOST;
    if (b->now->policy[b->policy].verdict == VERDICT_SATURATED)
        return is_surely_slower(b, limit) ? ABSENT_SATURATED : ABSENT_BUSY;
    return metric_is_percentile(b->metric) ? ABSENT_PERHAPS : ABSENT_LOST;
}

static void judge_without(struct gate_row *row, enum absence why)
{
    row->verdict = absences[why].verdict;
    row->detail = absences[why].detail;
}

static void judge(struct gate_row *row, const struct result_change *c, const struct both *b,
                  const struct gate_limits *limits)
{
    double least = least_effect(b->metric, limits);

    if (c->verdict == CHANGE_EQUAL)
        return;
    if (isnan(c->change.value)) {
        judge_difference(row, c, least);
        return;
    }

    const struct worse w = worse_of(&c->change, b->metric->better);

    if (result_is_repeated(b->now, b->policy) && result_is_repeated(b->then, b->base))
        judge_exact(row, &w, limits, least);
    else
        judge_interval(row, &w, limits, least);
}

static void add_change(struct gate *g, const struct result *now, const struct result *then,
                       const struct result_change *c, const char *file,
                       const struct gate_limits *limits)
{
    double percentile;
    const struct metric *m = metric_find(c->metric, &percentile);

    if (!m || m->better == METRIC_NEITHER)
        return;

    const struct both both = { m, percentile, now, then, c->policy, c->base };
    struct gate_row *row = gate_add(g);

    row->kind = GATE_REGRESSION;
    row->scenario = keep(g, "%s", now->plan.scenario);
    row->file = arena_text(&g->arena, file);
    row->metric = keep(g, "%s", c->metric);
    row->policy = keep(g, "%s", now->plan.policy[c->policy]);
    row->asked = keep(g, "at most %.4g %% worse", 100 * limits->max_regression);
    row->unit = m->unit;
    row->value = c->value;
    row->base = c->base_value;
    row->change = c->change;
    row->limit = limits->max_regression;
    row->seeds = c->change.n;
    if (isnan(c->value) || isnan(c->base_value))
        judge_without(row, absence_of(c, &both, limits->max_regression));
    else
        judge(row, c, &both, limits);
}

void gate_regressions(struct gate *g, const struct result *now, const struct result *baseline,
                      const char *file, const struct gate_limits *limits, const char *metric)
{
    struct comparison cmp;

    compare_results(&cmp, baseline, now, metric, COMPARE_PAIRED, limits->max_regression);
    if (cmp.seeds == 0) {           /* none in common: they were chosen to be fresh */
        comparison_fini(&cmp);
        compare_results(&cmp, baseline, now, metric, COMPARE_FRESH, limits->max_regression);
    }
    for (uint32_t i = 0; i < cmp.changes; i++)
        add_change(g, now, baseline, &cmp.change[i], file, limits);
    comparison_fini(&cmp);
}

static bool is_tested(const struct gate_row *row)
{
    return row->kind == GATE_REGRESSION && !isnan(row->p);
}

uint32_t gate_correct(struct gate *g)
{
    double *p = xcalloc(g->rows, sizeof *p), *adjusted = xcalloc(g->rows, sizeof *adjusted);
    uint32_t tested = 0;

    for (uint32_t i = 0; i < g->rows; i++) {
        p[i] = is_tested(&g->row[i]) ? g->row[i].p : (double)NAN;
        tested += is_tested(&g->row[i]);
    }
    stats_holm(p, adjusted, g->rows);
    for (uint32_t i = 0; i < g->rows; i++) {
        struct gate_row *row = &g->row[i];

        if (!is_tested(row) || row->verdict != GATE_FAILED || adjusted[i] <= tail)
            continue;
        row->verdict = GATE_INCONCLUSIVE;
        row->seeds_needed = 2 * row->seeds;
        row->detail = keep(g, "beyond the limit, but not surely so among %u that were looked at "
                              "(Holm)", tested);
    }
    free(p);
    free(adjusted);
    return tested;
}
