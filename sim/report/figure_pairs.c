/* figure_pairs.c - is the difference real?  A panel a policy, a line a seed: on the left from the
 * base's value to the policy's, on the right how far that is as a share of the base, with the mean
 * of all and its interval.
 *
 * Seeds stand in the order of the base's values: where lines lean the same way though the seeds lie
 * far apart, pairing is what shows it. */
#include "compare_report.h"
#include "change_text.h"
#include "figures.h"

#include "../base/text.h"
#include "../base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PANELS = 8, LEFT_TICS = 9, RIGHT_TICS = 5 };

/* Values of a log axis reach over more than this factor. */
static const double log_from = 5;

struct pair_of_seed { uint64_t seed; double base, value, change; };

struct panel {
    const struct result_change *change;
    const char *base, *policy;      /* names */
    struct pair_of_seed *at;        /* [seeds]; 0 seeds: no values, the verdict says why */
    uint32_t seeds;
};

struct pairs {
    const struct report_comparison *r;
    const struct metric *metric;
    const char *metric_name;
    double percentile;
    struct panel panel[MOST_PANELS];
    uint32_t panels;
    double low, high;               /* of the left axis, in the metric's unit */
    double least, most;             /* of the right axis, shares */
};

/* ---- the values ---- */

static int by_base(const void *a, const void *b)
{
    const struct pair_of_seed *x = a, *y = b;

    if (x->base != y->base)
        return x->base < y->base ? -1 : 1;
    return (x->seed > y->seed) - (x->seed < y->seed);
}

/* A ratio where there is one; else the difference as a share of the base's mean: as compare.c. */
static void set_changes(struct panel *p)
{
    double sum = 0;
    bool has_ratios = true;

    for (uint32_t k = 0; k < p->seeds; k++) {
        sum += p->at[k].base;
        has_ratios = has_ratios && p->at[k].base > 0 && p->at[k].value > 0;
    }
    for (uint32_t k = 0; k < p->seeds; k++) {
        double whole = has_ratios ? p->at[k].base : sum / p->seeds;

        p->at[k].change = (p->at[k].value - p->at[k].base) / whole;
    }
}

static double *values_of(const struct pairs *g, const struct result *r, uint32_t policy)
{
    double *x = xcalloc(r->plan.replications, sizeof *x);

    compare_values(r, policy, g->metric, g->percentile, x);
    return x;
}

static void fill_panel(const struct pairs *g, struct panel *p, const struct compare_pair *pair)
{
    const struct result *old = g->r->old, *new = g->r->new;
    double *base = values_of(g, old, pair->base), *x = values_of(g, new, pair->policy);

    p->at = xcalloc(old->plan.replications, sizeof *p->at);
    for (uint32_t i = 0; i < old->plan.replications; i++)
        for (uint32_t k = 0; k < new->plan.replications; k++)
            if (old->run[i].seed == new->run[k].seed && p->seeds < old->plan.replications)
                p->at[p->seeds++] =
                    (struct pair_of_seed){ old->run[i].seed, base[i], x[k], NAN };
    free(base);
    free(x);
    qsort(p->at, p->seeds, sizeof *p->at, by_base);
    set_changes(p);
}

static const struct result_change *find_change(const struct report_comparison *r, uint32_t pair,
                                               const char *metric)
{
    uint32_t rows = r->rows->changes / r->pairs;

    for (uint32_t i = 0; i < rows; i++)
        if (strcmp(r->rows->change[pair * rows + i].metric, metric) == 0)
            return &r->rows->change[pair * rows + i];
    return NULL;
}

/* Values without a steady state are not shown, nor is a change of a base of 0. */
static bool is_drawable(const struct result_change *c)
{
    return !isnan(c->change.value);
}

static void make_panels(struct pairs *g)
{
    const struct report_comparison *r = g->r;

    for (uint32_t i = 0; i < r->pairs && g->panels < MOST_PANELS; i++) {
        struct panel *p = &g->panel[g->panels];

        p->change = find_change(r, i, g->metric_name);
        if (!p->change)
            continue;
        p->base = r->old->plan.policy[r->pair[i].base];
        p->policy = r->new->plan.policy[r->pair[i].policy];
        if (is_drawable(p->change))
            fill_panel(g, p, &r->pair[i]);
        g->panels++;
    }
}

