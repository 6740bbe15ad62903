/* compare_report.h - a comparison for people and for programs: text, JSON, CSV, the figure of its
 * pairs. */
#ifndef REPORT_COMPARE_REPORT_H
#define REPORT_COMPARE_REPORT_H

#include "../results/compare.h"
#include "report.h"

struct report_comparison {
    const struct result *old, *new;         /* one and the same: policies of one result */
    const char *old_path, *new_path;        /* as typed; NULL: just computed */
    const struct comparison *rows;          /* pair by pair */
    const struct compare_pair *pair;
    uint32_t pairs;
    enum compare_pairing pairing;           /* as asked */
    double   margin;
    const struct compare_difference *difference;    /* between the scenarios as run */
    uint32_t differences;
};

void report_compare_table(FILE *, const struct report_comparison *, const struct report_style *);
void report_compare_json(FILE *, const struct report_comparison *,
                         const struct result_environment *);
void report_compare_csv(FILE *, const struct report_comparison *);

/* pairs.* into the folder, which exists: one metric (NULL: the highest percentile up to 99) of at
 * most eight pairs of policies, seed by seed.  Where no pair of seeds has values nothing is drawn.
 * status is added to. */
void report_plot_pairs(const struct report_comparison *, const char *metric, const char *folder,
                       struct report_plots *status);

#endif
