/* figure_remap.c - keys that moved: bars a policy and event of a run, or a row of the remap verb;
 * lines over the number of backends when there are several. */
#include "figures.h"

#include "../base/xalloc.h"
#include "columns.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BARS = 24, MOST_PERCENT = 120 };

/* One bar; shares in %.  what: the event, or "" when it is the same for all. */
struct bar { const char *policy, *what; double moved, unavoidable; uint64_t broken; };

static double percent(uint64_t part, uint64_t all)
{
    return all ? 100 * (double)part / (double)all : 0;
}

static void put_name(FILE *f, uint32_t i, void *arg)
{
    const struct bar *b = &((struct bar *)arg)[i];
    char cut[COLUMNS_CELL];

    plot_bold(f, columns_name(cut, b->policy, 28));
}

static void put_colour(FILE *f, uint32_t i, void *arg)
{
    fprintf(f, "'%s'", plot_colour(((struct bar *)arg)[i].policy));
}

static const char *note_of(char note[2 * COLUMNS_CELL], const struct bar *b)
{
    char cut[COLUMNS_CELL], broken[64] = "";

    if (b->broken)
        snprintf(broken, sizeof broken, ", %" PRIu64 " broken", b->broken);
    snprintf(note, 2 * COLUMNS_CELL, "%s%s%.3g %% (%.3g %% had to)%s",
             columns_name(cut, b->what, 22), *b->what ? ": " : "", b->moved, b->unavoidable,
             broken);
    return note;
}

static void put_note(FILE *f, uint32_t i, void *arg)
{
    char note[2 * COLUMNS_CELL];

    plot_quote(f, note_of(note, &((struct bar *)arg)[i]));
}

static void draw_bars(struct bar *bar, uint32_t n, const char *subtitle, const char *folder,
                      struct report_plots *status)
{
    double most = 1;
    uint32_t width = 6, note_width = 20;
    char cut[COLUMNS_CELL], note[2 * COLUMNS_CELL];
    struct plot p;

    if (!plot_begin(&p, folder, "remap", status))
        return;
    fputs("row moved unavoidable\n", p.data);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t w = columns_width(columns_name(cut, bar[i].policy, 28));

        fprintf(p.data, "%" PRIu32 " %.9g %.9g\n", i, bar[i].moved, bar[i].unavoidable);
        most = bar[i].moved > most ? bar[i].moved : most;
        most = bar[i].unavoidable > most ? bar[i].unavoidable : most;
        width = w > width ? w : width;
        w = columns_width(note_of(note, &bar[i]));
        note_width = w > note_width ? w : note_width;
    }
    plot_size(&p, 1200, 190 + 34 * (n < 3 ? 3 : n));
    plot_headline(&p, "Keys that changed their backend", subtitle);
    plot_number(&p, "lmargin", (plot_bold_pixels(&p, width) + 40) / 1200);
    plot_number(&p, "rmargin", 1 - (1.08 * plot_small_pixels(&p, note_width) + 24) / 1200);
    plot_number(&p, "xmax", most > 60 ? 100 : plot_nice_above(most * 1.02));
    plot_number(&p, "n", n);
    plot_array(&p, "name", n, put_name, bar);
    plot_array(&p, "note", n, put_note, bar);
    plot_array(&p, "colour", n, put_colour, bar);
    plot_end(&p);
}

/* Event by event, so that policies stand beside each other. */
void figure_remap(const struct result *r, const char *folder, struct report_plots *status)
{
    struct bar bar[MOST_BARS];
    uint32_t n = 0;
    char subtitle[256], setup[192];

    for (uint32_t e = 0; e < r->plan.events; e++)
        for (uint32_t i = 0; i < r->remaps && n < MOST_BARS; i++) {
            const struct result_remap *m = &r->remap[i];

            if (m->event != e || !m->keys)
                continue;
            bar[n++] = (struct bar){ r->policy[m->policy].name, r->plan.event[e].label,
                                     percent(m->moved, m->keys), percent(m->unavoidable, m->keys),
                                     m->broken };
        }
    if (!n)
        return;
    snprintf(subtitle, sizeof subtitle, "%s. Tick: those that had to move.",
             figure_setup(setup, sizeof setup, r));
    draw_bars(bar, n, subtitle, folder, status);
}