static void include(double *low, double *high, double x)
{
    if (isnan(x))
        return;
    *low = x < *low ? x : *low;
    *high = x > *high ? x : *high;
}

static void find_ranges(struct pairs *g)
{
    g->low = INFINITY;
    g->high = -INFINITY;
    for (uint32_t i = 0; i < g->panels; i++)
        for (uint32_t k = 0; k < g->panel[i].seeds; k++) {
            include(&g->low, &g->high, g->panel[i].at[k].base);
            include(&g->low, &g->high, g->panel[i].at[k].value);
            include(&g->least, &g->most, g->panel[i].at[k].change);
            include(&g->least, &g->most, g->panel[i].change->change.low);
            include(&g->least, &g->most, g->panel[i].change->change.high);
        }
}

/* ---- axes ---- */

/* In what the left axis is told: ns by the thousands that fit its least value. */
struct scale { double unit; const char *name; };

static struct scale scale_of(const struct pairs *g)
{
    static const struct scale times[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "µs" }, { 1, "ns" } };

    if (g->metric->unit == METRIC_SHARE)
        return (struct scale){ 0.01, "%" };
    if (g->metric->unit != METRIC_NS)
        return (struct scale){ 1, g->metric->unit == METRIC_PER_SECOND ? "per second" : "" };
    for (size_t i = 0; i + 1 < ARRAY_LEN(times); i++)
        if (g->low >= times[i].unit)
            return times[i];
    return times[ARRAY_LEN(times) - 1];
}

/* 1-2-5, or powers of ten where these would not stand apart. */
static void put_log_tics(FILE *f, double low, double high, uint32_t most, const char *unit)
{
    bool is_wide = 3 * log10(high / low) > most, is_first = true;

    for (double x = plot_nice_above(low); x <= high * (1 + 1e-9); x = plot_nice_above(x * 1.01)) {
        double power = log10(x);

        if (is_wide && fabs(power - round(power)) > 1e-6)
            continue;
        fprintf(f, "%s'%.10g%s' %.10g", is_first ? "" : ", ", x, unit, x);
        is_first = false;
    }
}

static void put_linear_tics(FILE *f, double low, double high, uint32_t most, const char *plus,
                            const char *unit)
{
    double step = plot_nice_above((high - low) / most);
    bool is_first = true;
    char text[48];

    for (double k = ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) {
        snprintf(text, sizeof text, "%.10g", k == 0 ? 0.0 : k * step);
        fprintf(f, "%s'%s%s%s' %s", is_first ? "" : ", ", k > 0 ? plus : "", text, unit, text);
        is_first = false;
    }
}

static void put_left_axis(struct plot *plot, const struct pairs *g)
{
    struct scale scale = scale_of(g);
    double low = g->low / scale.unit, high = g->high / scale.unit;
    bool is_log = low > 0 && high / low > log_from;
    double pad = is_log ? pow(high / low, 0.04) : (high - low) * 0.05;

    if (high <= low)
        pad = fabs(high) * 0.05 + (high == 0);
    low = is_log ? low / pad : low - pad;
    high = is_log ? high * pad : high + pad;
    plot_number(plot, "left_low", low);
    plot_number(plot, "left_high", high);
    plot_number(plot, "left_unit", scale.unit);
    plot_number(plot, "left_is_log", is_log);
    fputs("left_tics = \"set xtics (", plot->settings);
    if (is_log)
        put_log_tics(plot->settings, low, high, LEFT_TICS, "");
    else
        put_linear_tics(plot->settings, low, high, LEFT_TICS, "", "");
    fprintf(plot->settings, ")\"\nleft_title = '%s%s%s%s'\n", g->metric_name,
            *scale.name ? ", " : "", scale.name, is_log ? " (log scale)" : "");
}

static void put_share_axis(struct plot *plot, const struct pairs *g)
{
    double low = 100 * g->least, high = 100 * g->most, pad = (high - low) * 0.06;

    pad = pad > 0 ? pad : 1;
    plot_number(plot, "right_low", low - pad);
    plot_number(plot, "right_high", high + pad);
    fputs("right_title = 'change'\nright_tics = \"set xtics (", plot->settings);
    put_linear_tics(plot->settings, low - pad, high + pad, RIGHT_TICS, "+", " %%");
    fputs(")\"\n", plot->settings);
}

