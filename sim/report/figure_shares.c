/* figure_shares.c - who got the requests: a panel of bars a policy, one scale for all. */
#include "figures.h"

#include "columns.h"

#include <inttypes.h>
#include <math.h>

enum { MOST_PANELS = 8, MOST_BACKENDS = 2000, MOST_NAMED = 16 };

static double share_of(const struct result *r, uint32_t policy, uint32_t backend)
{
    double share = r->policy[policy].backend[backend].share;

    return isnan(share) ? 0 : 100 * share;
}

static void put_data(struct plot *p, const struct result *r, uint32_t panels)
{
    fputs("backend", p->data);
    for (uint32_t k = 1; k <= panels; k++)
        fprintf(p->data, " share%" PRIu32, k);
    for (uint32_t b = 0; b < r->plan.backends; b++) {
        fprintf(p->data, "\n%" PRIu32, b);
        for (uint32_t k = 0; k < panels; k++)
            fprintf(p->data, " %.6g", share_of(r, k, b));
    }
    fputc('\n', p->data);
}

static double highest_bar(const struct result *r, uint32_t policy)
{
    double most = 0;

    for (uint32_t b = 0; b < r->plan.backends; b++)
        most = share_of(r, policy, b) > most ? share_of(r, policy, b) : most;
    return most;
}

static double mean_bar(const struct result *r, uint32_t policy)
{
    double sum = 0;

    for (uint32_t b = 0; b < r->plan.backends; b++)
        sum += share_of(r, policy, b);
    return sum / r->plan.backends;
}

static double greatest(const struct result *r, uint32_t panels)
{
    double most = 100.0 / r->plan.backends;

    for (uint32_t k = 0; k < panels; k++)
        most = highest_bar(r, k) > most ? highest_bar(r, k) : most;
    return most;
}

static void put_name(FILE *f, uint32_t i, void *arg)
{
    char cut[COLUMNS_CELL];

    plot_bold(f, columns_name(cut, ((const struct result *)arg)->policy[i].name, 36));
}

static void put_colour(FILE *f, uint32_t i, void *arg)
{
    fprintf(f, "'%s'", plot_colour(((const struct result *)arg)->policy[i].name));
}

static void put_note(FILE *f, uint32_t i, void *arg)
{
    char note[64];
    double busiest = highest_bar(arg, i) / mean_bar(arg, i);

    snprintf(note, sizeof note,
             isnan(busiest) ? "no requests" : "busiest: %.2f x the mean", busiest);
    plot_quote(f, note);
}

static void put_backend(FILE *f, uint32_t i, void *arg)
{
    char cut[COLUMNS_CELL];

    plot_quote(f, columns_name(cut, ((const struct result *)arg)->plan.backend[i], 10));
}

static double right_margin(const struct plot *p, const struct result *r, uint32_t panels)
{
    char cut[COLUMNS_CELL];
    uint32_t most = 18;

    for (uint32_t k = 0; k < panels; k++) {
        uint32_t width = columns_width(columns_name(cut, r->policy[k].name, 36));

        most = width > most ? width : most;
    }
    return 1 - (plot_bold_pixels(p, most) + 26) / 1200;
}

static void put_settings(struct plot *p, const struct result *r, uint32_t panels)
{
    uint32_t backends = r->plan.backends, panel_height = panels > 4 ? 90 : panels > 1 ? 120 : 400;
    double most = greatest(r, panels);
    char subtitle[256], setup[192], left_out[64] = "";
    void *arg = (void *)(uintptr_t)r;

    if (panels < r->plan.policies)
        snprintf(left_out, sizeof left_out, " The first %" PRIu32 " policies.", panels);
    snprintf(subtitle, sizeof subtitle, "%s, all seeds together. Dashed: an equal share.%s",
             figure_setup(setup, sizeof setup, r), left_out);
    plot_size(p, 1200, 110 + panels * (panel_height + 28) + 42);
    plot_headline(p, "Share of the requests sent to each backend", subtitle);
    plot_number(p, "n", panels);
    plot_number(p, "panel_height", panel_height);
    plot_number(p, "backends", backends);
    plot_number(p, "ymax", most * 1.15);
    plot_number(p, "ystep", plot_nice_above(most / (panels > 1 ? 3 : 6)));
    plot_number(p, "equal", 100.0 / backends);
    plot_number(p, "rmargin", right_margin(p, r, panels));
    plot_number(p, "named", backends <= MOST_NAMED ? backends : 0);
    fprintf(p->settings, "xtitle = '%s'\n",
            backends <= MOST_NAMED ? "" : "backend, in configured order");
    plot_array(p, "name", panels, put_name, arg);
    plot_array(p, "note", panels, put_note, arg);
    plot_array(p, "colour", panels, put_colour, arg);
    plot_array(p, "backend", backends <= MOST_NAMED ? backends : 0, put_backend, arg);
}

void figure_shares(const struct result *r, const char *folder, struct report_plots *status)
{
    uint32_t panels = r->plan.policies < MOST_PANELS ? r->plan.policies : MOST_PANELS;
    struct plot p;

    if (r->plan.backends < 2 || r->plan.backends > MOST_BACKENDS)
        return;
    if (!plot_begin(&p, folder, "shares", status))
        return;
    put_data(&p, r, panels);
    put_settings(&p, r, panels);
    plot_end(&p);
}
