/* report.h - a result for people: the text that `run` prints, the figures, the remap table. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "../results/result.h"

#include <stdio.h>

/* columns 0: 80. */
struct report_style { bool colour, unicode; uint32_t columns; };

/* A row a policy, bars, what the differences are worth, what saturated and why, what moved. */
void report_table(FILE *, const struct result *, const struct report_style *);

/* What was asserted, a line a policy; nothing when nothing was. */
void report_assertions(FILE *, const struct result *, const struct report_style *);

/* "4.7 M requests, 3.9 s, 1.2 M requests/s" (no newline). */
void report_footer(FILE *, const struct result *, double wall_s);

/* ---- the remap verb ---- */

struct report_remap_row {
    const char *algorithm, *change;         /* "maglev", "remove 1" */
    uint32_t backends;
    uint64_t keys, moved, unavoidable;
    double   max_over_mean;
    uint64_t table_bytes;
    double   build_ns;
    double   cv, max_over_mean_after, cv_after, least, rebuild_ns;
    uint64_t dropped;
    /* the same counted by lines of the file that the keys came from; requests 0: they were made */
    struct report_remap_requests {
        uint64_t requests, moved, unavoidable, dropped;
        double   max_over_mean, cv;
    } by_request;
    bool     is_home_wanted;                /* of keys after all is as it was before */
};

/* A square of places of the key space, row by row; owners from 0, UINT32_MAX: nobody. */
enum { REPORT_REMAP_SIDE = 64 };
struct report_remap_place { uint32_t before, after; bool had_to; };
struct report_remap_look {
    const char *algorithm;
    uint32_t    backends;
    struct report_remap_place place[REPORT_REMAP_SIDE * REPORT_REMAP_SIDE];
};

void report_remap_table(FILE *, const struct report_remap_row *, uint32_t rows,
                        const struct report_style *);
void report_remap_json(FILE *, const struct report_remap_row *, uint32_t rows,
                       const struct result_environment *);
void report_remap_csv(FILE *, const struct report_remap_row *, uint32_t rows);

/* Every fourth place of every fourth row: a letter an owner, before, after, and who moved. */
void report_remap_picture(FILE *, const struct report_remap_look *, uint32_t looks,
                          const struct report_style *);

/* ---- the sweep verb ---- */

struct sweep;
struct sweep_answer;

/* A row a point, a column a policy, then a sentence a policy. */
void report_sweep_table(FILE *, const struct sweep *, const struct sweep_answer *,
                        const struct report_style *);

/* ---- figures ---- */

enum { REPORT_FIGURES = 8 };

/* What became of the figures: data and .gp are there in any case, as far as the disk went along. */
struct report_plots {
    uint32_t drawn, failed;
    bool     is_gnuplot_missing;            /* then: apt install gnuplot-nox; gnuplot NAME.gp */
    const char *fault;                      /* NULL, or what was wrong with the first that failed */
    const char *name[REPORT_FIGURES];       /* "percentiles": of the drawn ones */
};

/* Data, settings, templates, .svg and .png into `folder` (plots/ of a result), which exists. */
void report_plot(const struct result *, const char *folder, struct report_plots *);

/* remap.* or, when some algorithm has several numbers of backends, remap_n.* */
void report_plot_remap(const struct report_remap_row *, uint32_t rows, const char *folder,
                       struct report_plots *);

/* remap_table.*: before, after and who moved, at most 4 algorithms; *status goes on. */
void report_plot_remap_table(const struct report_remap_look *, uint32_t looks, const char *change,
                             const char *folder, struct report_plots *status);

/* sweep.*: the hockey stick. */
void report_plot_sweep(const struct sweep *, const struct sweep_answer *, const char *folder,
                       struct report_plots *);

#endif
