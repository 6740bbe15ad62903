/* plot.c - all figures of a result. */
#include "figures.h"

void report_plot(const struct result *r, const char *folder, struct report_plots *status)
{
    *status = (struct report_plots){ .drawn = 0 };
    figure_percentiles(r, folder, status);
    figure_timeline(r, folder, status);
    figure_shown(r, folder, status);
    figure_shares(r, folder, status);
    figure_parts(r, folder, status);
    figure_remap(r, folder, status);
}
