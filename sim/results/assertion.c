/* assertion.c - does what was asserted hold, seed by seed?
 *
 * A value is that of the table (pooled over seeds), its interval Student's over the seeds; a ratio
 * is paired by seed, its interval that of the mean logarithm.  A quantile that falls among failed
 * requests is infinite: no interval holds it, so there every seed must say the same. */
#include "assertion.h"

#include "../base/xalloc.h"
#include "compare.h"
#include "slices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- a part of the run, put together from slices ---- */

struct totals {
    uint64_t born, ok, done;
    u128     latency_sum;
    nsec     time;                  /* of the slices, added over runs */
    nsec     from, until;           /* as measured */
    struct hist latency;
};

static double totals_quantile(const struct totals *t, double percentile)
{
    uint64_t ns = t->born ? hist_quantile(&t->latency, percentile / 100, t->born) : 0;

    return !t->born ? (double)NAN : ns == NEVER ? (double)INFINITY : (double)ns;
}

static double totals_mean(const struct totals *t, double percentile)
{
    (void)percentile;
    return t->ok ? (double)t->latency_sum / (double)t->ok : NAN;
}

static double totals_max(const struct totals *t, double percentile)
{
    (void)percentile;
    return t->ok ? (double)t->latency.max : NAN;
}

static double totals_error_rate(const struct totals *t, double percentile)
{
    (void)percentile;
    return t->born ? (double)(t->born - t->ok) / (double)t->born : NAN;
}

static double totals_availability(const struct totals *t, double percentile)
{
    (void)percentile;
    return t->born ? (double)t->ok / (double)t->born : NAN;
}

static double totals_throughput(const struct totals *t, double percentile)
{
    (void)percentile;
    return t->time ? (double)t->done * (double)SECOND / (double)t->time : NAN;
}

/* The metrics that a part of a run has. */
struct windowed { const char *name; double (*of)(const struct totals *, double percentile); };

static const struct windowed windowed[] = {
    { "latency.p*", totals_quantile },
    { "latency.mean", totals_mean },
    { "latency.max", totals_max },
    { "error_rate", totals_error_rate },
    { "availability", totals_availability },
    { "throughput", totals_throughput },
};

static const struct windowed *find_windowed(const struct metric *m)
{
    for (size_t i = 0; i < ARRAY_LEN(windowed); i++)
        if (strcmp(windowed[i].name, m->name) == 0)
            return &windowed[i];
    return NULL;
}

const char *assertion_without_window(const struct assertion *a)
{
    if (!find_windowed(a->left.metric))
        return a->left.metric->name;
    return a->right.metric && !find_windowed(a->right.metric) ? a->right.metric->name : NULL;
}

/* Slices end where births do. */
static nsec slice_end(const struct record *r, uint32_t i)
{
    nsec end = slices_start(r, i + 1), last = r->arrivals_end ? r->arrivals_end : r->end;
    nsec start = slices_start(r, i);

    return end <= last ? end : last > start ? last : start;
}

static bool is_chosen(const struct assertion *a, nsec start, nsec end)
{
    nsec from = start > a->from ? start : a->from, until = end < a->until ? end : a->until;

    return !a->until || (until > from && 2 * (until - from) > end - start);
}

static void add_slice(struct totals *t, const struct record_slice *s, nsec start, nsec end)
{
    t->born += s->born;
    t->ok += s->ended[OUTCOME_OK];
    t->done += s->done;
    t->latency_sum += s->latency_sum;
    t->time += end - start;
    t->from = start < t->from ? start : t->from;
    t->until = end > t->until ? end : t->until;
    hist_merge(&t->latency, &s->latency);
}

static void add_record(struct totals *t, const struct record *r, const struct assertion *a)
{
    for (uint32_t i = r->warmup_slices; i < r->slices; i++)
        if (is_chosen(a, slices_start(r, i), slice_end(r, i)))
            add_slice(t, &r->slice[i], slices_start(r, i), slice_end(r, i));
}

static void totals_init(struct totals *t)
{
    *t = (struct totals){ .from = NEVER };
    hist_init(&t->latency);
}

