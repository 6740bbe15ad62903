/* figure_timeline.c - a percentile per slice of birth time, all seeds pooled, with the events;
 * below, where it is slow: mean response time at each backend per slice, small multiples on one
 * scale. */
#include "figures.h"

#include "../base/text.h"
#include "../base/xalloc.h"
#include "../results/slices.h"
#include "columns.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PANELS = 3, MOST_ROWS = 40, MOST_NAMED = 10, MOST_EVENTS = 16, EVENT_ROWS = 2,
       LABEL = 30, LEAST_LABEL = 10 };

struct range { double low, high; };

struct timeline {
    const struct result *r;
    const struct record *clock;         /* whose slices the others' are pooled with */
    double percentile;
    uint32_t panel[MOST_PANELS], panels;
    uint32_t rows, group;               /* of the heat map; each row is `group` backends */
    struct range y, heat;
    bool has_gaps;                      /* some point falls among failed requests */
};

/* Runs of another length may have slices of another width: they are left out. */
static bool is_in_step(const struct timeline *t, const struct result_run *run)
{
    return run->record && slices_are_in_step(run->record, t->clock);
}

/* ms; NAN when the percentile falls among failed requests or none was born. */
static double policy_at(const struct timeline *t, uint32_t policy, uint32_t slice)
{
    struct hist h;
    uint64_t born = 0, v;

    hist_init(&h);
    for (uint32_t i = 0; i < t->r->runs; i++) {
        const struct result_run *run = &t->r->run[i];

        if (run->policy != policy || !is_in_step(t, run))
            continue;
        born += run->record->slice[slice].born;
        hist_merge(&h, &run->record->slice[slice].latency);
    }
    v = born ? hist_quantile(&h, t->percentile / 100, born) : NEVER;
    hist_fini(&h);
    return v == NEVER ? NAN : (double)v / (double)MILLISECOND;
}

/* The slowest backend of a row in a slice, mean response time in ms; NAN when it served none. */
static double row_at(const struct timeline *t, uint32_t policy, uint32_t row, uint32_t slice)
{
    double worst = NAN;

    for (uint32_t b = row * t->group; b < (row + 1) * t->group && b < t->r->plan.backends; b++) {
        double sum = 0, served = 0;

        for (uint32_t i = 0; i < t->r->runs; i++) {
            const struct result_run *run = &t->r->run[i];

            if (run->policy != policy || !is_in_step(t, run))
                continue;
            sum += (double)record_backend(run->record, b, slice)->latency_sum;
            served += (double)record_backend(run->record, b, slice)->served;
        }
        if (served > 0 && !(sum / served / (double)MILLISECOND <= worst))
            worst = sum / served / (double)MILLISECOND;
    }
    return worst;
}

static void widen(struct range *range, double v)
{
    if (isnan(v) || v <= 0)
        return;
    range->low = v < range->low ? v : range->low;
    range->high = v > range->high ? v : range->high;
}

static struct range settle(struct range range)
{
    if (!(range.high > 0))
        return (struct range){ 1, 10 };
    range.low = plot_nice_below(range.low * 0.98);
    range.high = plot_nice_above(range.high * 1.02);
    if (range.high < range.low * 1.5)
        range.high = range.low * 2;
    return range;
}

/* ---- the curves ---- */

static double put_curves_data(struct plot *p, struct timeline *t, double *last)
{
    uint32_t n = t->r->plan.policies, slices = slices_of_arrivals(t->clock);
    double width = (double)t->clock->slice_width / (double)SECOND;

    t->y = (struct range){ INFINITY, 0 };
    fputs("t_s", p->data);
    for (uint32_t k = 1; k <= n; k++)
        fprintf(p->data, " value%" PRIu32, k);
    for (uint32_t i = 0; i < slices; i++) {
        fprintf(p->data, "\n%.9g", (double)slices_start(t->clock, i) / (double)SECOND + width / 2);
        for (uint32_t k = 0; k < n; k++) {
            double v = policy_at(t, k, i);

            widen(&t->y, v);
            last[k] = isnan(v) || v <= 0 ? last[k] : v;
            t->has_gaps = t->has_gaps || isnan(v);
            if (isnan(v) || v <= 0)
                fputs(" NaN", p->data);
            else
                fprintf(p->data, " %.6f", v);
        }
    }
    fputc('\n', p->data);
    t->y = settle(t->y);
    return width;
}

