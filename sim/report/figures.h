/* figures.h - the figures of a result; each leaves its files in the folder and says so in status.
 * A figure that would show nothing (shares of one backend, a time line of one slice) is not made.
 */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include "plot.h"

void figure_percentiles(const struct result *, const char *folder, struct report_plots *);
void figure_timeline(const struct result *, const char *folder, struct report_plots *);
void figure_shown(const struct result *, const char *folder, struct report_plots *);
void figure_shares(const struct result *, const char *folder, struct report_plots *);
void figure_parts(const struct result *, const char *folder, struct report_plots *);
void figure_remap(const struct result *, const char *folder, struct report_plots *);

/* What the result says in one line when its verdicts say it; else the scenario's title. */
const char *figure_headline(char *buf, size_t size, const struct result *);

/* "shop, 5 policies x 10 seeds from 42, 60 s simulated" */
const char *figure_setup(char *buf, size_t size, const struct result *);

/* Arrays begins, ends, event, row, and events, how many: for an axis of time up to tmax s. */
void figure_events(struct plot *, const struct result *, double tmax);

/* Index of the highest percentile up to 99: the one that is compared and drawn over time. */
uint32_t figure_main_percentile(const struct result *);

#endif