/* ---- one side of an assertion, for one policy ---- */

struct side {
    double   value;                 /* over all seeds; INFINITY: among failed requests; NAN */
    double   low, high;             /* its interval; NAN: one seed */
    double  *x;                     /* [seeds] */
    nsec     from, until;
    const char *reason;             /* why there is no value, or NULL */
};

static bool is_listed(const struct result *r, double percentile)
{
    for (uint32_t i = 0; i < r->plan.percentiles; i++)
        if (fabs(r->plan.percentile[i] - percentile) < 1e-9)
            return true;
    return false;
}

static bool needs_records(const struct result *r, const struct assertion *a,
                          const struct assertion_side *what)
{
    return a->until || (metric_is_percentile(what->metric) && !is_listed(r, what->percentile));
}

static void fill_from_records(struct side *s, const struct result *r, const struct assertion *a,
                              const struct assertion_side *what, uint32_t policy)
{
    const struct windowed *w = find_windowed(what->metric);
    struct totals all, one;

    totals_init(&all);
    for (uint32_t k = 0; k < r->plan.replications; k++) {
        const struct record *record = r->run[policy * r->plan.replications + k].record;

        totals_init(&one);
        add_record(&one, record, a);
        s->x[k] = w->of(&one, what->percentile);
        hist_fini(&one.latency);
        add_record(&all, record, a);
    }
    s->value = w->of(&all, what->percentile);
    s->from = all.from;
    s->until = all.until;
    hist_fini(&all.latency);

    const struct estimate e = stats_section(s->x, r->plan.replications, s->value,
                                            COMPARE_CONFIDENCE);

    s->low = e.low;
    s->high = e.high;
}

/* Of a percentile, no value means that it falls among requests that failed. */
static double or_infinite(const struct metric *m, double value, uint64_t requests)
{
    return isnan(value) && metric_is_percentile(m) && requests ? (double)INFINITY : value;
}

static void fill_from_runs(struct side *s, const struct result *r,
                           const struct assertion_side *what, uint32_t policy)
{
    const struct metric *m = what->metric;
    const struct result_quantity q = metric_of_policy(m, r, policy, what->percentile);

    s->value = or_infinite(m, q.value, r->policy[policy].requests);
    s->low = q.low;
    s->high = q.high;
    for (uint32_t k = 0; k < r->plan.replications; k++) {
        uint32_t run = policy * r->plan.replications + k;

        s->x[k] = or_infinite(m, metric_of_run(m, r, run, what->percentile), r->run[run].requests);
    }
}

/* Where the run is not steady, what grows as long as it lasts has no value. */
static bool is_unsteady(const struct result *r, const struct assertion_side *what, uint32_t policy)
{
    return r->policy[policy].verdict == VERDICT_SATURATED && metric_is_latency(what->metric);
}

static bool is_any_nan(const double *x, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        if (isnan(x[k]))
            return true;
    return false;
}

static void fill(struct side *s, const struct result *r, const struct assertion *a,
                 const struct assertion_side *what, uint32_t policy)
{
    uint32_t n = r->plan.replications;

    *s = (struct side){ .value = NAN, .low = NAN, .high = NAN, .x = xcalloc(n, sizeof *s->x) };
    if (is_unsteady(r, what, policy)) {
        s->reason = "saturated: there is no steady value";
        return;
    }
    if (!needs_records(r, a, what))
        fill_from_runs(s, r, what, policy);
    else if (r->run[policy * n].record)
        fill_from_records(s, r, a, what, policy);
    else
        s->reason = "a result that was read back has no such detail";
    if (!s->reason && (isnan(s->value) || is_any_nan(s->x, n)))
        s->reason = "nothing was measured that it could be of";
}

/* ---- verdicts ---- */

static bool is_right(enum assertion_op op, double x, double limit)
{
    switch (op) {
    case ASSERT_LESS:     return x < limit;
    case ASSERT_AT_MOST:  return x <= limit;
    case ASSERT_MORE:     return x > limit;
    case ASSERT_AT_LEAST: return x >= limit;
    }
    return false;
}