/* ---- the remap verb ---- */

/* Rows by algorithm (in order of appearance) and by number of backends (rising). */
struct sweep { const char **algorithm; uint32_t algorithms, *size, sizes; };

static uint32_t find_algorithm(const struct sweep *s, const char *name)
{
    uint32_t i = 0;

    while (i < s->algorithms && strcmp(s->algorithm[i], name) != 0)
        i++;
    return i;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static struct sweep make_sweep(const struct report_remap_row *rows, uint32_t n)
{
    struct sweep s = { xcalloc(n, sizeof *s.algorithm), 0, xcalloc(n, sizeof *s.size), 0 };

    for (uint32_t i = 0; i < n; i++) {
        if (find_algorithm(&s, rows[i].algorithm) == s.algorithms)
            s.algorithm[s.algorithms++] = rows[i].algorithm;
        s.size[i] = rows[i].backends;
    }
    qsort(s.size, n, sizeof *s.size, by_number);
    for (uint32_t i = 0; i < n; i++)
        if (!s.sizes || s.size[s.sizes - 1] != s.size[i])
            s.size[s.sizes++] = s.size[i];
    return s;
}

static const struct report_remap_row *find_row(const struct report_remap_row *rows, uint32_t n,
                                               const char *algorithm, uint32_t backends)
{
    for (uint32_t i = 0; i < n; i++)
        if (rows[i].backends == backends &&
            (!algorithm || strcmp(rows[i].algorithm, algorithm) == 0))
            return &rows[i];
    return NULL;
}

static void put_percent(FILE *f, double percents)
{
    if (percents > 0)
        fprintf(f, " %.9g", percents);
    else
        fputs(" NaN", f);
}

static void put_sweep_data(struct plot *p, const struct sweep *s,
                           const struct report_remap_row *rows, uint32_t n)
{
    fputs("backends unavoidable", p->data);
    for (uint32_t k = 1; k <= s->algorithms; k++)
        fprintf(p->data, " moved%" PRIu32, k);
    for (uint32_t i = 0; i < s->sizes; i++) {
        const struct report_remap_row *any = find_row(rows, n, NULL, s->size[i]);

        fprintf(p->data, "\n%" PRIu32, s->size[i]);
        put_percent(p->data, 100 * any->least);
        for (uint32_t k = 0; k < s->algorithms; k++) {
            const struct report_remap_row *row = find_row(rows, n, s->algorithm[k], s->size[i]);

            put_percent(p->data, row ? percent(row->moved, row->keys) : 0);
        }
    }
    fputc('\n', p->data);
}

/* The last value of a curve that is not 0: name NULL is the reference; NAN: all are. */
static double last_percent(const struct sweep *s, const struct report_remap_row *rows, uint32_t n,
                           const char *name)
{
    for (uint32_t i = s->sizes; i-- > 0;) {
        const struct report_remap_row *row = find_row(rows, n, name, s->size[i]);

        if (row && (name ? row->moved > 0 : row->least > 0))
            return name ? percent(row->moved, row->keys) : 100 * row->least;
    }
    return NAN;
}

/* The bottom of the axis: below all that is not 0. */
static double lowest(const struct report_remap_row *rows, uint32_t n)
{
    double low = 100;

    for (uint32_t i = 0; i < n; i++) {
        double moved = percent(rows[i].moved, rows[i].keys), least = 100 * rows[i].least;

        low = moved > 0 && moved < low ? moved : low;
        low = least > 0 && least < low ? least : low;
    }
    return plot_nice_below(low * 0.95);
}

/* What is 0 everywhere has no place on a log axis: its name stands at the bottom and says so. */
static struct plot_curve *make_curves(const struct sweep *s, const struct report_remap_row *rows,
                                      uint32_t n, double ymin)
{
    struct plot_curve *c = xcalloc(s->algorithms + 1, sizeof *c);

    for (uint32_t k = 0; k <= s->algorithms; k++) {
        double last = last_percent(s, rows, n, k < s->algorithms ? s->algorithm[k] : NULL);

        c[k].name = k < s->algorithms ? s->algorithm[k] : "share of weight";
        c[k].note = isnan(last) ? "0 %" : "";
        c[k].y = isnan(last) ? 0 : log(last / ymin) / log((double)MOST_PERCENT / ymin);
    }
    return c;
}

/* Numbers of backends that have room for a label. */
static void put_tics(struct plot *p, const struct sweep *s)
{
    double range = log((double)s->size[s->sizes - 1] / s->size[0]);
    uint32_t last = 0;

    fputs("set ytics ('0.01 %%' 0.01, '0.02 %%' 0.02, '0.05 %%' 0.05, '0.1 %%' 0.1, "
          "'0.2 %%' 0.2, '0.5 %%' 0.5, '1 %%' 1, '2 %%' 2, '5 %%' 5, '10 %%' 10, '20 %%' 20, "
          "'50 %%' 50, '100 %%' 100)\nset xtics (", p->settings);
    for (uint32_t i = 0; i < s->sizes; i++) {
        if (last && log((double)s->size[i] / last) < range / 20)
            continue;
        fprintf(p->settings, "%s%" PRIu32, last ? ", " : "", s->size[i]);
        last = s->size[i];
    }
    fputs(")\n", p->settings);
}

static void draw_sweep(const struct sweep *s, const struct report_remap_row *rows, uint32_t n,
                       const char *folder, struct report_plots *status)
{
    double ymin = lowest(rows, n);
    char subtitle[256], change[COLUMNS_CELL];
    struct plot p;

    if (!plot_begin(&p, folder, "remap_n", status))
        return;

    struct plot_curve *c = make_curves(s, rows, n, ymin);

    snprintf(subtitle, sizeof subtitle,
             "Change: %s. %" PRIu64 " keys. Dashed: the share of the weight that changes "
             "sides; who had given it fewer keys lies below.",
             columns_name(change, rows[0].change, 40), rows[0].keys);
    put_sweep_data(&p, s, rows, n);
    plot_size(&p, 1200, 640);
    plot_headline(&p, "Keys that change their backend, by the number of backends", subtitle);
    plot_number(&p, "xmin", s->size[0] * 0.95);
    plot_number(&p, "xmax", s->size[s->sizes - 1] * 1.05);
    plot_number(&p, "ymin", ymin);
    plot_number(&p, "ymax", MOST_PERCENT);
    put_tics(&p, s);
    plot_curves(&p, c, s->algorithms + 1, 0.0405);
    plot_end(&p);
    free(c);
}

static void draw_rows(const struct report_remap_row *rows, uint32_t n, const char *folder,
                      struct report_plots *status)
{
    struct bar bar[MOST_BARS];
    char subtitle[256], change[COLUMNS_CELL];
    bool is_one = true;

    n = n < MOST_BARS ? n : MOST_BARS;
    for (uint32_t i = 0; i < n; i++)
        is_one = is_one && strcmp(rows[i].change, rows[0].change) == 0;
    for (uint32_t i = 0; i < n; i++)
        bar[i] = (struct bar){ rows[i].algorithm, is_one ? "" : rows[i].change,
                               percent(rows[i].moved, rows[i].keys),
                               percent(rows[i].unavoidable, rows[i].keys), 0 };
    snprintf(subtitle, sizeof subtitle,
             "%" PRIu32 " backends, %s%s%" PRIu64 " keys. Tick: those that had to move.",
             rows[0].backends, is_one ? columns_name(change, rows[0].change, 40) : "",
             is_one ? ", " : "", rows[0].keys);
    draw_bars(bar, n, subtitle, folder, status);
}

void report_plot_remap(const struct report_remap_row *rows, uint32_t n, const char *folder,
                       struct report_plots *status)
{
    struct sweep s = make_sweep(rows, n);

    *status = (struct report_plots){ .drawn = 0 };
    if (s.sizes > 1)
        draw_sweep(&s, rows, n, folder, status);
    else if (n)
        draw_rows(rows, n, folder, status);
    free(s.algorithm);
    free(s.size);
}
