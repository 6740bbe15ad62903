/* figure_sweep.c - the hockey stick: the metric along the axis, a curve a policy.  A dotted piece
 * leads out of the panel towards a point that is saturated, or whose percentile falls among
 * requests that failed (a cross): there is no value to draw there. */
#include "figures.h"
#include "sweep_words.h"

#include "../base/text.h"
#include "../base/xalloc.h"
#include "columns.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TICS = 12 };

/* What is drawn in which coordinates; y in ms where the metric is a time. */
struct stick {
    const struct sweep *s;
    const struct sweep_answer *answer;
    uint32_t policies;
    double unit;                    /* of y, in the metric's own */
    double xmin, xmax, ymin, ymax, ystep;       /* ystep: of a linear axis */
    bool is_xlog, is_ylog;
};

static double y_of(const struct stick *k, uint32_t point, uint32_t policy)
{
    return sweep_value(k->s, point, policy).value / k->unit;
}

/* ---- ranges ---- */

/* Steps that grow eightfold from one end to the other are meant for a log scale. */
static bool grows_by_factors(const struct sweep *s)
{
    const struct sweep_point *p = s->point;
    uint32_t n = s->points;

    return s->unit != SWEEP_LOAD && s->unit != SWEEP_SHARE && s->unit != SWEEP_WORDS && n > 2 &&
           p[0].x > 0 && p[n - 1].x - p[n - 2].x >= 8 * (p[1].x - p[0].x);
}

static void set_x_range(struct stick *k)
{
    double first = k->s->point[0].x, last = k->s->point[k->s->points - 1].x;
    double pad = k->s->unit == SWEEP_WORDS ? 0.3 : 0.025 * (last - first);

    k->is_xlog = grows_by_factors(k->s);
    k->xmin = k->is_xlog ? first * pow(last / first, -0.025) : first - pad;
    k->xmax = k->is_xlog ? last * pow(last / first, 0.025) : last + pad;
}

struct range { double low, high; };

static struct range value_range(const struct stick *k)
{
    struct range y = { INFINITY, -INFINITY };

    for (uint32_t p = 0; p < k->policies; p++)
        for (uint32_t i = 0; i < k->s->points; i++) {
            double v = y_of(k, i, p);

            y.low = v < y.low ? v : y.low;
            y.high = v > y.high ? v : y.high;
        }
    if (k->s->slo) {
        double limit = k->s->slo->limit / k->unit;

        y.low = limit < y.low ? limit : y.low;
        y.high = limit > y.high ? limit : y.high;
    }
    return y.low <= y.high ? y : (struct range){ 0, 1 };
}

/* Far above the SLO nobody looks: curves leave the panel there. */
static double most_of_interest(const struct stick *k, double high, double times)
{
    double limit = k->s->slo && k->s->slo->op <= ASSERT_AT_MOST ? k->s->slo->limit / k->unit : 0;

    return limit > 0 && high > times * limit ? times * limit : high;
}

static void set_y_range(struct stick *k)
{
    struct range y = value_range(k);

    k->is_ylog = y.low > 0 && y.high > 10 * y.low;
    if (k->is_ylog) {
        k->ymin = plot_nice_below(y.low * 0.98);
        k->ymax = plot_nice_above(most_of_interest(k, y.high, 20) * 1.05);
        return;
    }
    if (y.high <= y.low)
        y.high = y.low > 0 ? y.low : 1;
    y.high = most_of_interest(k, y.high, 4);
    k->ymin = y.low < 0 ? y.low * 1.1 : 0;
    k->ystep = plot_nice_above((y.high - k->ymin) / 8);
    k->ymax = k->ystep * ceil(y.high * 1.04 / k->ystep);
}

/* 0..1 of the panel. */
static double height_of(const struct stick *k, double y)
{
    return k->is_ylog ? log(y / k->ymin) / log(k->ymax / k->ymin)
                      : (y - k->ymin) / (k->ymax - k->ymin);
}

static double y_at(const struct stick *k, double height)
{
    return k->is_ylog ? k->ymin * pow(k->ymax / k->ymin, height)
                      : k->ymin + height * (k->ymax - k->ymin);
}

static double place_of(const struct stick *k, double x)
{
    return k->is_xlog ? log(x / k->xmin) / log(k->xmax / k->xmin)
                      : (x - k->xmin) / (k->xmax - k->xmin);
}

/* ---- data ---- */

static void put_number(FILE *f, double x)
{
    if (isfinite(x))
        fprintf(f, " %.9g", x);
    else
        fputs(" NaN", f);
}