static enum assertion_verdict judge(enum assertion_op op, double low, double high, double limit)
{
    bool low_is_right = is_right(op, low, limit), high_is_right = is_right(op, high, limit);

    if (low_is_right && high_is_right)
        return ASSERTION_HOLDS;
    return low_is_right || high_is_right ? ASSERTION_INCONCLUSIVE : ASSERTION_FAILS;
}

/* Seed by seed, without an interval: x[k] against limit[k]. */
static enum assertion_verdict judge_each(enum assertion_op op, const double *x, const double *y,
                                         double limit, uint32_t n)
{
    uint32_t right = 0;

    for (uint32_t k = 0; k < n; k++)
        right += is_right(op, x[k], y ? limit * y[k] : limit);
    return right == n ? ASSERTION_HOLDS : right ? ASSERTION_INCONCLUSIVE : ASSERTION_FAILS;
}

/* More than there are; 0: more than anybody runs. */
static uint32_t more_seeds(const struct estimate *e, double limit)
{
    uint32_t needed = stats_seeds_for(e->n, (e->high - e->low) / 2, fabs(e->value - limit),
                                      COMPARE_CONFIDENCE);

    return needed == 0 || needed > e->n ? needed : e->n + 1;
}

static void settle(struct assertion_outcome *o, const struct estimate *e, double limit)
{
    bool is_known = e->n > 1;       /* of one seed the value alone decides */

    o->low = is_known ? e->low : NAN;
    o->high = is_known ? e->high : NAN;
    o->verdict = judge(o->of->op, is_known ? e->low : e->value, is_known ? e->high : e->value,
                       limit);
    if (o->verdict == ASSERTION_INCONCLUSIVE)
        o->seeds_needed = more_seeds(e, limit);
}

static bool is_all_finite(const double *x, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        if (!isfinite(x[k]))
            return false;
    return true;
}

static bool is_all_positive(const double *x, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        if (!(x[k] > 0))
            return false;
    return true;
}

static bool has_interval(const struct side *s)
{
    return !isnan(s->low) && !isnan(s->high);
}

static const char among_failed[] = "the percentile falls among requests that failed";

static void check_number(struct assertion_outcome *o, const struct side *left, uint32_t n)
{
    o->value = left->value;
    if (is_all_finite(left->x, n) && isfinite(left->value)) {
        const struct estimate e = { left->value, left->low, left->high,
                                    has_interval(left) ? n : 1 };

        settle(o, &e, o->of->limit);
        return;
    }
    o->verdict = judge_each(o->of->op, left->x, NULL, o->of->limit, n);
    o->reason = among_failed;
}

/* Where a value is 0 there is no ratio; the differences left - factor x right say the same. */
static void check_differences(struct assertion_outcome *o, struct side *left,
                              const struct side *right, uint32_t n)
{
    struct assertion_outcome difference = *o;

    for (uint32_t k = 0; k < n; k++)
        left->x[k] -= o->of->limit * right->x[k];

    const struct estimate e = stats_mean(left->x, n, COMPARE_CONFIDENCE);

    difference.value = e.value;
    settle(&difference, &e, 0);
    o->verdict = difference.verdict;
    o->seeds_needed = difference.seeds_needed;
    o->value = right->value > 0 ? left->value / right->value : NAN;
}

static void check_ratio(struct assertion_outcome *o, struct side *left, const struct side *right,
                        uint32_t n)
{
    if (!is_all_finite(left->x, n) || !is_all_finite(right->x, n)) {
        o->verdict = judge_each(o->of->op, left->x, right->x, o->of->limit, n);
        o->reason = among_failed;
        return;
    }
    if (!is_all_positive(left->x, n) || !is_all_positive(right->x, n)) {
        check_differences(o, left, right, n);
        return;
    }

    struct estimate e = stats_paired_change(right->x, left->x, n, COMPARE_CONFIDENCE);

    e = (struct estimate){ 1 + e.value, 1 + e.low, 1 + e.high, e.n };
    o->value = e.value;
    settle(o, &e, o->of->limit);
}

