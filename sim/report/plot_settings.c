/* plot_settings.c - NAME-settings.gp: assignments of numbers, arrays and quoted text, nothing else.
 *
 * gnuplot runs shell commands from back-ticks in double quotes, so all text stands in single ones;
 * it was checked there what enhanced mode makes of the escapes below (5.4.4). */
#include "plot.h"

#include "../base/text.h"
#include "../base/xalloc.h"
#include "columns.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void quote(FILE *f, const char *text, const char *escape)
{
    for (; *text; text++) {
        if (strchr(escape, *text))
            fputc('\\', f);
        if (*text == '\'')
            fputc('\'', f);
        fputc(*text, f);
    }
}

void plot_quote(FILE *f, const char *text)
{
    char safe[COLUMNS_CELL];

    fputc('\'', f);
    quote(f, text_safe(safe, sizeof safe, text, strlen(text)), "");
    fputc('\'', f);
}

void plot_bold(FILE *f, const char *text)
{
    char safe[COLUMNS_CELL];

    fputs("'{/:Bold ", f);
    quote(f, text_safe(safe, sizeof safe, text, strlen(text)), "\\{}^_@&~");
    fputs("}'", f);
}

void plot_number(struct plot *p, const char *name, double value)
{
    if (isfinite(value))
        fprintf(p->settings, "%s = %.9g\n", name, value);
    else
        fprintf(p->settings, "%s = NaN\n", name);
}

void plot_size(struct plot *p, uint32_t width, uint32_t height)
{
    fprintf(p->settings, "fn = '%s'\nwidth = %" PRIu32 "\nheight = %" PRIu32 "\n", p->font, width,
            height);
}

void plot_headline(struct plot *p, const char *headline, const char *subtitle)
{
    fputs("headline = ", p->settings);
    plot_bold(p->settings, headline);
    fputs("\nsubtitle = ", p->settings);
    plot_quote(p->settings, subtitle);
    fputc('\n', p->settings);
}

void plot_array(struct plot *p, const char *name, uint32_t n, void (*put)(FILE *, uint32_t, void *),
                void *arg)
{
    fprintf(p->settings, "array %s[%" PRIu32 "]", name, n ? n : 1);
    for (uint32_t i = 0; i < n; i++) {
        fputs(i ? ", " : " = [", p->settings);
        put(p->settings, i, arg);
    }
    fputs(n ? "]\n" : "\n", p->settings);
}

/* ---- axes ---- */

static double nice(double x, double step)
{
    double unit = pow(10, floor(log10(x) + 1e-9));
    static const double steps[] = { 1, 2, 5, 10 };
    double below = unit;

    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        if (unit * steps[i] <= x * (1 + 1e-9))
            below = unit * steps[i];
        else if (step > 0)
            return unit * steps[i];
    }
    return below;
}

double plot_nice_below(double x)
{
    return nice(x, -1);
}

double plot_nice_above(double x)
{
    double below = nice(x, -1);

    return below >= x * (1 - 1e-9) ? below : nice(x, 1);
}

/* 1-2-5 while there is room for the labels, else powers of ten, else every other of these ... */
static bool is_labelled(double x, uint32_t thinning)
{
    double power = log10(x), whole = round(power);

    if (thinning == 0)
        return true;
    return fabs(power - whole) < 1e-6 && fmod(fabs(whole), thinning) == 0;
}

static uint32_t count_labels(double low, double high, uint32_t thinning)
{
    uint32_t n = 0;

    for (double x = plot_nice_above(low); x <= high * (1 + 1e-9); x = plot_nice_above(x * 1.01))
        n += is_labelled(x, thinning);
    return n;
}

void plot_duration_tics(struct plot *p, double low, double high, uint32_t most)
{
    uint32_t thinning = 0;
    bool is_first = true;
    char text[32];

    while (count_labels(low, high, thinning) > most)
        thinning++;
    fputs("set ytics (", p->settings);
    for (double x = plot_nice_above(low); x <= high * (1 + 1e-9); x = plot_nice_above(x * 1.01)) {
        if (!is_labelled(x, thinning))
            continue;
        fprintf(p->settings, "%s'%s' %.9g", is_first ? "" : ", ",
                text_show_duration(text, sizeof text, x * (double)MILLISECOND), x);
        is_first = false;
    }
    fputs(")\n", p->settings);
}

