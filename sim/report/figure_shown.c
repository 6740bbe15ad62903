/* figure_shown.c - what the scenario says it is about, over time: a panel a metric of measure.show
 * that can be told by slices, a line a policy. */
#include "figures.h"

#include "../base/text.h"
#include "../base/xalloc.h"
#include "../results/over_time.h"
#include "../results/slices.h"
#include "columns.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { MOST_PANELS = 4, PANEL = 150, GAP = 46, TOP = 128, LABELS = 40 };

struct shown {
    const struct result *r;
    const struct metric *metric[MOST_PANELS];
    uint32_t panels, slices;
    double   most[MOST_PANELS];     /* the end of its axis, in the unit that is drawn */
};

static struct shown choose(const struct result *r)
{
    struct shown s = { .r = r, .slices = over_time_slices(r) };
    double unused;

    for (uint32_t i = 0; i < r->plan.shows && s.panels < MOST_PANELS; i++) {
        const struct metric *m = metric_find(r->plan.show[i], &unused);

        if (over_time_is_told(m))
            s.metric[s.panels++] = m;
    }
    return s;
}

static double unit_of(const struct metric *m)
{
    return m->unit == METRIC_SHARE ? 100 : m->unit == METRIC_NS ? 1 / (double)MILLISECOND : 1;
}

/* last[policy]: where the line of the first panel ends. */
static void put_data(struct plot *p, struct shown *s, double *last)
{
    const struct record *clock = s->r->run[0].record;
    double half = (double)clock->slice_width / (double)SECOND / 2;

    fputs("t_s", p->data);
    for (uint32_t i = 1; i <= s->panels; i++)
        for (uint32_t k = 1; k <= s->r->plan.policies; k++)
            fprintf(p->data, " v%" PRIu32 "_%" PRIu32, i, k);
    for (uint32_t slice = 0; slice < s->slices; slice++) {
        fprintf(p->data, "\n%.9g", (double)slices_start(clock, slice) / (double)SECOND + half);
        for (uint32_t i = 0; i < s->panels; i++)
            for (uint32_t k = 0; k < s->r->plan.policies; k++) {
                double v = over_time_at(s->r, k, s->metric[i], slice) * unit_of(s->metric[i]);

                s->most[i] = v > s->most[i] ? v : s->most[i];
                last[k] = i == 0 && !isnan(v) ? v : last[k];
                fprintf(p->data, isnan(v) ? " NaN" : " %.6g", v);
            }
    }
    fputc('\n', p->data);
}

/* ---- settings ---- */

static const char *words_of(const struct metric *m)
{
    switch (m->unit) {
    case METRIC_SHARE:
        return ", %";
    case METRIC_NS:
        return ", ms";
    case METRIC_RATIO:
        return "";
    case METRIC_PER_SECOND:
    case METRIC_COUNT:
        return ", per second";
    }
    return "";
}

static void put_panel(FILE *f, uint32_t i, void *arg)
{
    const struct shown *s = arg;
    char text[COLUMNS_CELL];

    snprintf(text, sizeof text, "%s%s", s->metric[i]->name, words_of(s->metric[i]));
    plot_quote(f, text);
}

static double top_of(const struct shown *s, uint32_t i)
{
    return s->most[i] > 0 ? s->most[i] * 1.08 : 1;
}

static void put_most(FILE *f, uint32_t i, void *arg)
{
    fprintf(f, "%.9g", top_of(arg, i));
}

static void put_step(FILE *f, uint32_t i, void *arg)
{
    fprintf(f, "%.9g", plot_nice_above(top_of(arg, i) / 5));
}

static void put_names(struct plot *p, const struct shown *s, const double *last)
{
    uint32_t n = s->r->plan.policies;
    struct plot_curve *names = xcalloc(n, sizeof *names);

    for (uint32_t k = 0; k < n; k++)
        names[k] = (struct plot_curve){ .name = s->r->policy[k].name, .note = "",
                                        .y = last[k] / top_of(s, 0) };
    plot_curves(p, names, n, 0.12);
    free(names);
}

/* Labels of events stand between the first panel and its name. */
static uint32_t panel_top(const struct shown *s)
{
    return s->r->plan.events ? TOP + LABELS : TOP;
}

static void put_settings(struct plot *p, struct shown *s, const double *last)
{
    double tmax = (double)slices_end(s->r->run[0].record) / (double)SECOND;
    char headline[COLUMNS_CELL + 32], subtitle[256], setup[192], slice[32], title[COLUMNS_CELL];

    snprintf(headline, sizeof headline, "%s",
             columns_name(title, s->r->plan.title && *s->r->plan.title ? s->r->plan.title
                                                                       : s->r->plan.scenario, 90));
    snprintf(subtitle, sizeof subtitle, "What the scenario is about, in slices of %s. %s.",
             text_show_duration(slice, sizeof slice, (double)s->r->run[0].record->slice_width),
             figure_setup(setup, sizeof setup, s->r));
    plot_size(p, 1200, panel_top(s) + s->panels * (PANEL + GAP) + 20);
    plot_headline(p, headline, subtitle);
    plot_number(p, "tmax", tmax);
    plot_number(p, "warmup", (double)s->r->run[0].record->warmup / (double)SECOND);
    plot_number(p, "panels", s->panels);
    plot_number(p, "panel_top", panel_top(s));
    plot_number(p, "panel_height", PANEL);
    plot_number(p, "panel_step", PANEL + GAP);
    plot_array(p, "panel", s->panels, put_panel, s);
    plot_array(p, "most", s->panels, put_most, s);
    plot_array(p, "step", s->panels, put_step, s);
    figure_events(p, s->r, tmax);
    put_names(p, s, last);
}

void figure_shown(const struct result *r, const char *folder, struct report_plots *status)
{
    struct shown s = choose(r);
    struct plot p;

    if (s.panels == 0 || s.slices < 2 || !plot_begin(&p, folder, "shown", status))
        return;

    double *last = xcalloc(r->plan.policies, sizeof *last);

    put_data(&p, &s, last);
    put_settings(&p, &s, last);
    plot_end(&p);
    free(last);
}