static void put_names(struct plot *p, const struct timeline *t, const double *last)
{
    uint32_t n = t->r->plan.policies;
    struct plot_curve *names = xcalloc(n, sizeof *names);

    for (uint32_t k = 0; k < n; k++)
        names[k] = (struct plot_curve){
            .name = t->r->policy[k].name,
            .note = isnan(last[k]) ? "too many requests failed" : "",
            .y = isnan(last[k]) ? NAN : log(last[k] / t->y.low) / log(t->y.high / t->y.low),
        };
    plot_curves(p, names, n, 0.071);
    free(names);
}

/* ---- the events ---- */

/* width: of the label in characters; row: how far up it stands, NONE without. */
struct events { const struct result *r; uint32_t n, row[MOST_EVENTS], width[MOST_EVENTS]; };

static void put_begin(FILE *f, uint32_t i, void *arg)
{
    fprintf(f, "%.9g", (double)((struct events *)arg)->r->plan.event[i].at / (double)SECOND);
}

/* An event without an end ends where it begins: a line, nothing shaded. */
static void put_end(FILE *f, uint32_t i, void *arg)
{
    const struct result_event *e = &((struct events *)arg)->r->plan.event[i];
    nsec end = e->until > e->at ? e->until : e->at;
    nsec most = ((struct events *)arg)->r->simulated;

    fprintf(f, "%.9g", (double)(end > most ? most : end) / (double)SECOND);
}

static void put_label(FILE *f, uint32_t i, void *arg)
{
    char cut[COLUMNS_CELL];
    const struct events *e = arg;

    columns_name(cut, e->r->plan.event[i].label, e->width[i]);
    plot_quote(f, e->row[i] == NONE ? "" : cut);
}

static void put_row(FILE *f, uint32_t i, void *arg)
{
    const struct events *e = arg;

    fprintf(f, "%" PRIu32, e->row[i] == NONE ? 0 : e->row[i]);
}

/* How many characters fit between two times, as shares of the axis: 900 pixels of 7.2 each. */
static uint32_t fitting(double from, double to)
{
    double n = ((to - from) * 900 - 12) / 7.2;

    return n > 0 ? (uint32_t)n : 0;
}

/* The first row that is free at event i, or becomes so when its last label is cut to no less than
 * `least` characters; NONE when there is none. */
static uint32_t find_row(const struct events *e, uint32_t i, const uint32_t last[EVENT_ROWS],
                         const double *at, uint32_t least)
{
    for (uint32_t row = 0; row < EVENT_ROWS; row++) {
        uint32_t room = last[row] == NONE ? LABEL : fitting(at[last[row]], at[i]);

        if (last[row] == NONE || room >= least || room >= e->width[last[row]])
            return row;
    }
    return NONE;
}

/* Where a label would run into the next, that goes one row up; where no row is free, the one that
 * is in the way is cut, or this one is left out. */
static void place_label(struct events *e, uint32_t i, uint32_t last[EVENT_ROWS], const double *at)
{
    char cut[COLUMNS_CELL];
    uint32_t row = find_row(e, i, last, at, LABEL);

    if (row == NONE)
        row = find_row(e, i, last, at, LEAST_LABEL);
    e->width[i] = columns_width(columns_name(cut, e->r->plan.event[i].label, LABEL));
    e->row[i] = row;
    if (row == NONE)
        return;
    if (last[row] != NONE && e->width[last[row]] > fitting(at[last[row]], at[i]))
        e->width[last[row]] = fitting(at[last[row]], at[i]);
    last[row] = i;
}