static bool is_failed(const struct stick *k, uint32_t point, uint32_t policy)
{
    return k->s->metric->unit == METRIC_NS && !sweep_is_saturated(k->s, point, policy) &&
           isnan(y_of(k, point, policy)) &&
           k->s->point[point].result->policy[policy].requests > 0;
}

static bool is_gone(const struct stick *k, uint32_t point, uint32_t policy)
{
    return point < k->s->points &&
           (sweep_is_saturated(k->s, point, policy) || is_failed(k, point, policy));
}

/* Crosses of several policies stand below each other, under the panel's upper edge. */
static double cross(const struct stick *k, uint32_t point, uint32_t policy)
{
    return is_failed(k, point, policy) ? y_at(k, 0.975 - 0.03 * (policy % 8)) : NAN;
}

/* The dotted piece: from the last known value to the top, above the point without one beside it. */
static double gone(const struct stick *k, uint32_t point, uint32_t policy)
{
    const bool before = point > 0 && is_gone(k, point - 1, policy),
               after = is_gone(k, point + 1, policy);

    if (!is_gone(k, point, policy))
        return before || after ? y_of(k, point, policy) : NAN;
    if ((point > 0 && !before) || (point + 1 < k->s->points && !after))
        return k->ymax;
    return NAN;
}

static double clamp(const struct stick *k, double y)
{
    return y < k->ymin ? k->ymin : y;
}

static void put_data(struct plot *p, const struct stick *k)
{
    fputs("x", p->data);
    for (uint32_t i = 1; i <= k->policies; i++)
        fprintf(p->data,
                " value%" PRIu32 " low%" PRIu32 " high%" PRIu32 " gone%" PRIu32 " failed%" PRIu32,
                i, i, i, i, i);
    for (uint32_t i = 0; i < k->s->points; i++) {
        fprintf(p->data, "\n%.9g", k->s->point[i].x);
        for (uint32_t c = 0; c < k->policies; c++) {
            struct result_quantity q = sweep_value(k->s, i, c);

            put_number(p->data, q.value / k->unit);
            put_number(p->data, clamp(k, q.low / k->unit));
            put_number(p->data, q.high / k->unit);
            put_number(p->data, gone(k, i, c));
            put_number(p->data, cross(k, i, c));
        }
    }
    fputc('\n', p->data);
}

/* The curve's height at x, on the straight line that is drawn. */
static double curve_at(const struct stick *k, uint32_t policy, double x)
{
    for (uint32_t i = 0; i + 1 < k->s->points; i++) {
        double from = place_of(k, k->s->point[i].x), to = place_of(k, k->s->point[i + 1].x),
               share = (place_of(k, x) - from) / (to - from), a = y_of(k, i, policy),
               b = y_of(k, i + 1, policy);

        if (share >= 0 && share <= 1 && !isnan(a) && !isnan(b))
            return k->is_ylog ? a * pow(b / a, share) : a + share * (b - a);
    }
    return NAN;
}

/* The ring: on the SLO's line where the curve crosses it; of counts, on the last that does. */
struct ring { double x, y, low, high; };

static struct ring ring_of(const struct stick *k, const struct sweep_answer *a)
{
    if (a->reach == SWEEP_ASKED_NOTHING)
        return (struct ring){ NAN, NAN, NAN, NAN };
    if (k->s->unit == SWEEP_COUNT && a->surely != NONE &&
        (a->reach == SWEEP_CROSSES || a->reach == SWEEP_BOUNDED)) {
        double x = k->s->point[a->surely].x;

        return (struct ring){ x, y_of(k, a->surely, a->policy), x, x };
    }
    if (k->s->unit == SWEEP_COUNT || a->reach != SWEEP_CROSSES)
        return (struct ring){ NAN, NAN, NAN, NAN };

    const struct estimate *e = &a->slo_x;
    bool has_interval = !isnan(e->low);

    return (struct ring){ e->value, k->s->slo->limit / k->unit, has_interval ? e->low : e->value,
                          has_interval ? e->high : e->value };
}

static void put_marks(struct plot *p, const struct stick *k)
{
    FILE *f = plot_open(p, "sweep-marks.dat");

    if (!f)
        return;
    fputs("curve knee_x knee_y slo_x slo_y slo_low slo_high\n", f);
    for (uint32_t i = 0; i < k->policies; i++) {
        const struct sweep_answer *a = &k->answer[i];
        const struct ring ring = ring_of(k, a);

        fprintf(f, "%" PRIu32, i + 1);
        put_number(f, a->knee.value);
        put_number(f, isnan(a->knee.value) ? NAN : curve_at(k, i, a->knee.value));
        put_number(f, ring.x);
        put_number(f, ring.y);
        put_number(f, ring.low);
        put_number(f, ring.high);
        fputc('\n', f);
    }
    plot_close(p, f);
}