/* Where one policy is many times slower, shares of the others would lie in one spot: factors. */
static void put_factor_axis(struct plot *plot, const struct pairs *g)
{
    double low = 1 + g->least, high = 1 + g->most, pad = pow(high / low, 0.06);

    plot_number(plot, "right_low", low / pad);
    plot_number(plot, "right_high", high * pad);
    fputs("right_title = 'times the base (log scale)'\nright_tics = \"set xtics (",
          plot->settings);
    put_log_tics(plot->settings, low / pad, high * pad, RIGHT_TICS, "x");
    fputs(")\"\n", plot->settings);
}

static void put_right_axis(struct plot *plot, const struct pairs *g)
{
    bool is_log = g->least > -1 && (1 + g->most) / (1 + g->least) > log_from;

    plot_number(plot, "right_is_log", is_log);
    if (is_log)
        put_factor_axis(plot, g);
    else
        put_share_axis(plot, g);
}

/* ---- data and words ---- */

static void put_data(struct plot *plot, const struct pairs *g)
{
    fputs("panel seed base value change y\n", plot->data);
    for (uint32_t i = 0; i < g->panels; i++)
        for (uint32_t k = 0; k < g->panel[i].seeds; k++) {
            const struct pair_of_seed *at = &g->panel[i].at[k];

            fprintf(plot->data, "%" PRIu32 " %" PRIu64 " %.9g %.9g %.9g %.6g\n", i + 1, at->seed,
                    at->base, at->value, 100 * at->change, (k + 0.5) / g->panel[i].seeds);
        }
}

static void put_name(FILE *f, uint32_t i, void *arg)
{
    char cut[COLUMNS_CELL];

    plot_bold(f, columns_name(cut, ((const struct pairs *)arg)->panel[i].policy, 30));
}

/* "against round_robin: 45.8 ms -> 42.1 ms" */
static void put_values(FILE *f, uint32_t i, void *arg)
{
    const struct pairs *g = arg;
    const struct panel *p = &g->panel[i];
    char base[COLUMNS_CELL], a[COLUMNS_CELL], b[COLUMNS_CELL], text[4 * COLUMNS_CELL];
    bool has_names = strcmp(p->base, p->policy) != 0;

    snprintf(text, sizeof text, "%s%s%s%s → %s", has_names ? "against " : "",
             has_names ? columns_name(base, p->base, 30) : "", has_names ? ":  " : "",
             change_text_value(a, p->change->base_value, g->metric->unit),
             change_text_value(b, p->change->value, g->metric->unit));
    plot_quote(f, text);
}

static void put_change(FILE *f, uint32_t i, void *arg)
{
    char text[COLUMNS_CELL];
    const struct result_change *c = ((const struct pairs *)arg)->panel[i].change;

    plot_bold(f, isnan(c->change.value) ? change_text_word(c)
                                        : change_text_share(text, &c->change));
}

static void put_verdict(FILE *f, uint32_t i, void *arg)
{
    const struct result_change *c = ((const struct pairs *)arg)->panel[i].change;

    plot_quote(f, isnan(c->change.value) ? "" : change_text_word(c));
}

static void put_colour(FILE *f, uint32_t i, void *arg)
{
    fprintf(f, "'%s'", plot_colour(((const struct pairs *)arg)->panel[i].policy));
}

#define PUT_ESTIMATE(name)                                                            \
    static void put_##name(FILE *f, uint32_t i, void *arg)                           \
    {                                                                                 \
        double share = ((const struct pairs *)arg)->panel[i].change->change.name;    \
                                                                                      \
        if (isnan(share))                                                             \
            fputs("NaN", f);                                                          \
        else                                                                          \
            fprintf(f, "%.9g", 100 * share);                                          \
    }

PUT_ESTIMATE(value)
PUT_ESTIMATE(low)
PUT_ESTIMATE(high)

static void put_seeds(FILE *f, uint32_t i, void *arg)
{
    fprintf(f, "%" PRIu32, ((const struct pairs *)arg)->panel[i].seeds);
}

