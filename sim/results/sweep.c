/* sweep.c - where curves cross an SLO and where they bend.
 *
 * Between two points log(latency) is taken as a straight line over x; over load it is one over
 * -log(1 - load), as M/M/1 and heavy traffic have it: exact there, no worse elsewhere. */
#include "sweep.h"

#include "../base/xalloc.h"

#include <math.h>
#include <stdlib.h>

/* ---- values ---- */

bool sweep_is_saturated(const struct sweep *s, uint32_t point, uint32_t policy)
{
    return s->metric->unit == METRIC_NS &&
           s->point[point].result->policy[policy].verdict == VERDICT_SATURATED;
}

struct result_quantity sweep_value(const struct sweep *s, uint32_t point, uint32_t policy)
{
    struct result_quantity q = metric_of_policy(s->metric, s->point[point].result, policy,
                                                s->percentile);

    if (sweep_is_saturated(s, point, policy))
        q.value = q.low = q.high = NAN;
    return q;
}

bool sweep_meets(const struct sweep *s, double value)
{
    switch (s->slo->op) {
    case ASSERT_LESS:
        return value < s->slo->limit;
    case ASSERT_AT_MOST:
        return value <= s->slo->limit;
    case ASSERT_MORE:
        return value > s->slo->limit;
    case ASSERT_AT_LEAST:
        return value >= s->slo->limit;
    }
    return false;
}

static bool wants_less(const struct sweep *s)
{
    return s->slo->op == ASSERT_LESS || s->slo->op == ASSERT_AT_MOST;
}

/* The runs of one policy stand together, seed by seed. */
static uint32_t first_run(const struct result *r, uint32_t policy)
{
    uint32_t i = 0;

    while (i < r->runs && r->run[i].policy != policy)
        i++;
    return i;
}

/* Under a stop rule points have different numbers of seeds. */
static uint32_t common_seeds(const struct sweep *s, uint32_t policy)
{
    uint32_t least = NONE;

    for (uint32_t i = 0; i < s->points; i++) {
        uint32_t seeds = s->point[i].result->policy[policy].seeds;

        least = seeds < least ? seeds : least;
    }
    return s->points ? least : 0;
}

/* A policy's values along the axis, of all seeds or of one; NAN: none. */
struct curve { double *x, *v; uint32_t n; };

static struct curve curve_new(const struct sweep *s)
{
    struct curve c = { xcalloc(s->points, sizeof(double)), xcalloc(s->points, sizeof(double)),
                       s->points };

    for (uint32_t i = 0; i < s->points; i++)
        c.x[i] = s->point[i].x;
    return c;
}

static void curve_free(struct curve *c)
{
    free(c->x);
    free(c->v);
}

static void fill_pooled(struct curve *c, const struct sweep *s, uint32_t policy)
{
    for (uint32_t i = 0; i < c->n; i++)
        c->v[i] = sweep_value(s, i, policy).value;
}

static void fill_seed(struct curve *c, const struct sweep *s, uint32_t policy, uint32_t seed)
{
    for (uint32_t i = 0; i < c->n; i++) {
        const struct result *r = s->point[i].result;

        c->v[i] = sweep_is_saturated(s, i, policy) ? NAN
                : metric_of_run(s->metric, r, first_run(r, policy) + seed, s->percentile);
    }
}

/* ---- where the SLO is crossed ---- */

/* Somewhere in low..high; equal: just there; infinite: beyond the axis. */
struct crossing { double low, high; };

static double along(const struct sweep *s, double x, bool is_bent)
{
    return is_bent && s->unit == SWEEP_LOAD ? -log1p(-x) : x;
}

/* x between two known points, one on each side of the limit. */
static double interpolate(const struct sweep *s, const struct curve *c, uint32_t a, uint32_t b)
{
    const double limit = s->slo->limit;
    const bool is_log = limit > 0 && c->v[a] > 0 && c->v[b] > 0,
               is_bent = c->x[a] < 1 && c->x[b] < 1;
    double share = is_log ? log(limit / c->v[a]) / log(c->v[b] / c->v[a])
                          : (limit - c->v[a]) / (c->v[b] - c->v[a]);
    double from = along(s, c->x[a], is_bent), to = along(s, c->x[b], is_bent),
           at = from + share * (to - from);

    return is_bent && s->unit == SWEEP_LOAD ? -expm1(-at) : at;
}

