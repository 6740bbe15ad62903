/* figure_percentiles.c - how far out each policy holds: x = 1/(1-p), the same distance from 90 to
 * 99 % as from 99 to 99.9 %. */
#include "figures.h"

#include "../base/text.h"
#include "../base/xalloc.h"
#include "../results/tables.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* One policy's curve over tables_grid, in ms; NAN where requests failed. */
struct curve { double *value, *low, *high; };

static uint32_t grid_size(void)
{
    uint32_t n = 0;

    while (!isnan(tables_grid[n]))
        n++;
    return n;
}

static double quantile_ms(const struct hist *h, double percentile, uint64_t total)
{
    uint64_t v = total ? hist_quantile(h, percentile / 100, total) : NEVER;

    return v == NEVER ? NAN : (double)v / (double)MILLISECOND;
}

/* The band ends where one seed has no value. */
static void add_run(struct curve *c, const struct result_run *run, uint32_t points)
{
    struct hist h;

    hist_init(&h);
    for (uint32_t i = run->record->warmup_slices; i < run->record->slices; i++)
        hist_merge(&h, &run->record->slice[i].latency);
    for (uint32_t i = 0; i < points; i++) {
        double v = quantile_ms(&h, tables_grid[i], run->requests);

        c->low[i] = isnan(v) || isnan(c->low[i]) ? NAN : v < c->low[i] ? v : c->low[i];
        c->high[i] = isnan(v) || isnan(c->high[i]) ? NAN : v > c->high[i] ? v : c->high[i];
    }
    hist_fini(&h);
}

static struct curve make_curve(const struct result *r, uint32_t policy, uint32_t points)
{
    struct curve c = { xcalloc(points, sizeof(double)), xcalloc(points, sizeof(double)),
                       xcalloc(points, sizeof(double)) };

    for (uint32_t i = 0; i < points; i++) {
        c.value[i] =
            quantile_ms(&r->policy[policy].latency, tables_grid[i], r->policy[policy].requests);
        c.low[i] = INFINITY;
        c.high[i] = 0;
    }
    for (uint32_t i = 0; i < r->runs; i++)
        if (r->run[i].policy == policy && r->run[i].record)
            add_run(&c, &r->run[i], points);
    return c;
}

/* Curves end where at least ten requests still lie beyond, on a whole power of ten. */
static uint32_t points_drawn(const struct result *r, uint32_t points)
{
    uint64_t least = NEVER;
    double inverse = 100;
    uint32_t n = 0;

    for (uint32_t p = 0; p < r->plan.policies; p++)
        least = r->policy[p].requests < least ? r->policy[p].requests : least;
    while (inverse < 1e6 && (double)least >= inverse * 100)
        inverse *= 10;
    while (n < points && 1 / (1 - tables_grid[n] / 100) <= inverse * 1.0001)
        n++;
    return n;
}

struct range { double low, high; };

/* From the first quarter of the quickest to the end of the slowest, SLO included. */
static struct range y_range(const struct result *r, const struct curve *c, uint32_t points)
{
    struct range y = { INFINITY, 0 };

    for (uint32_t p = 0; p < r->plan.policies; p++)
        for (uint32_t i = 0; i < points; i++) {
            double v = c[p].value[i];

            if (isnan(v) || v <= 0)
                continue;
            if (tables_grid[i] >= 20 && v < y.low)
                y.low = v;
            y.high = v > y.high ? v : y.high;
        }
    if (r->plan.slo && (double)r->plan.slo / (double)MILLISECOND > y.high)
        y.high = (double)r->plan.slo / (double)MILLISECOND;
    if (!(y.low < y.high))
        y = y.high > 0 ? (struct range){ y.high / 2, y.high * 2 } : (struct range){ 1, 1000 };
    y.low = plot_nice_below(y.low * 0.98);
    y.high = plot_nice_above(y.high * 1.05);
    return y;
}