/* DejaVu Sans is the wider one. */
double plot_bold_pixels(const struct plot *p, uint32_t letters)
{
    return letters * (strcmp(p->font, "Inter") == 0 ? 9.0 : 10.9);
}

double plot_small_pixels(const struct plot *p, uint32_t letters)
{
    return letters * (strcmp(p->font, "Inter") == 0 ? 6.8 : 8.2);
}

/* ---- names at the ends of curves ---- */

static void set_dashes(struct plot_curve *c, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        c[i].dash = 1;
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(plot_colour(c[k].name), plot_colour(c[i].name)) == 0)
                c[i].dash = c[k].dash % 5 + 1;
    }
}

static double room_below(const struct plot_curve *c, double height)
{
    return *c->note ? 1.85 * height : height;
}

/* order[] by wanted height, highest first; equal ones as they stand. */
static void sort_by_y(const struct plot_curve *c, uint32_t *order, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = i;

        for (; k > 0 && c[order[k - 1]].label_y < c[i].label_y; k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
}

/* Neighbours that overlap move apart by half of it each, until none does; then into the panel. */
static void spread_labels(struct plot_curve *c, const uint32_t *order, uint32_t n, double height)
{
    for (uint32_t pass = 0; pass < 400; pass++)
        for (uint32_t i = 0; i + 1 < n; i++) {
            struct plot_curve *upper = &c[order[i]], *lower = &c[order[i + 1]];
            double overlap = room_below(upper, height) - (upper->label_y - lower->label_y);

            if (overlap <= 0)
                continue;
            upper->label_y += overlap / 2;
            lower->label_y -= overlap / 2;
        }
    for (uint32_t i = 0; i < n; i++) {
        double most = i ? c[order[i - 1]].label_y - room_below(&c[order[i - 1]], height) : 0.99;

        c[order[i]].label_y = c[order[i]].label_y < most ? c[order[i]].label_y : most;
    }
    for (uint32_t i = n; i-- > 0;) {
        double least = i + 1 < n ? c[order[i + 1]].label_y + room_below(&c[order[i]], height) : 0;

        c[order[i]].label_y = c[order[i]].label_y > least ? c[order[i]].label_y : least;
    }
}

static void put_name(FILE *f, uint32_t i, void *arg)
{
    char cut[COLUMNS_CELL];

    plot_bold(f, columns_name(cut, ((struct plot_curve *)arg)[i].name, 36));
}

static void put_note(FILE *f, uint32_t i, void *arg)
{
    plot_quote(f, ((struct plot_curve *)arg)[i].note);
}

static void put_colour(FILE *f, uint32_t i, void *arg)
{
    fprintf(f, "'%s'", plot_colour(((struct plot_curve *)arg)[i].name));
}

static void put_dash(FILE *f, uint32_t i, void *arg)
{
    fprintf(f, "%" PRIu32, ((struct plot_curve *)arg)[i].dash);
}

static void put_label_y(FILE *f, uint32_t i, void *arg)
{
    fprintf(f, "%.4f", ((struct plot_curve *)arg)[i].label_y);
}

static double right_margin(const struct plot *p, const struct plot_curve *c, uint32_t n)
{
    char cut[COLUMNS_CELL];
    double most = 130;

    for (uint32_t i = 0; i < n; i++) {
        double name = plot_bold_pixels(p, columns_width(columns_name(cut, c[i].name, 36)));
        double note = plot_small_pixels(p, columns_width(c[i].note));

        most = name > most ? name : most;
        most = note > most ? note : most;
    }
    return 1 - (most + 26) / 1200;
}

void plot_curves(struct plot *p, struct plot_curve *c, uint32_t n, double height)
{
    uint32_t *order = xcalloc(n, sizeof *order);

    if (height * n > 0.95)
        height = 0.95 / n;
    for (uint32_t i = 0; i < n; i++)
        c[i].label_y = isnan(c[i].y) || c[i].y > 1 ? 1 : c[i].y < 0 ? 0 : c[i].y;
    set_dashes(c, n);
    sort_by_y(c, order, n);
    spread_labels(c, order, n, height);
    free(order);
    fprintf(p->settings, "n = %" PRIu32 "\nrmargin = %.4f\n", n, right_margin(p, c, n));
    plot_array(p, "name", n, put_name, c);
    plot_array(p, "note", n, put_note, c);
    plot_array(p, "colour", n, put_colour, c);
    plot_array(p, "dash", n, put_dash, c);
    plot_array(p, "label_y", n, put_label_y, c);
}