/* Walks away from the good end until the SLO is missed for the first time. */
static struct crossing find_crossing(const struct sweep *s, const struct curve *c,
                                     enum sweep_side side)
{
    const bool up = side == SWEEP_UP_TO;
    uint32_t met = 0;

    while (met < c->n && sweep_meets(s, c->v[up ? met : c->n - 1 - met]))
        met++;
    if (met == 0)
        return up ? (struct crossing){ -INFINITY, c->x[0] }
                  : (struct crossing){ c->x[c->n - 1], INFINITY };
    if (met == c->n)
        return up ? (struct crossing){ c->x[c->n - 1], INFINITY }
                  : (struct crossing){ -INFINITY, c->x[0] };

    uint32_t last = up ? met - 1 : c->n - met, next = up ? met : c->n - 1 - met;
    double at = isnan(c->v[next]) ? NAN : interpolate(s, c, last, next);

    if (!isnan(at))
        return (struct crossing){ at, at };
    return up ? (struct crossing){ c->x[last], c->x[next] }
              : (struct crossing){ c->x[next], c->x[last] };
}

/* How far from good a value is; no value is as far as can be. */
static double badness(const struct sweep *s, double v)
{
    return isnan(v) ? INFINITY : wants_less(s) ? v : -v;
}

static enum sweep_side find_side(const struct sweep *s, const struct curve *pooled)
{
    return badness(s, pooled->v[pooled->n - 1]) < badness(s, pooled->v[0]) ? SWEEP_FROM
                                                                          : SWEEP_UP_TO;
}