/* ---- tics ---- */

/* gnuplot takes the label of a tic for a format: %% is one sign. */
static void put_tic(FILE *f, const char *text, double at)
{
    char twice[2 * COLUMNS_CELL];
    size_t n = 0;

    for (; *text && n + 3 < sizeof twice; text++) {
        twice[n++] = *text;
        if (*text == '%')
            twice[n++] = '%';
    }
    twice[n] = '\0';
    plot_quote(f, twice);
    fprintf(f, " %.9g", at);
}

/* Points in order, those left out that would come too close to the one before. */
static void put_x_tics(struct plot *p, const struct stick *k)
{
    double last = -1;
    bool is_first = true;
    char text[SWEEP_WORDS_TEXT], cut[COLUMNS_CELL];

    fputs("set xtics (", p->settings);
    for (uint32_t i = 0; i < k->s->points; i++) {
        double place = place_of(k, k->s->point[i].x);

        if (!is_first && place - last < 1.0 / MOST_TICS)
            continue;
        if (!is_first)
            fputs(", ", p->settings);
        put_tic(p->settings, columns_name(cut, sweep_show_x(text, k->s, k->s->point[i].x), 14),
                k->s->point[i].x);
        last = place;
        is_first = false;
    }
    fputs(")\n", p->settings);
}

static void put_y_tics(struct plot *p, const struct stick *k)
{
    char text[SWEEP_WORDS_TEXT];
    bool is_first = true;

    if (k->is_ylog && k->s->metric->unit == METRIC_NS) {
        plot_duration_tics(p, k->ymin, k->ymax, 13);
        return;
    }
    fputs("set ytics (", p->settings);
    for (double y = k->is_ylog ? plot_nice_above(k->ymin) : k->ystep * ceil(k->ymin / k->ystep);
         y <= k->ymax * (1 + 1e-9); y = k->is_ylog ? plot_nice_above(y * 1.01) : y + k->ystep) {
        fputs(is_first ? "" : ", ", p->settings);
        put_tic(p->settings, sweep_show_value(text, k->s, y * k->unit), y);
        is_first = false;
    }
    fputs(")\n", p->settings);
}

/* ---- words ---- */

/* Where an SLO surely holds up to, and where it surely does not any more. */
static double holds_to(const struct sweep_answer *a)
{
    return a->reach == SWEEP_CROSSES || a->reach == SWEEP_BOUNDED || a->reach == SWEEP_ALWAYS
         ? a->slo_x.low : NAN;
}

static double ends_before(const struct sweep_answer *a)
{
    return a->reach == SWEEP_CROSSES ? a->slo_x.high : a->reach == SWEEP_NEVER ? -INFINITY : NAN;
}

/* The pair that lies furthest apart, when their intervals do. */
static bool find_extremes(const struct stick *k, uint32_t *best, uint32_t *worst)
{
    *best = *worst = 0;
    for (uint32_t i = 0; i < k->policies; i++) {
        const struct sweep_answer *a = &k->answer[i];

        if (a->side != SWEEP_UP_TO || k->s->unit == SWEEP_COUNT)
            return false;
        if (holds_to(a) > holds_to(&k->answer[*best]) || isnan(holds_to(&k->answer[*best])))
            *best = i;
        if (ends_before(a) < ends_before(&k->answer[*worst]) ||
            isnan(ends_before(&k->answer[*worst])))
            *worst = i;
    }
    return holds_to(&k->answer[*best]) > ends_before(&k->answer[*worst]);
}

/* "p2c holds p99 < 100 ms up to 93 %, random up to 64 %". */
static bool tell_reach(char *buf, size_t size, const struct stick *k)
{
    const struct result_plan *plan = &k->s->point[0].result->plan;
    char slo[SWEEP_WORDS_TEXT], far[SWEEP_WORDS_TEXT], near[SWEEP_WORDS_TEXT], a[COLUMNS_CELL],
         b[COLUMNS_CELL];
    uint32_t best, worst;

    if (!find_extremes(k, &best, &worst))
        return false;

    const struct sweep_answer *of = &k->answer[best], *other = &k->answer[worst];
    bool is_exact = of->reach == SWEEP_CROSSES, is_never = other->reach == SWEEP_NEVER;

    sweep_show_x(far, k->s, is_exact ? of->slo_x.value : of->slo_x.low);
    sweep_show_x(near, k->s, is_never ? k->s->point[0].x : other->slo_x.value);
    snprintf(buf, size, "%s holds %.40s up to %s%.20s, %s %s %.20s",
             columns_name(a, plan->policy[best], 30), sweep_show_slo(slo, k->s),
             is_exact ? "" : "at least ", far, columns_name(b, plan->policy[worst], 30),
             is_never ? "not even at" : "up to", near);
    return true;
}

