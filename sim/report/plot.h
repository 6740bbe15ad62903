/* plot.h - what the figures share: files in their folder, quoted text, colours, labels, gnuplot. */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include "report.h"

enum { PLOT_PATH = 4096 };

/* A figure on its way into `folder`: NAME-settings.gp, NAME.dat, style.gp, NAME.gp. */
struct plot {
    const char *folder, *name, *font;
    struct report_plots *status;
    FILE *settings, *data;
};

/* The text of plots/NAME, built in by embed_texts.awk; NULL: none of that name. */
const char *plot_template(const char *name);

/* Opens settings and data; false (and the fault noted) when the disk says no. */
bool plot_begin(struct plot *, const char *folder, const char *name, struct report_plots *);

/* A further data file of the figure; plot_end() does not close it: use plot_close(). */
FILE *plot_open(struct plot *, const char *file);
bool plot_close(struct plot *, FILE *);

/* Closes, writes the templates, runs gnuplot, checks what it drew. */
void plot_end(struct plot *);

/* ---- settings ---- */

/* Any text as a gnuplot string that can do nothing but be shown: single quotes, no controls.
 * plot_bold() gives enhanced text in bold, its special characters escaped. */
void plot_quote(FILE *, const char *text);
void plot_bold(FILE *, const char *text);

void plot_number(struct plot *, const char *name, double value);
void plot_headline(struct plot *, const char *headline, const char *subtitle);
void plot_size(struct plot *, uint32_t width, uint32_t height);

/* array NAME[n] = [put(0), put(1), ...]; n 0 makes an array of one. */
void plot_array(struct plot *, const char *name, uint32_t n, void (*put)(FILE *, uint32_t, void *),
                void *);

/* set ytics for durations between low and high ms, log scale: 1-2-5, or fewer than that to keep
 * to `most` labels. */
void plot_duration_tics(struct plot *, double low, double high, uint32_t most);

/* Pixels that so many bold (small plain) letters take at the most, in the figure's font. */
double plot_bold_pixels(const struct plot *, uint32_t letters);
double plot_small_pixels(const struct plot *, uint32_t letters);

/* The nearest 1, 2 or 5 times a power of ten at or below (above) x > 0. */
double plot_nice_below(double x);
double plot_nice_above(double x);

/* ---- curves with their names at the end ---- */

struct plot_curve {
    const char *name;
    const char *note;               /* "saturated", or "" */
    double y;                       /* of its end, 0..1 of the panel; NAN: none, at the top */
    double label_y;                 /* set by plot_curves() */
    uint32_t dash;                  /* set by plot_curves(): 1, 2 ... among equal colours */
};

/* Arrays name, note, colour, dash, label_y and rmargin, n: labels moved apart, each `height` of
 * the panel high. */
void plot_curves(struct plot *, struct plot_curve *, uint32_t n, double height);

/* "#0072B2": one colour an algorithm in every figure, by its name and never by its place. */
const char *plot_colour(const char *policy);

#endif