void figure_events(struct plot *p, const struct result *r, double tmax)
{
    struct events e = { .r = r };
    uint32_t last[EVENT_ROWS];
    double at[MOST_EVENTS];

    for (uint32_t row = 0; row < EVENT_ROWS; row++)
        last[row] = NONE;
    while (e.n < r->plan.events && e.n < MOST_EVENTS &&
           (double)r->plan.event[e.n].at / (double)SECOND < tmax) {
        at[e.n] = (double)r->plan.event[e.n].at / (double)SECOND / tmax;
        place_label(&e, e.n, last, at);
        e.n++;
    }
    plot_number(p, "events", e.n);
    plot_array(p, "begins", e.n, put_begin, &e);
    plot_array(p, "ends", e.n, put_end, &e);
    plot_array(p, "event", e.n, put_label, &e);
    plot_array(p, "row", e.n, put_row, &e);
}

/* ---- the heat maps ---- */

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void add_panel(struct timeline *t, uint32_t policy)
{
    for (uint32_t i = 0; i < t->panels; i++)
        if (t->panel[i] == policy)
            return;
    if (t->panels < MOST_PANELS)
        t->panel[t->panels++] = policy;
}

/* The baseline and what lies farthest from it, the slowest and the quickest; then the first. */
static void choose_panels(struct timeline *t)
{
    uint32_t main = figure_main_percentile(t->r), n = t->r->plan.policies;
    uint32_t best = t->r->plan.baseline, worst = best;

    for (uint32_t k = 0; k < n; k++) {
        double v = t->r->policy[k].quantile[main].value;
        double low = t->r->policy[best].quantile[main].value,
               high = t->r->policy[worst].quantile[main].value;

        if (!isnan(v) && (isnan(low) || v < low))
            best = k;
        if (!isnan(high) && (isnan(v) || v > high))
            worst = k;
    }
    add_panel(t, t->r->plan.baseline);
    add_panel(t, best);
    add_panel(t, worst);
    for (uint32_t k = 0; k < n; k++)
        add_panel(t, k);
    qsort(t->panel, t->panels, sizeof *t->panel, by_number);
}

static void choose_rows(struct timeline *t)
{
    uint32_t backends = t->r->plan.backends;

    t->group = (backends + MOST_ROWS - 1) / MOST_ROWS;
    t->rows = (backends + t->group - 1) / t->group;
}

/* gnuplot wants two rows at the least: a single backend gets an empty second one, out of sight. */
static void put_heat(struct plot *p, FILE *f, struct timeline *t)
{
    double width = (double)t->clock->slice_width / (double)SECOND;

    (void)p;
    t->heat = (struct range){ INFINITY, 0 };
    fputs("t_s row", f);
    for (uint32_t k = 1; k <= t->panels; k++)
        fprintf(f, " mean%" PRIu32, k);
    for (uint32_t row = 0; row < (t->rows < 2 ? 2 : t->rows); row++)
        for (uint32_t i = 0; i < slices_of_arrivals(t->clock); i++) {
            double centre = (double)t->clock->warmup / (double)SECOND +
                            ((double)i - t->clock->warmup_slices + 0.5) * width;

            fprintf(f, "\n%.9g %" PRIu32, centre, row);
            for (uint32_t k = 0; k < t->panels; k++) {
                double v = row < t->rows ? row_at(t, t->panel[k], row, i) : NAN;

                widen(&t->heat, v);
                if (isnan(v) || v <= 0)
                    fputs(" NaN", f);
                else
                    fprintf(f, " %.6f", v);
            }
        }
    fputc('\n', f);
    t->heat = settle(t->heat);
}

static void put_panel(FILE *f, uint32_t i, void *arg)
{
    const struct timeline *t = arg;
    char cut[COLUMNS_CELL];

    plot_bold(f, columns_name(cut, t->r->policy[t->panel[i]].name, 36));
}

/* Named rows: all of few, else the first of every so many. */
static uint32_t name_step(const struct timeline *t)
{
    return (t->rows + MOST_NAMED - 1) / MOST_NAMED;
}

static void put_backend(FILE *f, uint32_t i, void *arg)
{
    const struct timeline *t = arg;
    char cut[COLUMNS_CELL];

    plot_quote(f, columns_name(cut, t->r->plan.backend[i * name_step(t) * t->group], 14));
}

static void put_backend_row(FILE *f, uint32_t i, void *arg)
{
    fprintf(f, "%" PRIu32, i * name_step(arg));
}