/* "least_conn needs 6 for p99 < 60 ms, round_robin 11", when what may do is more than enough. */
static bool tell_need(char *buf, size_t size, const struct stick *k)
{
    const struct result_plan *plan = &k->s->point[0].result->plan;
    const struct sweep_answer *best = &k->answer[0], *worst = &k->answer[0];
    char slo[SWEEP_WORDS_TEXT], a[COLUMNS_CELL], b[COLUMNS_CELL];

    for (uint32_t i = 0; i < k->policies; i++) {
        const struct sweep_answer *of = &k->answer[i];

        if (k->s->unit != SWEEP_COUNT || of->side != SWEEP_FROM || of->surely == NONE)
            return false;
        best = of->surely < best->surely ? of : best;
        worst = of->surely > worst->surely ? of : worst;
    }
    if (worst->maybe <= best->surely)
        return false;
    snprintf(buf, size, "%s needs %.20s for %.40s, %s %.20s",
             columns_name(a, plan->policy[best->policy], 30), k->s->point[best->surely].text,
             sweep_show_slo(slo, k->s), columns_name(b, plan->policy[worst->policy], 30),
             k->s->point[worst->surely].text);
    return true;
}

static const char *make_headline(char *buf, size_t size, const struct stick *k)
{
    const struct result_plan *plan = &k->s->point[0].result->plan;
    char title[COLUMNS_CELL];

    if (!k->s->slo || !(tell_reach(buf, size, k) || tell_need(buf, size, k)))
        snprintf(buf, size, "%s",
                 columns_name(title, plan->title && *plan->title ? plan->title : plan->scenario,
                              90));
    return buf;
}

static const char *explain_ring(const struct sweep *s)
{
    if (!s->slo || s->unit == SWEEP_WORDS)
        return "";
    return s->unit == SWEEP_COUNT ? " Ring: the SLO is met surely."
                                  : " Ring: the SLO is met so far.";
}

static const char *explain_cross(const struct stick *k)
{
    for (uint32_t i = 0; i < k->s->points; i++)
        for (uint32_t p = 0; p < k->policies; p++)
            if (is_failed(k, i, p))
                return " Cross: it falls among requests that failed.";
    return "";
}

static void put_words(struct plot *p, const struct stick *k)
{
    const struct result_plan *plan = &k->s->point[0].result->plan;
    char headline[320], subtitle[320], name[COLUMNS_CELL], metric[SWEEP_WORDS_TEXT];

    snprintf(subtitle, sizeof subtitle, "%s, %" PRIu32 " points x %" PRIu32 " seed%s.%s%s%s%s",
             columns_name(name, plan->scenario, 40), k->s->points, plan->replications,
             plan->replications == 1 ? "" : "s",
             plan->replications > 1 ? " Band: 95 % interval." : "",
             explain_ring(k->s),
             k->s->has_knee && k->s->metric->unit == METRIC_NS ? " Triangle: knee." : "",
             explain_cross(k));
    plot_headline(p, make_headline(headline, sizeof headline, k), subtitle);
    fputs("axis = ", p->settings);
    snprintf(headline, sizeof headline, "%s%s%s", columns_name(name, k->s->label, 60),
             k->s->unit == SWEEP_LOAD ? ", share of capacity" : "",
             k->is_xlog ? " (log scale)" : "");
    plot_quote(p->settings, headline);
    fputs("\nplotted = ", p->settings);
    snprintf(headline, sizeof headline, "%.60s%s%s", sweep_show_metric(metric, k->s),
             metric_is_percentile(k->s->metric) ? " response time" : "",
             k->is_ylog ? " (log scale)" : "");
    plot_quote(p->settings, headline);
    fputc('\n', p->settings);
}

/* Where the SLO's label may stand: at an end of its line, above it or below. */
struct label { bool is_right, is_below; };