static void put_data(struct plot *p, const struct curve *c, uint32_t curves, uint32_t points)
{
    fputs("inv percentile", p->data);
    for (uint32_t k = 1; k <= curves; k++)
        fprintf(p->data, " value%" PRIu32 " low%" PRIu32 " high%" PRIu32, k, k, k);
    for (uint32_t i = 0; i < points; i++) {
        fprintf(p->data, "\n%.9g %.9g", 1 / (1 - tables_grid[i] / 100), tables_grid[i]);
        for (uint32_t k = 0; k < curves; k++) {
            const double v[] = { c[k].value[i], c[k].low[i], c[k].high[i] };

            for (size_t m = 0; m < ARRAY_LEN(v); m++)
                if (isfinite(v[m]) && v[m] > 0)
                    fprintf(p->data, " %.6f", v[m]);
                else
                    fputs(" NaN", p->data);
        }
    }
    fputc('\n', p->data);
}

static double height_of(double v, const struct range *y)
{
    return log(v / y->low) / log(y->high / y->low);
}

/* Where the curve ends and what is to be said about it. */
static void put_names(struct plot *p, const struct result *r, const struct curve *c,
                      const struct range *y, uint32_t points)
{
    struct plot_curve *names = xcalloc(r->plan.policies, sizeof *names);

    for (uint32_t k = 0; k < r->plan.policies; k++) {
        double last = NAN;
        bool is_cut = points && isnan(c[k].value[points - 1]);

        for (uint32_t i = 0; i < points; i++)
            last = isnan(c[k].value[i]) ? last : c[k].value[i];
        names[k].name = r->policy[k].name;
        names[k].y = isnan(last) ? NAN : height_of(last, y);
        names[k].note = r->policy[k].verdict == VERDICT_SATURATED ? "saturated: its queue grew"
                        : isnan(last)                             ? "no request succeeded"
                        : is_cut                                  ? "beyond: failed requests"
                                                                  : "";
    }
    plot_curves(p, names, r->plan.policies, 0.0405);
    free(names);
}

static void put_settings(struct plot *p, const struct result *r, const struct range *y,
                         uint32_t points)
{
    char headline[256], subtitle[256], setup[192], slo[64], time[32];
    double slo_ms = (double)r->plan.slo / (double)MILLISECOND;

    plot_size(p, 1200, 640);
    snprintf(subtitle, sizeof subtitle, "Response time by percentile. %s.%s",
             figure_setup(setup, sizeof setup, r),
             r->plan.replications > 1 ? " Band: least to greatest seed." : "");
    plot_headline(p, figure_headline(headline, sizeof headline, r), subtitle);
    plot_number(p, "xmax", points ? 1 / (1 - tables_grid[points - 1] / 100) : 100);
    plot_number(p, "ymin", y->low);
    plot_number(p, "ymax", y->high);
    plot_duration_tics(p, y->low, y->high, 13);
    plot_number(p, "slo", r->plan.slo ? slo_ms : 0);
    snprintf(slo, sizeof slo, "SLO: %s",
             text_show_duration(time, sizeof time, (double)r->plan.slo));
    fputs("slo_text = ", p->settings);
    plot_quote(p->settings, slo);
    fputc('\n', p->settings);
}

void figure_percentiles(const struct result *r, const char *folder, struct report_plots *status)
{
    uint32_t n = r->plan.policies, all = grid_size(), points = points_drawn(r, all);
    struct curve *curve = xcalloc(n, sizeof *curve);
    struct plot p;

    for (uint32_t k = 0; k < n; k++)
        curve[k] = make_curve(r, k, all);
    if (plot_begin(&p, folder, "percentiles", status)) {
        struct range y = y_range(r, curve, points);

        put_data(&p, curve, n, points);
        put_settings(&p, r, &y, points);
        put_names(&p, r, curve, &y, points);
        plot_end(&p);
    }
    for (uint32_t k = 0; k < n; k++) {
        free(curve[k].value);
        free(curve[k].low);
        free(curve[k].high);
    }
    free(curve);
}