static void put_heat_settings(struct plot *p, struct timeline *t)
{
    uint32_t named = t->panels ? (t->rows + name_step(t) - 1) / name_step(t) : 0;

    plot_number(p, "panels", t->panels);
    if (!t->panels)
        return;
    plot_number(p, "rows", t->rows);
    plot_number(p, "cbmin", t->heat.low);
    plot_number(p, "cbmax", t->heat.high);
    fprintf(p->settings, "set cbtics (");
    for (uint32_t i = 0; i < 2; i++) {
        char text[32];
        double v = i ? t->heat.high : t->heat.low;

        fprintf(p->settings, "%s'%s' %.9g", i ? ", " : "",
                text_show_duration(text, sizeof text, v * (double)MILLISECOND), v);
    }
    fputs(")\n", p->settings);
    plot_number(p, "named", named);
    plot_array(p, "panel", t->panels, put_panel, t);
    plot_array(p, "backend", named, put_backend, t);
    plot_array(p, "backend_row", named, put_backend_row, t);
}

/* ---- all of it ---- */

static void put_subtitle(struct plot *p, const struct timeline *t, double width)
{
    char headline[128], subtitle[320], setup[192], slice[32], rows[64] = "";

    snprintf(headline, sizeof headline, "p%.10g over time%s", t->percentile,
             t->panels ? ", and where it is slow" : "");
    if (t->panels && t->group > 1)
        snprintf(rows, sizeof rows, " A row: the slowest of %" PRIu32 " backends.", t->group);
    snprintf(subtitle, sizeof subtitle, "A point: the requests born in %s%s. %s.%s",
             text_show_duration(slice, sizeof slice, width * 1e9),
             t->has_gaps ? "; none where it falls among failed ones" : "",
             figure_setup(setup, sizeof setup, t->r), rows);
    plot_headline(p, headline, subtitle);
}

static void draw(struct timeline *t, struct plot *p)
{
    double *last = xcalloc(t->r->plan.policies, sizeof *last);
    double tmax = (double)slices_end(t->clock) / (double)SECOND;
    FILE *heat = t->panels ? plot_open(p, "timeline-backends.dat") : NULL;

    for (uint32_t k = 0; k < t->r->plan.policies; k++)
        last[k] = NAN;

    double width = put_curves_data(p, t, last);

    if (t->panels && heat)
        put_heat(p, heat, t);
    if (t->panels)
        plot_close(p, heat);
    plot_size(p, 1200, t->panels ? 409 + t->panels * 138 + 36 : 440);
    put_subtitle(p, t, width);
    plot_number(p, "tmax", tmax);
    plot_number(p, "warmup", (double)t->clock->warmup / (double)SECOND);
    fprintf(p->settings, "plotted = 'p%.10g'\n", t->percentile);
    plot_number(p, "ymin", t->y.low);
    plot_number(p, "ymax", t->y.high);
    plot_duration_tics(p, t->y.low, t->y.high, 7);
    figure_events(p, t->r, tmax);
    put_names(p, t, last);
    put_heat_settings(p, t);
    plot_end(p);
    free(last);
}

/* The highest up to 99 that has a value for some policy: one that falls among failed requests
 * everywhere would be an empty figure. */
static double drawn_percentile(const struct result *r)
{
    for (uint32_t i = figure_main_percentile(r) + 1; i-- > 0;)
        for (uint32_t k = 0; k < r->plan.policies; k++) {
            const struct result_policy *p = &r->policy[k];

            if (p->requests &&
                hist_quantile(&p->latency, r->plan.percentile[i] / 100, p->requests) != NEVER)
                return r->plan.percentile[i];
        }
    return r->plan.percentile[figure_main_percentile(r)];
}

void figure_timeline(const struct result *r, const char *folder, struct report_plots *status)
{
    struct timeline t = { .r = r, .clock = r->runs ? r->run[0].record : NULL };
    struct plot p;

    if (!t.clock || slices_of_arrivals(t.clock) < 2 || !r->plan.percentiles)
        return;
    t.percentile = drawn_percentile(r);
    if (t.clock->backend_slices > 1 && r->plan.backends) {
        choose_panels(&t);
        choose_rows(&t);
    }
    if (plot_begin(&p, folder, "timeline", status))
        draw(&t, &p);
}