/* How close curve p comes to a height between two places, and its points do; 1: not at all. */
static double distance(const struct stick *k, uint32_t p, double from, double to, double height)
{
    enum { STEPS = 10 };
    double least = 1;

    for (uint32_t i = 0; i <= STEPS; i++) {
        double share = from + (to - from) * i / STEPS,
               x = k->is_xlog ? k->xmin * pow(k->xmax / k->xmin, share)
                              : k->xmin + share * (k->xmax - k->xmin);

        least = fmin(least, fabs(height_of(k, curve_at(k, p, x)) - height));    /* NaN: none here */
    }
    for (uint32_t i = 0; i < k->s->points; i++) {
        double place = place_of(k, k->s->point[i].x);

        if (place >= from && place <= to)
            least = fmin(least, fabs(height_of(k, y_of(k, i, p)) - height));
    }
    return least;
}

/* How close any curve comes to the label's middle, in heights of the panel. */
static double clearance(const struct stick *k, const struct label *at)
{
    const double width = 0.14, line = height_of(k, k->s->slo->limit / k->unit),
                 middle = line + (at->is_below ? -0.03 : 0.03), from = at->is_right ? 1 - width : 0;
    double least = middle < 0.02 || middle > 0.98 ? 0 : 1;

    for (uint32_t p = 0; p < k->policies; p++)
        least = fmin(least, distance(k, p, from, from + width, middle));
    return least;
}

/* The first that no curve crosses, or else the one that curves leave the most room. */
static struct label place_label(const struct stick *k)
{
    static const struct label all[] = { { false, false }, { true, false }, { false, true },
                                        { true, true } };
    struct label best = all[0];
    double most = -1;

    for (size_t i = 0; i < ARRAY_LEN(all) && most < 0.04; i++) {
        double room = clearance(k, &all[i]);

        if (room > most) {
            most = room;
            best = all[i];
        }
    }
    return best;
}

static void put_slo(struct plot *p, const struct stick *k)
{
    char slo[SWEEP_WORDS_TEXT], text[SWEEP_WORDS_TEXT + 8] = "";
    const struct label at = k->s->slo ? place_label(k) : (struct label){ false, false };

    if (k->s->slo)
        snprintf(text, sizeof text, "SLO: %s", sweep_show_slo(slo, k->s));
    plot_number(p, "has_slo", k->s->slo ? 1 : 0);
    plot_number(p, "slo", k->s->slo ? k->s->slo->limit / k->unit : 0);
    plot_number(p, "slo_right", at.is_right);
    plot_number(p, "slo_below", at.is_below);
    fputs("slo_text = ", p->settings);
    plot_quote(p->settings, text);
    fputc('\n', p->settings);
}

/* Names stand beside the last known value of their curve. */
static void put_names(struct plot *p, const struct stick *k)
{
    struct plot_curve *curve = xcalloc(k->policies, sizeof *curve);
    struct note { char text[SWEEP_WORDS_TEXT]; } *note = xcalloc(k->policies, sizeof *note);

    for (uint32_t i = 0; i < k->policies; i++) {
        double last = NAN;

        for (uint32_t j = 0; j < k->s->points; j++)
            last = isnan(y_of(k, j, i)) ? last : y_of(k, j, i);
        if (is_gone(k, k->s->points - 1, i))
            last = k->ymax;
        curve[i] = (struct plot_curve){
            .name = k->s->point[0].result->plan.policy[i],
            .note = sweep_note(note[i].text, k->s, &k->answer[i]),
            .y = isnan(last) ? NAN : height_of(k, last),
        };
    }
    plot_curves(p, curve, k->policies, 0.0405);
    free(note);
    free(curve);
}

void report_plot_sweep(const struct sweep *s, const struct sweep_answer *answers,
                       const char *folder, struct report_plots *status)
{
    struct stick k = { .s = s, .answer = answers, .policies = s->point[0].result->plan.policies,
                       .unit = s->metric->unit == METRIC_NS ? (double)MILLISECOND : 1 };
    struct plot p;

    *status = (struct report_plots){ .drawn = 0 };
    if (!plot_begin(&p, folder, "sweep", status))
        return;
    set_x_range(&k);
    set_y_range(&k);
    put_data(&p, &k);
    put_marks(&p, &k);
    plot_size(&p, 1200, 640);
    put_words(&p, &k);
    put_slo(&p, &k);
    plot_number(&p, "xmin", k.xmin);
    plot_number(&p, "xmax", k.xmax);
    plot_number(&p, "ymin", k.ymin);
    plot_number(&p, "ymax", k.ymax);
    plot_number(&p, "xlog", k.is_xlog);
    plot_number(&p, "ylog", k.is_ylog);
    put_x_tics(&p, &k);
    put_y_tics(&p, &k);
    put_names(&p, &k);
    plot_end(&p);
}