/* The mean's bound on one side (-1, +1); NAN when some value has none. */
static double bound_of(const double *x, uint32_t n, int side)
{
    for (uint32_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return NAN;
    if (n < 2)
        return n ? x[0] : NAN;

    struct estimate e = stats_mean(x, n, 0.95);

    return side < 0 ? e.low : e.high;
}

/* Points are walked like seeds are: whole intervals (surely), or the better end of them. */
static uint32_t find_last(const struct sweep *s, uint32_t policy, enum sweep_side side,
                          bool (*holds)(const struct sweep *, const struct result_quantity *))
{
    uint32_t last = NONE;

    for (uint32_t k = 0; k < s->points; k++) {
        uint32_t i = side == SWEEP_UP_TO ? k : s->points - 1 - k;
        struct result_quantity q = sweep_value(s, i, policy);

        if (!holds(s, &q))
            break;
        last = i;
    }
    return last;
}

static bool holds_surely(const struct sweep *s, const struct result_quantity *q)
{
    return sweep_meets(s, q->value) && (isnan(q->low) || sweep_meets(s, q->low)) &&
           (isnan(q->high) || sweep_meets(s, q->high));
}

static bool holds_maybe(const struct sweep *s, const struct result_quantity *q)
{
    return sweep_meets(s, q->value) || sweep_meets(s, q->low) || sweep_meets(s, q->high);
}

/* Nothing is known of what lies beyond the axis: an interval ends where it does. */
static struct estimate kept_inside(const struct sweep *s, struct estimate e)
{
    e.low = isnan(e.low) ? NAN : fmax(e.low, s->point[0].x);
    e.high = isnan(e.high) ? NAN : fmin(e.high, s->point[s->points - 1].x);
    return e;
}

/* A bound that lies beyond the axis is none. */
static struct estimate known_inside(const struct sweep *s, struct estimate e)
{
    e.low = e.low < s->point[0].x ? NAN : e.low;
    e.high = e.high > s->point[s->points - 1].x ? NAN : e.high;
    return e;
}

/* Every seed and all of them pooled agree, or bounds are what is left. */
static void conclude_crossing(const struct sweep *s, struct sweep_answer *a,
                              const struct crossing *pooled, const double *low, const double *high)
{
    const bool up = a->side == SWEEP_UP_TO, is_exact = pooled->low == pooled->high;
    uint32_t always = isinf(up ? pooled->high : pooled->low) != 0,
             never = isinf(up ? pooled->low : pooled->high) != 0;

    for (uint32_t k = 0; k < a->seeds; k++) {
        always += isinf(up ? high[k] : low[k]) != 0;
        never += isinf(up ? low[k] : high[k]) != 0;
        a->censored += !(low[k] == high[k]);
    }
    a->reach = !a->censored && is_exact ? SWEEP_CROSSES
             : always == a->seeds + 1   ? SWEEP_ALWAYS
             : never == a->seeds + 1    ? SWEEP_NEVER
                                        : SWEEP_BOUNDED;
    a->slo_x = known_inside(s, (struct estimate){ is_exact ? pooled->low : NAN,
                                                  bound_of(low, a->seeds, -1),
                                                  bound_of(high, a->seeds, 1), a->seeds });
    if (a->reach == SWEEP_CROSSES)
        a->slo_x = kept_inside(s, stats_section(low, a->seeds, pooled->low, 0.95));
}

static void answer_slo(const struct sweep *s, struct sweep_answer *a, struct curve *c)
{
    double *low = xcalloc(a->seeds, sizeof *low), *high = xcalloc(a->seeds, sizeof *high);
    struct crossing pooled;

    fill_pooled(c, s, a->policy);
    a->side = find_side(s, c);
    a->surely = find_last(s, a->policy, a->side, holds_surely);
    a->maybe = find_last(s, a->policy, a->side, holds_maybe);
    pooled = find_crossing(s, c, a->side);
    for (uint32_t k = 0; k < a->seeds; k++) {
        fill_seed(c, s, a->policy, k);

        struct crossing x = find_crossing(s, c, a->side);

        low[k] = x.low;
        high[k] = x.high;
    }
    conclude_crossing(s, a, &pooled, low, high);
    free(low);
    free(high);
}

/* ---- the knee ---- */

/* The top of the parabola through three points. */
static double top_of(const double x[3], const double y[3])
{
    double left = (y[1] - y[0]) / (x[1] - x[0]), right = (y[2] - y[1]) / (x[2] - x[1]),
           bend = (right - left) / (x[2] - x[0]);

    return bend < 0 ? (x[0] + x[1]) / 2 - left / (2 * bend) : x[1];
}

/* Where log(x / latency) is greatest; NAN when that is at an end of what is known. */
static double find_knee(const struct curve *c)
{
    uint32_t known = 0, best = 0;
    double *x = xcalloc(c->n, sizeof *x), *y = xcalloc(c->n, sizeof *y), knee = NAN;

    for (uint32_t i = 0; i < c->n; i++)
        if (c->v[i] > 0 && c->x[i] > 0) {
            x[known] = c->x[i];
            y[known] = log(c->x[i] / c->v[i]);
            best = y[known] > y[best] ? known : best;
            known++;
        }
    if (best > 0 && best + 1 < known)
        knee = top_of(&x[best - 1], &y[best - 1]);
    free(x);
    free(y);
    return knee;
}

static void answer_knee(const struct sweep *s, struct sweep_answer *a, struct curve *c)
{
    double *knee = xcalloc(a->seeds, sizeof *knee), pooled;
    bool is_known = true;

    fill_pooled(c, s, a->policy);
    pooled = find_knee(c);
    for (uint32_t k = 0; k < a->seeds; k++) {
        fill_seed(c, s, a->policy, k);
        knee[k] = find_knee(c);
        is_known = is_known && !isnan(knee[k]);
    }
    a->knee = (struct estimate){ pooled, NAN, NAN, a->seeds };
    if (is_known && !isnan(pooled))
        a->knee = kept_inside(s, stats_section(knee, a->seeds, pooled, 0.95));
    free(knee);
}

/* ---- all ---- */

static void answer(const struct sweep *s, uint32_t policy, struct sweep_answer *a)
{
    struct curve c = curve_new(s);

    *a = (struct sweep_answer){ .policy = policy, .seeds = common_seeds(s, policy),
                                .slo_x = { NAN, NAN, NAN, 0 }, .surely = NONE, .maybe = NONE,
                                .knee = { NAN, NAN, NAN, 0 } };
    for (uint32_t i = 0; i < s->points; i++)
        a->saturated += sweep_is_saturated(s, i, policy);
    if (s->slo && s->unit != SWEEP_WORDS)
        answer_slo(s, a, &c);
    if (s->has_knee && s->metric->unit == METRIC_NS)
        answer_knee(s, a, &c);
    curve_free(&c);
}

void sweep_answer(const struct sweep *s, struct sweep_answer *answers)
{
    uint32_t policies = s->points ? s->point[0].result->plan.policies : 0;

    for (uint32_t p = 0; p < policies; p++)
        answer(s, p, &answers[p]);
}
