/* figure_parts.c - where the time went: a bar a policy, of the parts that add up to its mean. */
#include "figures.h"

#include "columns.h"
#include "parts.h"

#include <inttypes.h>
#include <math.h>

enum { MOST_BARS = 12 };

/* Dark for what is paid on the way, in the figures' own colours. */
static const char *const colour[PART_COUNT] = {
    [PART_CONNECT] = "#56B4E9",      [PART_TLS] = "#CC79A7",     [PART_NETWORK] = "#9AA5B1",
    [PART_BALANCER_QUEUE] = "#E69F00", [PART_BALANCER_WORK] = "#D55E00",
    [PART_BACKEND_QUEUE] = "#009E73", [PART_SERVICE] = "#0072B2", [PART_RETRIES] = "#C0392B",
};

struct bars {
    const struct result *r;
    enum part part[PART_COUNT];
    uint32_t parts, n;
    double   scale, most;           /* of ns, to the axis; its end */
    const char *unit;
};

static double mean_of(const struct bars *b, uint32_t policy, uint32_t parts)
{
    double sum = 0;

    for (uint32_t i = 0; i < parts; i++) {
        double mean = parts_mean(b->r, policy, b->part[i]);

        sum += isnan(mean) ? 0 : mean;
    }
    return sum * b->scale;
}

static void choose_unit(struct bars *b)
{
    static const struct { double above, scale; const char *unit; } units[] = {
        { 2e9, 1e-9, "s" }, { 2e6, 1e-6, "ms" }, { 0, 1e-3, "us" },
    };
    uint32_t i = 0;

    b->scale = 1;
    for (uint32_t p = 0; p < b->n; p++)
        b->most = fmax(b->most, mean_of(b, p, b->parts));
    while (b->most < units[i].above)
        i++;
    b->scale = units[i].scale;
    b->unit = units[i].unit;
    b->most *= b->scale;
}

/* A row a bar: where each part ends. */
static void put_data(struct plot *p, const struct bars *b)
{
    fputs("y end0", p->data);
    for (uint32_t i = 1; i <= b->parts; i++)
        fprintf(p->data, " end%" PRIu32, i);
    for (uint32_t k = 0; k < b->n; k++) {
        fprintf(p->data, "\n%" PRIu32, b->n - k);
        for (uint32_t i = 0; i <= b->parts; i++)
            fprintf(p->data, " %.6g", mean_of(b, k, i));
    }
    fputc('\n', p->data);
}

static void put_name(FILE *f, uint32_t i, void *arg)
{
    char cut[COLUMNS_CELL];

    plot_bold(f, columns_name(cut, ((const struct bars *)arg)->r->policy[i].name, 30));
}

static void put_name_colour(FILE *f, uint32_t i, void *arg)
{
    fprintf(f, "'%s'", plot_colour(((const struct bars *)arg)->r->policy[i].name));
}

static void put_mean(FILE *f, uint32_t i, void *arg)
{
    const struct bars *b = arg;
    char text[40];
    double mean = mean_of(b, i, b->parts);

    if (b->r->policy[i].verdict == VERDICT_SATURATED)
        snprintf(text, sizeof text, "saturated");
    else
        snprintf(text, sizeof text, mean > 0 ? "%.3g %s" : "nothing succeeded", mean, b->unit);
    plot_quote(f, text);
}

static void put_end(FILE *f, uint32_t i, void *arg)
{
    const struct bars *b = arg;

    fprintf(f, "%.6g", mean_of(b, i, b->parts));
}

static void put_part(FILE *f, uint32_t i, void *arg)
{
    plot_quote(f, parts_short_name(((const struct bars *)arg)->part[i]));
}

static void put_part_colour(FILE *f, uint32_t i, void *arg)
{
    fprintf(f, "'%s'", colour[((const struct bars *)arg)->part[i]]);
}

static double left_margin(const struct plot *p, const struct bars *b)
{
    char cut[COLUMNS_CELL];
    uint32_t most = 6;

    for (uint32_t k = 0; k < b->n; k++) {
        uint32_t width = columns_width(columns_name(cut, b->r->policy[k].name, 30));

        most = width > most ? width : most;
    }
    return (plot_bold_pixels(p, most) + 40) / 1200;
}

static void put_settings(struct plot *p, struct bars *b)
{
    char subtitle[256], setup[192];

    snprintf(subtitle, sizeof subtitle,
             "%s. Mean over the requests that succeeded, all seeds together.",
             figure_setup(setup, sizeof setup, b->r));
    plot_size(p, 1200, 190 + b->n * 52 + 66);
    plot_headline(p, "Where the time of a request went", subtitle);
    plot_number(p, "n", b->n);
    plot_number(p, "parts", b->parts);
    plot_number(p, "xmax", b->most * 1.12);
    plot_number(p, "lmargin", left_margin(p, b));
    fprintf(p->settings, "unit = '%s'\n", b->unit);
    plot_array(p, "name", b->n, put_name, b);
    plot_array(p, "colour", b->n, put_name_colour, b);
    plot_array(p, "mean", b->n, put_mean, b);
    plot_array(p, "end", b->n, put_end, b);
    plot_array(p, "part", b->parts, put_part, b);
    plot_array(p, "part_colour", b->parts, put_part_colour, b);
}

void figure_parts(const struct result *r, const char *folder, struct report_plots *status)
{
    struct bars b = { .r = r, .n = r->plan.policies < MOST_BARS ? r->plan.policies : MOST_BARS };
    struct plot p;

    for (uint32_t i = 0; i < PART_COUNT; i++)
        if (parts_is_told(r, (enum part)i))
            b.part[b.parts++] = (enum part)i;
    if (!parts_are_of_interest(r))
        return;
    choose_unit(&b);
    if (!plot_begin(&p, folder, "parts", status))
        return;
    put_data(&p, &b);
    put_settings(&p, &b);
    plot_end(&p);
}