static bool are_all_equal(const struct pairs *g)
{
    for (uint32_t i = 0; i < g->panels; i++)
        if (g->panel[i].change->verdict != CHANGE_EQUAL)
            return false;
    return true;
}

/* A finding only where one row says it. */
static const char *headline(char *buf, size_t size, const struct pairs *g)
{
    const struct panel *p = &g->panel[0];
    enum change_verdict v = p->change->verdict;
    char policy[COLUMNS_CELL], base[COLUMNS_CELL];
    double percent = 100 * fabs(p->change->change.value);

    if (are_all_equal(g))
        snprintf(buf, size, "Nothing changed: %s is the same on every seed", g->metric_name);
    else if (g->panels > 1 || (v != CHANGE_BETTER && v != CHANGE_WORSE))
        snprintf(buf, size, "Is the difference real? %s, seed by seed", g->metric_name);
    else
        snprintf(buf, size, "%s: %s %.*f %% %s that of %s%s", columns_name(policy, p->policy, 36),
                 g->metric_name, percent < 10 ? 1 : 0, percent,
                 p->change->change.value < 0 ? "below" : "above",
                 g->r->old == g->r->new ? "" : "the old ", columns_name(base, p->base, 36));
    return buf;
}

static void put_words(struct plot *plot, const struct pairs *g)
{
    char head[256], subtitle[400], name[COLUMNS_CELL], left_out[64] = "";

    if (g->panels < g->r->pairs)
        snprintf(left_out, sizeof left_out, " The first %" PRIu32 " policies.", g->panels);
    snprintf(subtitle, sizeof subtitle,
             "%s, %" PRIu32 " paired seed%s. Ring: %s on the same seed.%s%s",
             columns_name(name, g->r->new->plan.scenario, 40), g->r->rows->seeds,
             g->r->rows->seeds == 1 ? "" : "s",
             g->r->old == g->r->new ? "base; dot: the policy" : "old; dot: new",
             are_all_equal(g) ? " A dot in a ring: no change."
                              : " Line and band: mean change, 95 % interval.", left_out);
    plot_headline(plot, headline(head, sizeof head, g), subtitle);
}

static void put_settings(struct plot *plot, struct pairs *g)
{
    uint32_t height = g->panels > 4 ? 100 : g->panels > 2 ? 140 : g->panels > 1 ? 200 : 340;

    plot_size(plot, 1200, 106 + g->panels * (height + 44) + 62);
    put_words(plot, g);
    plot_number(plot, "n", g->panels);
    plot_number(plot, "panel_height", height);
    put_left_axis(plot, g);
    put_right_axis(plot, g);
    plot_array(plot, "name", g->panels, put_name, g);
    plot_array(plot, "values", g->panels, put_values, g);
    plot_array(plot, "change", g->panels, put_change, g);
    plot_array(plot, "verdict", g->panels, put_verdict, g);
    plot_array(plot, "colour", g->panels, put_colour, g);
    plot_array(plot, "mean", g->panels, put_value, g);
    plot_array(plot, "low", g->panels, put_low, g);
    plot_array(plot, "high", g->panels, put_high, g);
    plot_array(plot, "seeds", g->panels, put_seeds, g);
}

static void draw(struct pairs *g, const char *folder, struct report_plots *status)
{
    struct plot plot;

    if (!plot_begin(&plot, folder, "pairs", status))
        return;
    put_data(&plot, g);
    put_settings(&plot, g);
    plot_end(&plot);
}

void report_plot_pairs(const struct report_comparison *r, const char *metric, const char *folder,
                       struct report_plots *status)
{
    struct pairs g = { .r = r };
    char preset[64];

    if (!r->rows->is_paired || !r->pairs)
        return;
    snprintf(preset, sizeof preset, "latency.p%.10g",
             r->old->plan.percentile[figure_main_percentile(r->old)]);
    g.metric_name = metric ? metric : preset;
    g.metric = metric_find(g.metric_name, &g.percentile);
    make_panels(&g);
    find_ranges(&g);
    if (g.low <= g.high)
        draw(&g, folder, status);
    for (uint32_t i = 0; i < g.panels; i++)
        free(g.panel[i].at);
}