static bool is_stem(const char *label, const char *name)
{
    size_t n = strlen(name);

    return strncmp(label, name, n) == 0 && label[n] == '(';
}

/* By label, else by the canonical name before the parameters if only one has it; NONE. */
static uint32_t find_policy(const char *const *policy, uint32_t policies, const char *name)
{
    uint32_t found = NONE;

    for (uint32_t i = 0; i < policies; i++)
        if (strcmp(policy[i], name) == 0)
            return i;
    for (uint32_t i = 0; i < policies; i++)
        if (is_stem(policy[i], name)) {
            if (found != NONE)
                return NONE;
            found = i;
        }
    return found;
}

const char *assertion_missing_policy(const struct assertion *a, const char *const *policy,
                                     uint32_t policies)
{
    if (a->left.policy && find_policy(policy, policies, a->left.policy) == NONE)
        return a->left.policy;
    if (a->right.metric && a->right.policy &&
        find_policy(policy, policies, a->right.policy) == NONE)
        return a->right.policy;
    return NULL;
}

static void check_policy(const struct result *r, const struct assertion *a, uint32_t policy,
                         struct assertion_outcome *o)
{
    uint32_t n = r->plan.replications, other = policy;
    struct side left, right = { .x = NULL };

    *o = (struct assertion_outcome){ .of = a, .policy = policy, .verdict = ASSERTION_UNKNOWN,
                                     .value = NAN, .low = NAN, .high = NAN };
    if (a->right.policy)
        other = find_policy(r->plan.policy, r->plan.policies, a->right.policy);
    fill(&left, r, a, &a->left, policy);
    if (a->right.metric)
        fill(&right, r, a, &a->right, other);
    o->from = left.from;
    o->until = left.until;
    if (left.reason || right.reason)
        o->reason = left.reason ? left.reason : right.reason;
    else if (a->right.metric)
        check_ratio(o, &left, &right, n);
    else
        check_number(o, &left, n);
    free(left.x);
    free(right.x);
}

uint32_t assertion_check(const struct result *r, const struct assertion *a,
                         struct assertion_outcome *o)
{
    uint32_t only = NONE, count = 0;

    if (assertion_missing_policy(a, r->plan.policy, r->plan.policies))
        return 0;
    if (a->left.policy)
        only = find_policy(r->plan.policy, r->plan.policies, a->left.policy);
    for (uint32_t p = 0; p < r->plan.policies; p++)
        if (only == NONE || only == p)
            check_policy(r, a, p, &o[count++]);
    return count;
}

void assertion_check_all(struct result *r)
{
    r->outcomes = 0;
    r->assertion = arena_alloc(&r->arena, (size_t)r->plan.assertions * r->plan.policies *
                                              sizeof *r->assertion);
    for (uint32_t i = 0; i < r->plan.assertions; i++)
        r->outcomes += assertion_check(r, &r->plan.assertion[i], &r->assertion[r->outcomes]);
}

static const char *keep(struct arena *arena, const char *text)
{
    return text ? arena_text(arena, text) : NULL;
}

const struct assertion *assertion_keep(struct arena *arena, const struct assertion *a,
                                       uint32_t count)
{
    struct assertion *copy = arena_alloc(arena, count * sizeof *copy);

    for (uint32_t i = 0; i < count; i++) {
        copy[i] = a[i];
        copy[i].text = keep(arena, a[i].text);
        copy[i].why = keep(arena, a[i].why);
        copy[i].left.policy = keep(arena, a[i].left.policy);
        copy[i].right.policy = keep(arena, a[i].right.policy);
    }
    return copy;
}

const char *assertion_verdict_text(enum assertion_verdict verdict)
{
    static const char *const text[] = {
        [ASSERTION_HOLDS] = "holds",
        [ASSERTION_FAILS] = "fails",
        [ASSERTION_INCONCLUSIVE] = "inconclusive",
        [ASSERTION_UNKNOWN] = "unknown",
    };

    return text[verdict];
}
